"""The board tells clients what changed and nothing else."""

import asyncio

import pytest
from tercet_server.runs import EventHub, FindingBoard
from tercet_shared.edits import line_range, text_sha256
from tercet_shared.events import FindingsChanged
from tercet_shared.findings import Finding, Severity, Source
from tercet_shared.ids import finding_id

from tests.doubles.folder_workspaces import FolderWorkspaces
from tests.doubles.function_tests import FunctionChecker
from tests.server.runs.conftest import write_project


def finding(path: str, test: str = "t", source: Source = Source.TESTS) -> Finding:
    return Finding(
        id=finding_id(path, test),
        path=path,
        range=line_range(0),
        rule="test-failed",
        severity=Severity.ERROR,
        message="it fails",
        source=source,
        tool="double",
        text_sha256=text_sha256(""),
        test=test,
    )


@pytest.fixture
def hub() -> EventHub:
    return EventHub()


@pytest.fixture
def workspaces(tmp_path) -> FolderWorkspaces:
    return FolderWorkspaces(write_project(tmp_path / "project", {"a.py": "# to do\n"}))


@pytest.fixture
def board(hub, workspaces) -> FindingBoard:
    return FindingBoard(hub, workspaces, FunctionChecker(), pause_s=0.01)


async def test_only_real_changes_are_announced(board, hub):
    async with hub.subscribe() as messages:
        board.publish("w", Source.TESTS, {"a.py": [finding("a.py")], "b.py": []})
        board.publish("w", Source.TESTS, {"a.py": [finding("a.py")]})
        board.publish("w", Source.TESTS, {"a.py": []})
        hub.close()
        notices = [message async for message in messages]
    assert notices == [FindingsChanged(workspace_id="w", paths=["a.py"])] * 2
    assert [(each.path, each.revision, each.findings) for each in board.get("w")] == [("a.py", 2, [])]


async def test_a_file_without_findings_is_at_revision_zero(board):
    [only] = board.get("w", "never_seen.py")
    assert (only.revision, only.findings) == (0, [])


async def test_sources_and_workspaces_do_not_disturb_each_other(board):
    board.publish("w", Source.TESTS, {"a.py": [finding("a.py")]})
    board.publish("w", Source.LINT, {"a.py": [finding("a.py", source=Source.LINT)]})
    board.publish("other", Source.TESTS, {"a.py": []})
    board.replace("w", Source.TESTS, {"b.py": [finding("b.py")]})
    shown = {each.path: [one.source for one in each.findings] for each in board.get("w")}
    assert shown == {"a.py": [Source.LINT], "b.py": [Source.TESTS]}


async def test_renewing_some_tests_keeps_what_is_known_of_others(board):
    board.publish("w", Source.TESTS, {"a.py": [finding("a.py", "one"), finding("a.py", "two")]})
    board.renew("w", Source.TESTS, ["one"], {"b.py": [finding("b.py", "one")]})
    shown = {each.path: [one.test for one in each.findings] for each in board.get("w")}
    assert shown == {"a.py": ["two"], "b.py": ["one"]}
    board.retire("w", ["one", "two"])
    assert not any(each.findings for each in board.get("w"))


async def test_analysis_is_of_the_newest_text_and_once_for_many_keystrokes(board, hub, workspaces):
    workspaces.overlays[("e", "a.py")] = "fine\n# to do\n"
    async with hub.subscribe() as messages:
        for _ in range(5):
            board.analyse(workspaces.workspace.id, "a.py")
        assert (await anext(messages)).paths == ["a.py"]
    [shown] = board.get(workspaces.workspace.id, "a.py")
    assert [one.range.start.line for one in shown.findings] == [1]
    assert shown.revision == 1


async def test_a_vanished_file_or_workspace_has_no_analysis(board, hub, workspaces, caplog):
    board.analyse(workspaces.workspace.id, "gone.py")
    board.analyse("nowhere", "a.py")
    tasks = [task for _, task in board._following.values()]
    await asyncio.gather(*tasks, return_exceptions=True)
    assert board.get(workspaces.workspace.id) == []


async def test_closing_stops_the_analyses(board, workspaces):
    board.analyse(workspaces.workspace.id, "a.py")
    await board.close()
    assert board.get(workspaces.workspace.id) == []
