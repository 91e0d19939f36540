"""What may break if something changes: its users, their users, and the tests that may show it, nearest first."""

import pytest
from tercet_server.context.impact import is_test
from tercet_shared.context import ImpactAnswer

from tests.server.context.conftest import Asked


def names(answer: ImpactAnswer) -> list[tuple[str, str, int]]:
    return [(each.symbol.path, each.symbol.name, each.distance) for each in answer.affected]


async def test_users_are_followed_to_the_tests(asked: Asked):
    answer = await asked.service.impact(asked.place("src/shop/money.py", "return"), 100)
    assert [each.name for each in answer.changed] == ["rounded"]
    assert names(answer)[0] == ("src/shop/cart.py", "Cart.total", 1)
    assert ("src/shop/till.py", "pay_twice", 3) in names(answer)
    tests = [(each.symbol.path, each.symbol.name) for each in answer.tests]
    assert ("tests/test_till.py", "test_pay") in tests
    assert ("tests/test_cart.py", "test_total") in tests
    assert not answer.truncated
    assert answer.affected[0].through == "calls rounded in line 10"


async def test_a_name_means_the_nearest_definition(asked: Asked):
    """`total` of Bill is not what the till calls: the till imports the cart."""
    answer = await asked.service.impact(asked.place("src/shop/bill.py", "return 0"), 100)
    assert ("src/shop/till.py", "pay", 1) not in names(answer)


async def test_a_constructor_is_used_by_the_name_of_its_class(asked: Asked):
    answer = await asked.service.impact(asked.place("src/shop/cart.py", "self.items = items"), 100)
    assert ("src/shop/till.py", "pay", 1) in names(answer)


async def test_a_change_beside_every_definition_reaches_whoever_imports_the_file(asked: Asked):
    asked.put("src/shop/plain.py", "RATE = 1\n")
    asked.put("tests/test_plain.py", "import shop.plain\n\n\ndef test_rate():\n    assert shop.plain\n")
    await asked.service.rebuild(asked.ground.id)
    await asked.built()
    answer = await asked.service.impact(asked.place("src/shop/plain.py", "RATE"), 100)
    assert [each.symbol.path for each in answer.tests] == ["tests/test_plain.py"]
    assert answer.tests[0].through == "imports src/shop/plain.py"


async def test_other_languages_are_followed_too(asked: Asked):
    script = await asked.service.impact(asked.place("web/cart.ts", "return"), 100)
    assert names(script) == [("web/app.ts", "show", 1)]
    go = await asked.service.impact(asked.place("go/sum.go", "return"), 100)
    assert names(go) == [("go/pay.go", "Pay", 1)]


async def test_what_is_cut_off_is_said(asked: Asked):
    answer = await asked.service.impact(asked.place("src/shop/money.py", "return"), 1)
    assert answer.truncated
    assert len(answer.affected) == len(answer.tests) == 1


@pytest.mark.parametrize(
    ("path", "yes"),
    [
        ("tests/helper.py", True),
        ("src/test_cart.py", True),
        ("src/cart_test.go", True),
        ("web/cart.spec.ts", True),
        ("src/CartTest.java", True),
        ("src/contest.py", False),
        ("src/testing_ground.py", False),
        ("src/latest.py", False),
    ],
)
def test_which_files_hold_tests(path: str, yes: bool):
    assert is_test(path) is yes
