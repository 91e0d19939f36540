"""What comparing texts tells of a change: promises that no longer hold, growth, secrets, new findings; and nothing of what was."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.checks.review import remarks_on
from tercet_server.checks.review.complexity import complexity, functions
from tercet_server.checks.review.secrets import secrets_in
from tercet_server.edits.lines import added_lines
from tercet_shared.edits import FileTexts
from tercet_shared.findings import Finding, Severity


async def remarks(folder: Path, before: str | None, after: str, path: str = "shop.py") -> list[Finding]:
    return await remarks_on(folder, [FileTexts(path, before, after)])


BEFORE = '''\
"""A shop."""


def pay(cart, currency="EUR"):
    """Pays."""
    return cart, currency


class Cart:
    """A cart."""

    def put(self, item):
        """Puts."""

    def _own(self):
        pass
'''


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('def pay(cart, currency="EUR"):', "def pay(cart, currency):", "`pay` has no default for `currency` any more."),
        ('def pay(cart, currency="EUR"):', "def pay(cart):\n    currency = 1", "`pay` no longer takes `currency`."),
        ('def pay(cart, currency="EUR"):', 'def pay(cart, now, currency="EUR"):', "`pay` now demands `now`; older"),
        ("def pay(cart", "async def pay(cart", "`pay` is now a coroutine."),
        ("def put(self, item)", "def lay(self, item)", "`Cart.put` is gone"),
        ("class Cart", "class Basket", "`Cart` is gone"),
    ],
)
async def test_a_promise_that_no_longer_holds_is_told(tmp_path: Path, old: str, new: str, said: str):
    found = await remarks(tmp_path, BEFORE, BEFORE.replace(old, new))
    assert [each.message for each in found if each.rule == "interface" and said in each.message]


async def test_what_keeps_every_promise_is_not_told(tmp_path: Path):
    after = BEFORE.replace('currency="EUR")', 'currency="EUR", *, later=False)').replace("_own", "_other")
    assert await remarks(tmp_path, BEFORE, after) == []


async def test_only_what_is_new_is_told(tmp_path: Path):
    before = "import os\n\n\ndef f():\n    return 1\n"
    assert await remarks(tmp_path, before, before.replace("1", "2")) == []
    found = await remarks(tmp_path, before, "import sys\n" + before)
    assert [each.range.start.line for each in found if each.rule == "F401"] == [0]


async def test_growth_and_silence_are_told(tmp_path: Path):
    branches = "".join(f"    if a == {n}:\n        return {n}\n" for n in range(12))
    after = f"{BEFORE}\n\ndef grown(a):\n{branches}"
    found = {each.rule: each for each in await remarks(tmp_path, BEFORE, after)}
    assert found["complexity"].message == "`grown` has 13 ways through it: split it."
    assert found["documentation"].message == "`grown` is new and says nothing of itself."
    assert found["complexity"].severity is Severity.INFO


async def test_a_secret_is_told_in_any_file_and_never_shown(tmp_path: Path):
    secret = "AKIA" + "ABCDEFGHIJKLMNOP"
    (found,) = await remarks(tmp_path, "a\n", f"a\nkey: {secret}\n", "deploy.txt")
    assert (found.rule, found.severity, found.range.start.line) == ("secret", Severity.ERROR, 1)
    assert secret not in found.message
    assert await remarks(tmp_path, f"key: {secret}\n", f"key: {secret}\nb\n", "deploy.txt") == []


@pytest.mark.parametrize(
    "line", ["postgres://user:${PASSWORD}@host/db", "https://example.org/a:b", "sk-short", "AKIAlower"]
)
def test_what_only_looks_like_a_secret_is_none(line: str):
    assert list(secrets_in({0: line})) == []


@pytest.mark.parametrize(
    ("before", "after"), [("x = 1\n", "def f(:\n"), ("def f(:\n", "x = 1\n"), (None, ""), ("x", "")]
)
async def test_broken_new_and_removed_files_are_read(tmp_path: Path, before: str | None, after: str):
    await remarks(tmp_path, before, after)


def test_ways_through_a_function():
    text = "def f(a, b):\n    if a and b:\n        for x in a:\n            pass\n    return [y for y in b if y]\n"
    assert complexity(functions(ast.parse(text))["f"]) == 5


@given(st.lists(st.sampled_from(["a", "b", "c"])), st.lists(st.sampled_from(["a", "b", "c"])))
def test_added_lines_are_those_of_the_new_text(before: list[str], after: list[str]):
    added = added_lines("\n".join(before), "\n".join(after))
    assert all(after[number] == line for number, line in added.items())
    assert len(added) >= len(after) - len(before)
