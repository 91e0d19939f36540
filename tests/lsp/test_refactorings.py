"""Refactorings in the menu: asked of the daemon when the user opens it, versioned, unverified, and never of an older text."""

import asyncio
from typing import Any

import pytest
from tercet_lsp.session.folders import Place
from tercet_lsp.session.session import DaemonView
from tercet_shared.edits import TextEdit, text_sha256
from tercet_shared.errors import NotFound
from tercet_shared.refactoring import Refactoring, RefactoringKind, RefactoringList

from tests.lsp.test_code_actions import DISABLED, MENU
from tests.lsp.test_features import CAPABILITIES, TEXT, URI, Shown, span
from tests.lsp.test_running import Recorder, answer

VARIABLE = Refactoring(
    kind=RefactoringKind.EXTRACT_VARIABLE,
    title="Extract variable `y`",
    edits=[TextEdit(range=span(2, 0, 0), new_text="y = 1\n"), TextEdit(range=span(2, 13, 14), new_text="y")],
)
FUNCTION = Refactoring(kind=RefactoringKind.EXTRACT_FUNCTION, title="Extract function", refusal="It jumps out.")
INLINE = Refactoring(
    kind=RefactoringKind.INLINE_VARIABLE,
    title="Inline variable `y`",
    edits=[TextEdit(range=span(2, 13, 14), new_text="1")],
)


class RefactoringDaemon(Recorder):
    """A daemon that knows three refactorings; or fails; or is held up."""

    fails = False
    held: asyncio.Event | None = None
    text = TEXT

    def __init__(self, shown: Shown) -> None:
        super().__init__(shown)
        shown.session.daemon = DaemonView("connected")

    async def refactorings(self, place: Place, start: tuple[int, int], end: tuple[int, int]) -> RefactoringList:
        self.asked.append((place.path, start, end))
        if self.fails:
            raise NotFound("There is none.")
        if self.held is not None:
            await self.held.wait()
        found = [VARIABLE, FUNCTION, INLINE]
        return RefactoringList(path=place.path, text_sha256=text_sha256(self.text), refactorings=found)


async def menu(shown: Shown, only: str = "refactor", trigger: int = MENU) -> list[Any]:
    where = {"start": {"line": 2, "character": 14}, "end": {"line": 2, "character": 15}}  # after a pair of surrogates
    context = {"diagnostics": [], "triggerKind": trigger, "only": [only]}
    given = await answer(shown, "textDocument/codeAction", textDocument={"uri": URI}, range=where, context=context)
    return [each for each in given["result"] if each["kind"] != "refactor.rewrite"]


async def test_a_refactoring_is_a_versioned_edit_that_is_called_unverified():
    shown = Shown(DISABLED)
    daemon = RefactoringDaemon(shown)
    variable, function, inline = await menu(shown)
    assert daemon.asked == [("shop.py", (2, 13), (2, 14))]
    assert (variable["title"], variable["kind"]) == ("Extract variable `y` (unverified)", "refactor.extract.variable")
    (operation,) = variable["edit"]["documentChanges"]
    assert operation["textDocument"] == {"uri": URI, "version": 1}
    assert [each["newText"] for each in operation["edits"]] == ["y = 1\n", "y"]
    assert operation["edits"][1]["range"]["start"] == {"line": 2, "character": 14}
    assert function["disabled"] == {"reason": "It jumps out."}
    assert "edit" not in function
    assert inline["kind"] == "refactor.inline.variable"
    assert shown.wire.ask("codeAction/resolve", **variable)["edit"] == variable["edit"]


async def test_only_the_kinds_that_are_asked_for_and_can_be_shown_are_listed():
    shown = Shown(CAPABILITIES)
    RefactoringDaemon(shown)
    assert [each["kind"] for each in await menu(shown)] == ["refactor.extract.variable", "refactor.inline.variable"]
    assert [each["kind"] for each in await menu(shown, "refactor.inline")] == ["refactor.inline.variable"]
    assert await menu(shown, "quickfix") == []


async def test_an_editor_without_versions_gets_the_form_that_it_knows():
    shown = Shown({**CAPABILITIES, "workspace": {}})
    RefactoringDaemon(shown)
    variable, _ = await menu(shown)
    assert list(variable["edit"]["changes"]) == [URI]


async def test_moving_the_cursor_asks_nobody():
    shown = Shown(CAPABILITIES)
    daemon = RefactoringDaemon(shown)
    assert shown.actions(2) == []
    assert daemon.asked == []
    shown.session.daemon = DaemonView("lost")
    assert await menu(shown) == []
    assert daemon.asked == []


@pytest.mark.parametrize("way", ["fails", "late", "other text"])
async def test_without_an_answer_about_this_very_text_there_are_none(way: str, monkeypatch: pytest.MonkeyPatch):
    shown = Shown(CAPABILITIES)
    daemon = RefactoringDaemon(shown)
    if way == "fails":
        daemon.fails = True
    elif way == "late":
        monkeypatch.setattr("tercet_lsp.features.code_actions.refactorings.ANSWER_DEADLINE_S", 0.01)
        daemon.held = asyncio.Event()
    else:
        daemon.text = "other"
    assert await menu(shown) == []


async def test_a_text_that_moves_on_meanwhile_gets_none():
    shown = Shown(CAPABILITIES)
    daemon = RefactoringDaemon(shown)
    daemon.held = asyncio.Event()
    asked = asyncio.create_task(menu(shown))
    async with asyncio.timeout(30):
        while not daemon.asked:
            await asyncio.sleep(0.005)
    shown.type("other\n")
    daemon.held.set()
    assert await asked == []
