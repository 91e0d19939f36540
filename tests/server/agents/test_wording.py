"""What a rule makes of requests in free text: the verb in front decides, names are found as they are spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.agents import Named, read_words
from tercet_shared.runs import Intent

FIX, TEST, DOCUMENT, REVIEW, EXPLAIN = Intent.FIX, Intent.TEST, Intent.DOCUMENT, Intent.REVIEW, Intent.EXPLAIN
IMPLEMENT, REFACTOR, OPTIMISE, SECURE = Intent.IMPLEMENT, Intent.REFACTOR, Intent.OPTIMISE, Intent.SECURE

REQUESTS = [
    ("fix tests/test_cart.py::test_total", FIX),
    ("Please fix the failing tests!", FIX),
    ("can you fix test_total?", FIX),
    ("test_total fails", FIX),
    ("the tests in tests/ are broken", FIX),
    ("tests/test_a.py is failing", FIX),
    ("test fails", FIX),
    ("make test_total pass", FIX),
    ("test that login fails with a wrong password", TEST),
    ("write tests for Cart.total()", TEST),
    ("add unit tests for the cart", TEST),
    ("document shop/cart.py", DOCUMENT),
    ("add docstrings to Cart.total", DOCUMENT),
    ("fix the documentation of the cart", DOCUMENT),
    ("review my changes", REVIEW),
    ("run the tests", REVIEW),
    ("run tests/test_cart.py", REVIEW),
    ("explain Cart.total", EXPLAIN),
    ("why is the total so slow", EXPLAIN),
    ("is test_total failing?", EXPLAIN),
    ("can a cart be empty?", EXPLAIN),
    ("show me how a cart works", EXPLAIN),
    ("let's simplify Cart", REFACTOR),
    ("make cart.py faster", OPTIMISE),
    ("harden the login", SECURE),
    ("rename the flag --foo to --bar everywhere", IMPLEMENT),
    ("add a --verbose option which says what is tested", IMPLEMENT),
    ("remove the comments from cart.py", IMPLEMENT),
    ("run the server", None),
    ("when a cart is empty, return 0", None),
    ("don't fix anything", None),
    ("übersetze die Hilfe", None),
    ("...", None),
]


@pytest.mark.parametrize(("words", "intent"), REQUESTS)
def test_the_verb_in_front_says_what_is_wanted(words: str, intent: Intent | None):
    reading = read_words(words)
    assert reading.intent is intent
    assert bool(reading.because) == (intent is not None)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("fix tests/test_cart.py::test_total[1-2].", [Named("tests/test_cart.py::test_total[1-2]", is_path=True)]),
        ("explain `shop/cart.py:12-20`, please", [Named("shop/cart.py:12-20", is_path=True)]),
        ("fix shop\\cart.py and C:\\a\\b.py", [Named("shop/cart.py", is_path=True), Named("C:/a/b.py", is_path=True)]),
        ("test the function total in cart.py", [Named("total"), Named("cart.py", is_path=True)]),
        ("document Cart.total(), `pay` and get_rate", [Named("Cart.total"), Named("pay"), Named("get_rate")]),
        ("add --foo_bar, see https://example.org/a.py, e.g. as in 'the shop'", []),
        ("what does rate in shop/discount.py do?", [Named("rate"), Named("shop/discount.py", is_path=True)]),
        ("fix the test that fails", []),
    ],
)
def test_what_is_spelled_as_a_place_or_a_name_is_looked_for(words: str, named: list[Named]):
    assert list(read_words(words).named) == named


@pytest.mark.parametrize(
    ("words", "base"),
    [
        ("review the changes since main", "main"),
        ("review what has changed since commit v1.2~3.", "v1.2~3"),
        ("check my changes", "HEAD"),
        ("review since --output=x", None),
        ("review shop/cart.py since it is slow", None),
        ("check shop/cart.py since main, please", "main"),
        ("review shop/cart.py", None),
    ],
)
def test_a_review_may_be_of_what_changed_since_a_revision(words: str, base: str | None):
    assert read_words(words).base == base


@pytest.mark.parametrize(
    ("words", "is_plain"),
    [
        ("fix tests/test_cart.py", True),
        ("please document the whole module `cart`", True),
        ("what does Cart do", True),
        ("why?", True),
        ("what I want is a --verbose option", False),
        ("how about a --verbose option", False),
        ("fix the rounding of totals", False),
        ("add a --verbose option", False),
        ("can a cart be empty?", False),
        ("do it", False),
    ],
)
def test_a_verb_and_names_leave_nothing_to_guess(words: str, is_plain: bool):
    assert read_words(words).is_plain is is_plain


@given(st.text(max_size=300) | st.text(st.sampled_from("fixtest the/._:-`()\"'?\\\n"), max_size=200))
def test_any_words_can_be_read(words: str):
    reading = read_words(words)
    assert len(reading.named) <= 20
    assert all(
        each.text and not each.text.startswith("-") and each.text.rstrip("]") in words.replace("\\", "/")
        for each in reading.named
    )
