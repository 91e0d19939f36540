"""Asked in words, the index and the history of a little shop lead to the right files and definitions, and say why."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tercet_server.context.index import WorkspaceIndex
from tercet_server.context.locating import Locator
from tercet_server.context.ranking import Ranked, Ranking

SHOP = {
    "shop/__init__.py": "",
    "shop/cart.py": (
        '"""The cart of a shop."""\n\nfrom shop.money import total_price\n\n\nclass Cart:\n    """What a customer wants."""\n\n'
        "    def checkout(self, customer):\n        # charges the card\n        return total_price(self.items)\n\n"
        "    def remove(self, item):\n        self.items.remove(item)\n"
    ),
    "shop/money.py": 'RATE = 1\n\n\ndef total_price(items):\n    """Sums up, taxes included."""\n    return sum(items) * RATE\n',
    "shop/mail.py": "def deliver(letter):\n    return post(letter)\n",
    "shop/texts.py": "GREETING = 'hello'\n\n\ndef greet():\n    return GREETING\n",
    "shop/web/server.py": "def serve(port):\n    return port\n",
    "shop/desktop/server.py": "def serve(port):\n    return port\n",
    "tests/test_cart.py": "def test_checkout_charges_the_card_of_the_customer():\n    checkout_charges_card(customer)\n",
    "README.md": "Checkout charges the card of the customer. Checkout charges the card.\n",
}
ENVIRONMENT = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


class Shop:
    """The indexed project, asked in words."""

    def __init__(self, root: Path, index: WorkspaceIndex) -> None:
        self.root = root
        self.index = index
        self.locator = Locator()

    def ask(self, words: str, **options: bool) -> Ranking:
        return self.locator.locate(self.index.snapshot(), self.index.history(), words, 10, **options)

    def files(self, words: str, **options: bool) -> list[str]:
        return [self.path(each) for each in self.ask(words, **options).files]

    def definitions(self, words: str) -> list[str]:
        found = (self.index.snapshot().definition(each.number) for each in self.ask(words).documents)
        return [each.name if each else "" for each in found]

    def path(self, ranked: Ranked) -> str:
        return self.index.snapshot().files[ranked.number].path

    def reasons(self, words: str, path: str) -> dict[str, str]:
        ranked = next(each for each in self.ask(words).files if self.path(each) == path)
        return {reason.signal: reason.detail for reason in ranked.reasons}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("shop").resolve()
    commit(root, "Begin a shop", SHOP)
    commit(
        root,
        "Say goodbye politely",
        {"shop/texts.py": SHOP["shop/texts.py"] + "\n", "shop/mail.py": "\n" + SHOP["shop/mail.py"]},
    )
    commit(root, "Say goodbye in French", {"shop/texts.py": SHOP["shop/texts.py"]})
    index = WorkspaceIndex.open(tmp_path_factory.mktemp("cache"), root, trusted=True)
    index.build()
    yield Shop(root, index)
    index.close()


def commit(root: Path, message: str, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", message]):
        subprocess.run(["git", *arguments], cwd=root, env=ENVIRONMENT, check=True)


def test_words_lead_to_the_definition_that_has_them_and_to_its_file(shop: Shop):
    words = "The card is charged twice at checkout"
    assert shop.definitions(words)[0] == "checkout"
    assert shop.files(words)[0] == "shop/cart.py"


def test_a_name_leads_to_its_definition(shop: Shop):
    assert shop.definitions("total_price ignores the rate")[0] == "total_price"


def test_tests_and_prose_stand_back_unless_they_are_asked_for(shop: Shop):
    words = "checkout charges the card of the customer"
    assert shop.files(words)[0] == "shop/cart.py"
    assert {"tests/test_cart.py", "README.md"} <= set(shop.files(words)[1:])
    assert shop.files(words, tests_too=True)[0] in {"tests/test_cart.py", "README.md"}
    assert "beside" in shop.reasons(words, "README.md")


def test_a_file_is_found_by_what_was_said_when_it_changed(shop: Shop):
    words = "goodbye is rude"
    assert shop.files(words)[0] == "shop/texts.py"
    head = shop.index.history().commits[0].sha[:10]
    assert head in shop.reasons(words, "shop/texts.py")["messages"]


def test_a_file_that_changes_with_the_best_comes_along(shop: Shop):
    assert "companions" in shop.reasons("greet with a greeting", "shop/mail.py")


def test_a_file_that_uses_the_best_comes_along(shop: Shop):
    assert "near" in shop.reasons("taxes are not included in the rate", "shop/cart.py")


def test_the_area_of_a_subject_tells_twins_apart(shop: Shop):
    assert shop.files("desktop: serve on another port")[0] == "shop/desktop/server.py"
    assert shop.files("web: serve on another port")[0] == "shop/web/server.py"


def test_a_path_in_the_request_comes_first(shop: Shop):
    words = 'File "shop/mail.py", line 2, in deliver: the card is charged at checkout'
    assert shop.files(words)[0] == "shop/mail.py"


def test_the_shares_of_the_reasons_add_up_to_the_score(shop: Shop):
    found = shop.ask("desktop: checkout charges the card, see total_price in README.md")
    assert found.files
    assert found.documents
    for each in (*found.files, *found.documents):
        assert sum(reason.share for reason in each.reasons) == pytest.approx(each.score)
        assert all(reason.detail for reason in each.reasons)


def test_the_best_comes_first_and_not_more_than_asked_for(shop: Shop):
    found = shop.locator.locate(shop.index.snapshot(), shop.index.history(), "card total greeting port", 2)
    assert len(found.files) == 2
    assert len(found.documents) == 2
    assert found.files[0].score >= found.files[1].score


@pytest.mark.parametrize("words", ["", "  \n ", "the of and", "zzzyyyxxx", "!!! ((("])
def test_nothing_that_fits_is_no_error(shop: Shop, words: str):
    found = shop.ask(words)
    assert all(np.isfinite(each.score) for each in found.files)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.text(max_size=200))
def test_any_words_have_an_answer(shop: Shop, words: str):
    assert all(np.isfinite(each.score) for each in (*shop.ask(words).files, *shop.ask(words).documents))


def test_a_file_that_only_its_path_is_known_of_is_found_by_it(tmp_path: Path):
    root = (tmp_path / "project").resolve()
    root.mkdir()
    (root / "banner.bin").write_bytes(b"\0\1\2" * 1000)
    (root / "shop.py").write_text("def banner():\n    return 1\n", "utf-8")
    index = WorkspaceIndex.open(tmp_path, root, trusted=True)
    index.build()
    found = Locator().locate(index.snapshot(), index.history(), "the banner of the shop", 5)
    assert {index.snapshot().files[each.number].path for each in found.files} == {"shop.py", "banner.bin"}
    assert [definition.name for each in found.documents if (definition := index.snapshot().definition(each.number))]
    index.close()


def test_an_empty_workspace_has_no_places(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    index = WorkspaceIndex.open(tmp_path, tmp_path / "empty", trusted=True)
    index.build()
    assert Locator().locate(index.snapshot(), index.history(), "anything at all", 5) == Ranking()
    index.close()
