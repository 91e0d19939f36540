"""Python names are resolved by Python's rules, in a process that executes nothing of the workspace and can be stopped."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tercet_server.context.symbols import JediAnalysis
from tercet_server.ports import CodePosition, CodeRoot, DefinitionSite, Occurrences

ENOUGH_S = 60

CART = "class Cart:\n    def total(self):\n        return 1\n\n\nclass Bill:\n    def total(self):\n        return 2\n"
PAY = """\
from shop.cart import Bill, Cart


def pay(cart: Cart, bill: Bill, other):
    return cart.total() + bill.total() + other.total()
"""


@pytest.fixture
def code(tmp_path: Path) -> CodeRoot:
    package = tmp_path / "w" / "src" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "cart.py").write_text(CART)
    (package / "pay.py").write_text(PAY)
    return CodeRoot((tmp_path / "w").resolve(), (str(tmp_path / "w" / "src"),))


@pytest.fixture
async def jedi(tmp_path: Path) -> AsyncIterator[JediAnalysis]:
    analysis = JediAnalysis(tmp_path / "cache")
    yield analysis
    await analysis.close()


def at(text: str, what: str, path: str = "src/shop/pay.py") -> CodePosition:
    before, _, _ = text.partition(what)
    return CodePosition(path, text, before.count("\n"), len(before.rpartition("\n")[2]))


async def defined(jedi: JediAnalysis, code: CodeRoot, place: CodePosition) -> list[DefinitionSite]:
    found = await jedi.definitions(code, place, ENOUGH_S)
    assert found is not None
    return found


async def test_a_name_is_followed_through_imports_and_types(jedi: JediAnalysis, code: CodeRoot):
    (cart,) = await defined(jedi, code, at(PAY, "Cart,"[:4]))
    assert (cart.path, cart.line, cart.character, cart.kind) == (str(code.root / "src/shop/cart.py"), 0, 6, "class")
    (total,) = await defined(jedi, code, at(PAY, "total() + other"))
    assert (total.line, total.full_name) == (6, "shop.cart.Bill.total")
    assert await defined(jedi, code, at(PAY, "+")) == []


async def test_the_unsaved_text_counts(jedi: JediAnalysis, code: CodeRoot):
    text = "def new():\n    pass\n\n\nnew()\n"
    (new,) = await defined(jedi, code, at(text, "new()\n"))
    assert (new.path, new.line) == (str(code.root / "src/shop/pay.py"), 0)


async def test_which_occurrences_mean_the_same(jedi: JediAnalysis, code: CodeRoot):
    (total,) = await defined(jedi, code, at(PAY, "total()"))
    line = PAY.splitlines()[4]
    columns = [index for index in range(len(line)) if line.startswith("total", index)]
    occurrences = Occurrences("src/shop/pay.py", PAY, tuple((4, each) for each in columns))
    assert await jedi.same(code, [total], [occurrences], ENOUGH_S) == [[True, False, None]]


LARGE = "import sys; from tercet_server.context.symbols import jedi_worker as w; w.LARGEST_RSS_BYTES = 0; w.main(sys.argv[1])"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is resident now")
async def test_a_process_that_has_grown_ends_itself_and_no_question_is_lost(
    jedi: JediAnalysis, code: CodeRoot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tercet_server.context.symbols.python.WORKER", ("-P", "-c", LARGE))
    for _ in range(3):
        (cart,) = await defined(jedi, code, at(PAY, "Cart,"[:4]))
        assert cart.name == "Cart"
        assert jedi._process is None


async def test_a_large_daemon_does_not_count_as_a_large_process(jedi: JediAnalysis, code: CodeRoot):
    """The system's peak of a process is that of the one it was forked from."""
    ballast = bytearray(700_000_000)
    for _ in range(2):
        assert await defined(jedi, code, at(PAY, "Cart,"[:4]))
        assert jedi._process is not None
    assert ballast


async def test_what_takes_too_long_is_stopped_and_the_next_question_is_answered(jedi: JediAnalysis, code: CodeRoot):
    assert await jedi.definitions(code, at(PAY, "Cart"), 0.000_1) is None
    assert await jedi.same(code, [], [Occurrences("a.py", "x", ((0, 0),))], 0.000_1) == [[None]]
    assert await defined(jedi, code, at(PAY, "Cart"))


async def test_a_question_that_is_cancelled_leaves_no_answer_for_the_next(jedi: JediAnalysis, code: CodeRoot):
    await defined(jedi, code, at(PAY, "Cart"))
    asking = asyncio.create_task(jedi.definitions(code, at(PAY, "Bill"), ENOUGH_S))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    (cart,) = await defined(jedi, code, at(PAY, "Cart"))
    assert cart.name == "Cart"


@pytest.mark.parametrize(
    ("text", "line", "character"),
    [("x = 1\n", 99, 0), ("x = 1\n", 0, 99), ("def (:\n" * 50, 3, 5), ("(" * 3000, 0, 2000), ("é\x0c\x00😀", 0, 1)],
)
async def test_hostile_places_have_no_definition(
    jedi: JediAnalysis, code: CodeRoot, text: str, line: int, character: int
):
    assert not await jedi.definitions(code, CodePosition("src/shop/pay.py", text, line, character), ENOUGH_S)
    assert await defined(jedi, code, at(PAY, "Cart"))


async def test_nothing_of_the_workspace_is_executed(jedi: JediAnalysis, code: CodeRoot, tmp_path: Path):
    trap = f"open({str(tmp_path / 'executed')!r}, 'w')\nvalue = 1\n"
    for name in ("json.py", "jedi.py", "sitecustomize.py", "conftest.py", "manage.py", "src/shop/trap.py"):
        (code.root / name).write_text(trap)
    python = code.root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\ntouch {tmp_path / "executed"}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (code.root / ".venv" / "pyvenv.cfg").write_text(f"home = {os.path.dirname(sys.executable)}\n")
    (code.root / ".jedi").mkdir()
    (code.root / ".jedi" / "project.json").write_text(
        f'[1, {{"path": ".", "environment_path": "{python}", "load_unsafe_extensions": true}}]'
    )
    text = "import json\nfrom shop.trap import value\njson.value\nvalue\n"
    await jedi.definitions(code, at(text, "value\n"), ENOUGH_S)
    (value,) = await defined(jedi, code, CodePosition("src/shop/pay.py", text, 3, 0))
    assert value.path.endswith("trap.py")
    assert not (tmp_path / "executed").exists()


async def test_the_process_ends_with_its_owner(jedi: JediAnalysis, code: CodeRoot):
    await defined(jedi, code, at(PAY, "Cart"))
    process = jedi._process
    assert process is not None
    await jedi.close()
    assert process.returncode is not None
