"""Code lenses above tests: what each says and runs, never of another text; and when the editor is told to ask anew."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tercet_lsp.editor import Editor
from tercet_lsp.session.runs import RunView
from tercet_lsp.session.session import DaemonView
from tercet_shared.edits import text_sha256
from tercet_shared.ids import RunId
from tercet_shared.outcomes import TestOutcome, TestOutcomes

from tests.lsp.test_features import CAPABILITIES, TEXT, URI, Shown, W, finding, proposal, span

REFRESHED = {**CAPABILITIES, "workspace": {**CAPABILITIES["workspace"], "codeLens": {"refreshSupport": True}}}
OTHER = "file:///p/other.py"


class Known:
    """A daemon that knows one test of the open document; `asked` counts the questions."""

    def __init__(self, **known: Any) -> None:
        test = TestOutcome(name="test_total", name_range=span(2, 0, 4), test="shop.py::test_total", **known)
        self.answer: TestOutcomes | None = TestOutcomes(path="shop.py", text_sha256=text_sha256(TEXT), tests=[test])
        self.asked = 0
        self.meanwhile: Callable[[], None] = lambda: None

    async def outcomes(self, place: object) -> TestOutcomes | None:
        self.asked += 1
        self.meanwhile()
        return self.answer


Connect = Callable[..., tuple[Shown, Known]]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """An editor whose daemon knows this of the document's test."""

    def connect(capabilities: Any = CAPABILITIES, options: Any = None, **known: Any) -> tuple[Shown, Known]:
        shown, daemon = Shown(capabilities, **(options or {})), Known(**known)

        async def look(_: Editor, question: Callable[[Any], Awaitable[Any]]) -> Any:
            return await question(daemon)

        monkeypatch.setattr(Editor, "look", look)
        shown.session.daemon = DaemonView("connected")
        return shown, daemon

    return connect


async def asked(shown: Shown, method: str, params: Any) -> Any:
    before = len(shown.wire.sent)
    shown.wire.say(id=5, method=method, params=params)
    async with asyncio.timeout(30):
        while not (answers := [each for each in shown.wire.sent[before:] if each.get("id") == 5]):
            await asyncio.sleep(0.001)
    return answers[0]


async def commands(shown: Shown) -> list[Any]:
    answer = await asked(shown, "textDocument/codeLens", {"textDocument": {"uri": URI}})
    return [each["command"] for each in answer["result"]]


async def refreshes(shown: Shown) -> int:
    """How often the editor has been told to ask anew until now."""
    await asyncio.sleep(0)
    return sum(each.get("method") == "workspace/codeLens/refresh" for each in shown.wire.sent)


# -- what they say --------------------------------------------------------------------------------------------------------


async def test_a_failed_test_can_be_run_and_repaired(connected: Connect):
    shown, _ = connected(failed=1)
    run, repair = await commands(shown)
    place = {"uri": URI, "tests": ["shop.py::test_total"]}
    assert run == {"title": "Tercet: failed · run test", "command": "tercet.runTests", "arguments": [place]}
    assert repair == {"title": "repair", "command": "tercet.fix", "arguments": [place]}


@pytest.mark.parametrize(
    ("known", "title"),
    [
        ({}, "run test"),
        ({"passed": 1}, "passed · run test"),
        ({"skipped": 1}, "skipped · run test"),
        ({"passed": 3, "skipped": 1}, "3 passed, 1 skipped · run test"),
        ({"passed": 1, "outdated": True}, "passed before a later change · run test"),
        ({"outdated": True}, "changed since it ran · run test"),
    ],
)
async def test_every_state_of_a_test_has_words(connected: Connect, known: dict[str, Any], title: str):
    shown, _ = connected(**known)
    (run,) = await commands(shown)
    assert run["title"] == f"Tercet: {title}"


async def test_what_is_known_of_another_text_is_not_shown(connected: Connect):
    shown, _ = connected(passed=1)
    shown.type(TEXT + "\n")
    assert await commands(shown) == []


async def test_nothing_is_asked_where_they_are_off_or_there_is_no_daemon(connected: Connect):
    shown, daemon = connected(options={"codeLens": {"tests": False}}, passed=1)
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14)))
    assert len(await commands(shown)) == 3  # the proposal's
    shown, daemon = connected(passed=1)
    shown.session.daemon = replace(shown.session.daemon, state="lost")
    assert await commands(shown) == []
    assert daemon.asked == 0


async def test_a_daemon_that_does_not_answer_takes_no_lens_of_a_proposal_away(connected: Connect):
    shown, daemon = connected()
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14)))
    assert len(await commands(shown)) == 4
    daemon.answer = None
    assert len(await commands(shown)) == 3


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ({}, "Name each test"),
        ({"tests": ["tests/test_cart.py"]}, "Name each test"),
        ({"tests": ["tests/test_cart.py::test_total", "tests"]}, "Name each test"),
        ({"tests": "t.py::a"}, "a list of test ids"),
        ({"test": []}, "does not know"),
    ],
)
async def test_single_tests_must_be_named_with_their_files(connected: Connect, argument: Any, reason: str):
    shown, _ = connected()
    params = {"command": "tercet.runTests", "arguments": [argument]}
    assert reason in (await asked(shown, "workspace/executeCommand", params))["error"]["message"]


# -- when the editor is told to ask anew ----------------------------------------------------------------------------------


def run(state: str) -> RunView:
    return RunView(
        id=RunId("r9"), workspace_id=W, intent="review", target="", client_id=None, state=state,
        updated_at=datetime(2030, 1, 1, tzinfo=UTC),
    )  # fmt: skip


async def test_it_asks_anew_once_a_run_has_ended_or_a_proposal_has_come_and_not_for_findings(connected: Connect):
    shown, _ = connected(REFRESHED)
    before = await refreshes(shown)
    for state in ("coding", "checking"):
        shown.session.mirror.put_run(run(state))
    shown.found(finding("y", span(2, 13, 14)))
    shown.found()
    assert await refreshes(shown) == before
    shown.session.mirror.put_run(run("completed"))
    assert await refreshes(shown) == before + 1
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14)))
    assert await refreshes(shown) == before + 2


def edit_other(shown: Shown, version: int) -> None:
    document = {"uri": OTHER, "languageId": "python", "version": version, "text": "x = 1\n"}
    shown.wire.say(method="textDocument/didOpen", params={"textDocument": document})


async def test_an_edit_elsewhere_makes_it_ask_anew_once_for_what_was_shown_as_current(connected: Connect):
    shown, _ = connected(REFRESHED, passed=1)
    before = await refreshes(shown)
    edit_other(shown, 1)
    assert await refreshes(shown) == before  # nothing was shown yet
    await commands(shown)
    for version in range(2, 9):
        edit_other(shown, version)
        await asyncio.sleep(0)
    assert await refreshes(shown) == before + 1
    await commands(shown)
    shown.type(TEXT, 2)
    shown.type(TEXT + "#", 3)
    assert await refreshes(shown) == before + 1  # of the document itself it asks anyway


async def test_outdated_outcomes_are_not_asked_for_with_every_edit(connected: Connect):
    shown, _ = connected(REFRESHED, passed=1, outdated=True)
    before = await refreshes(shown)
    await commands(shown)
    edit_other(shown, 1)
    assert await refreshes(shown) == before


async def test_an_edit_while_the_daemon_answers_makes_it_ask_anew(connected: Connect):
    shown, daemon = connected(REFRESHED, passed=1)
    before = await refreshes(shown)
    daemon.meanwhile = lambda: edit_other(shown, 1)
    await commands(shown)
    assert await refreshes(shown) == before + 1


async def test_it_asks_once_more_for_a_text_of_which_no_answer_came_in_time(connected: Connect):
    shown, daemon = connected(REFRESHED, passed=1)
    answer, daemon.answer = daemon.answer, None
    before = await refreshes(shown)
    assert await commands(shown) == []
    assert await refreshes(shown) == before + 1
    await commands(shown)
    assert await refreshes(shown) == before + 1
    daemon.answer = answer
    assert len(await commands(shown)) == 1
