"""A change of two files in editors that apply it file by file: both files or none, and the daemon hears which."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_lsp.convert.edits import FileChange, reverse, text_after
from tercet_lsp.convert.texts import Text
from tercet_lsp.features.proposals import carrying
from tercet_lsp.session.daemon import Daemon
from tercet_lsp.session.outcomes import Outcome
from tercet_shared.edits import ChangeSet, FileEdit, Position, Range, TextEdit, line_range, text_sha256
from tercet_shared.errors import DaemonUnavailable, NotFound
from tercet_shared.ids import ClaimId, ProposalId, RunId, WorkspaceId
from tercet_shared.proposals import ClaimedFile, Decision, Evidence, Proposal, ProposalState, Verdict
from tercet_shared.workspaces import Trust, Workspace

from tests.doubles.claiming_daemon import ClaimingDaemon
from tests.doubles.language_wire import Wire

W = WorkspaceId("w1")
BEFORE, AFTER = "import os\nx = 1\n", "import os\nx = 2\n"
TWO = line_range(1, 4, 5)


def proposal() -> Proposal:
    edits = [TextEdit(range=TWO, new_text="2")]
    files = [FileEdit(path=path, base_sha256=text_sha256(BEFORE), edits=edits) for path in ("a.py", "b.py")]
    evidence = Evidence(
        checks=[], base_sha256="0" * 64, sandbox="none", isolation="none", interpreter="/py", verified=True
    )
    return Proposal(
        id=ProposalId("p1"), run_id=RunId("r1"), workspace_id=W, proposer="repair", title="2 for 1",
        change_set=ChangeSet(files=files), diff="", evidence=evidence, state=ProposalState.OFFERED,
        verdict=Verdict(decision=Decision.ACCEPT, reasons=[]), created_at=datetime(2030, 1, 1, tzinfo=UTC),
    )  # fmt: skip


class TwoBuffers:
    """An editor with `a.py` and `b.py` open."""

    def __init__(self) -> None:
        self.wire = Wire()
        edit = {"documentChanges": True}
        self.wire.initialize(
            workspaceFolders=[{"uri": "file:///p", "name": "p"}],
            capabilities={"workspace": {"applyEdit": True, "workspaceEdit": edit}},
        )
        self.ls = self.wire.server
        (self.folder,) = self.ls.session.folders
        self.ls.session.folders.registered(self.folder, Workspace(id=W, root="/p", name="p", trust=Trust.TRUSTED))
        hashes = {"before_sha256": text_sha256(BEFORE), "after_sha256": text_sha256(AFTER)}
        self.daemon = ClaimingDaemon(self.ls, proposal(), [ClaimedFile(path=p, **hashes) for p in ("a.py", "b.py")])
        self.versions = {"a.py": 1, "b.py": 1}
        for path in self.versions:
            document = {"uri": f"file:///p/{path}", "languageId": "python", "version": 1, "text": BEFORE}
            self.wire.say(method="textDocument/didOpen", params={"textDocument": document})

    def text(self, path: str) -> str:
        document = self.ls.documents.of(f"file:///p/{path}")
        assert document is not None
        return document.text.content

    def type(self, path: str, text: str) -> None:
        self.versions[path] += 1
        identifier = {"uri": f"file:///p/{path}", "version": self.versions[path]}
        self.wire.say(
            method="textDocument/didChange", params={"textDocument": identifier, "contentChanges": [{"text": text}]}
        )

    async def asked_to_edit(self) -> Any:
        """The next request to apply an edit."""
        async with asyncio.timeout(30):
            while not (asked := [each for each in self.wire.sent if each.get("method") == "workspace/applyEdit"]):
                await asyncio.sleep(0.001)
        self.wire.sent.clear()
        return asked[0]

    def edits(self, request: Any, *skipping: str) -> list[str]:
        """Makes the edits whose version is that of the buffer, in the order of the request: the paths."""
        done = []
        for operation in request["params"]["edit"]["documentChanges"]:
            path = operation["textDocument"]["uri"].rpartition("/")[2]
            if path in skipping or operation["textDocument"]["version"] != self.versions[path]:
                continue
            self.versions[path] += 1
            identifier = {"uri": operation["textDocument"]["uri"], "version": self.versions[path]}
            changes = [{"range": each["range"], "text": each["newText"]} for each in operation["edits"]]
            self.wire.say(
                method="textDocument/didChange", params={"textDocument": identifier, "contentChanges": changes}
            )
            done.append(path)
        return done

    def answer(self, request: Any, *, applied: bool, reason: str | None = None) -> None:
        self.wire.say(id=request["id"], result={"applied": applied, "failureReason": reason})

    def apply(self) -> None:
        params = {"command": "tercet.apply", "arguments": [{"proposal": "p1"}]}
        self.wire.say(id=9, method="workspace/executeCommand", params=params)

    async def outcome(self) -> Any:
        async with asyncio.timeout(30):
            while not (answers := [each for each in self.wire.sent if each.get("id") == 9]):
                await asyncio.sleep(0.001)
        return answers[0]


@pytest.fixture
async def buffers(monkeypatch: pytest.MonkeyPatch) -> TwoBuffers:
    monkeypatch.setattr(carrying, "SETTLE_S", 0.05)
    monkeypatch.setattr(carrying, "ARRIVAL_S", 0.3)
    return TwoBuffers()


async def test_a_file_that_was_skipped_has_the_others_taken_back(buffers: TwoBuffers):
    buffers.apply()
    request = await buffers.asked_to_edit()
    buffers.type("a.py", "# mine\n" + BEFORE)
    assert buffers.edits(request) == ["b.py"]
    buffers.answer(request, applied=True)
    back = await buffers.asked_to_edit()
    assert buffers.edits(back) == ["b.py"]
    buffers.answer(back, applied=True)
    error = (await buffers.outcome())["error"]
    assert (buffers.text("a.py"), buffers.text("b.py")) == ("# mine\n" + BEFORE, BEFORE)
    assert error["data"]["code"] == "stale_text"
    assert "left a.py as it was" in error["message"]
    assert "Taken back: b.py." in error["message"]
    ((_, applied, reason),) = buffers.daemon.reports
    assert (applied, reason) == (False, error["message"])


async def test_a_refusal_halfway_is_taken_back_too(buffers: TwoBuffers):
    buffers.apply()
    request = await buffers.asked_to_edit()
    assert buffers.edits(request, "b.py") == ["a.py"]
    buffers.answer(request, applied=False, reason="b.py is read-only")
    back = await buffers.asked_to_edit()
    buffers.edits(back)
    buffers.answer(back, applied=True)
    error = (await buffers.outcome())["error"]
    assert "b.py is read-only. Not changed: b.py. Taken back: a.py." in error["message"]
    assert (buffers.text("a.py"), buffers.text("b.py")) == (BEFORE, BEFORE)


async def test_what_the_user_typed_into_is_not_taken_back_but_named(buffers: TwoBuffers):
    buffers.apply()
    request = await buffers.asked_to_edit()
    assert buffers.edits(request, "a.py") == ["b.py"]
    buffers.type("b.py", AFTER + "# mine\n")
    buffers.answer(request, applied=True)
    error = (await buffers.outcome())["error"]
    assert "Still changed: b.py" in error["message"]
    assert buffers.text("b.py") == AFTER + "# mine\n"
    assert [applied for _, applied, _ in buffers.daemon.reports] == [False]


async def test_an_editor_that_says_so_and_did_nothing_is_found_out_in_the_end(buffers: TwoBuffers):
    buffers.apply()
    request = await buffers.asked_to_edit()
    buffers.answer(request, applied=True)
    assert (await buffers.outcome())["result"] == {"proposal": "p1", "state": "claimed"}
    async with asyncio.timeout(30):
        while not (told := [each for each in buffers.wire.sent if each.get("method") == "window/showMessage"]):
            await asyncio.sleep(0.01)
    assert "left a.py, b.py as it was" in told[0]["params"]["message"]
    assert [applied for _, applied, _ in buffers.daemon.reports] == [False]
    assert not [each for each in buffers.wire.sent if each.get("method") == "workspace/applyEdit"]


async def test_an_editor_may_tell_of_its_edits_after_it_has_its_answer(buffers: TwoBuffers):
    """As Emacs' eglot does: it blocks until the command is answered, and only then sends what has changed."""
    buffers.apply()
    request = await buffers.asked_to_edit()
    buffers.answer(request, applied=True)
    assert (await buffers.outcome())["result"] == {"proposal": "p1", "state": "claimed"}
    assert buffers.edits(request) == ["a.py", "b.py"]
    async with asyncio.timeout(30):
        while not buffers.daemon.reports:
            await asyncio.sleep(0.01)
    assert [applied for _, applied, _ in buffers.daemon.reports] == [True]
    assert not [each for each in buffers.wire.sent if each.get("method") == "window/showMessage"]


async def test_typing_after_the_change_is_no_skipped_file(buffers: TwoBuffers):
    buffers.apply()
    request = await buffers.asked_to_edit()
    assert buffers.edits(request, "a.py") == ["b.py"]
    buffers.type("a.py", "# mine\n" + AFTER)  # one notification for the change and for what was typed since
    buffers.answer(request, applied=True)
    assert (await buffers.outcome())["result"] == {"proposal": "p1", "state": "applied"}


@pytest.mark.parametrize("applied", [True, False])
async def test_an_outcome_that_the_daemon_did_not_hear_is_told_when_it_is_back(buffers: TwoBuffers, applied: bool):
    buffers.daemon.fails = DaemonUnavailable("gone")
    buffers.apply()
    request = await buffers.asked_to_edit()
    if applied:
        buffers.edits(request)
    buffers.answer(request, applied=applied, reason="no")
    assert (await buffers.outcome())["error"]["data"]["code"] == "daemon_unavailable"
    assert buffers.daemon.reports == []
    buffers.daemon.fails = None
    for _ in range(2):  # the second connection has nothing left to tell
        await buffers.ls.session.connected(cast("Daemon", buffers.daemon))
    assert [(claim, outcome) for claim, outcome, _ in buffers.daemon.reports] == [("c1", applied)]
    assert [each.id for each in buffers.ls.session.mirror.applied()] == ["p1"] * applied


async def test_an_outcome_that_the_daemon_refuses_is_not_told_again(buffers: TwoBuffers):
    buffers.daemon.fails = DaemonUnavailable("gone")
    with pytest.raises(DaemonUnavailable):
        await buffers.ls.session.report(ClaimId("c1"), Outcome(applied=True))
    buffers.daemon.fails = NotFound("no such claim")
    await buffers.ls.session.connected(cast("Daemon", buffers.daemon))
    buffers.daemon.fails = None
    await buffers.ls.session.connected(cast("Daemon", buffers.daemon))
    assert buffers.daemon.reports == []


async def test_a_folder_that_was_closed_leaves_no_overlays_and_added_again_brings_them_back(buffers: TwoBuffers):
    def folders_change(added: list[Any], removed: list[Any]) -> None:
        params = {"event": {"added": added, "removed": removed}}
        buffers.wire.say(method="workspace/didChangeWorkspaceFolders", params=params)

    async def held(*paths: str) -> None:
        async with asyncio.timeout(30):
            while sorted(buffers.daemon.overlays) != [*paths]:
                await asyncio.sleep(0.001)

    project = {"uri": "file:///p", "name": "p"}
    await held("a.py", "b.py")
    folders_change([], [project])
    buffers.type("a.py", "typed = 1\n")
    await held()
    assert buffers.ls.session.folders.ids() == []
    folders_change([project], [])
    await held("a.py", "b.py")
    assert buffers.daemon.overlays["a.py"] == "typed = 1\n"


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "é\r"]), max_size=5)


@given(LINES, st.sampled_from(["", "a", "end"]), LINES, st.sampled_from(["", "a", "end"]))
def test_a_reversal_leads_back_exactly(before: list[str], before_end: str, after: list[str], after_end: str):
    old, new = Text("".join(before) + before_end), Text("".join(after) + after_end)
    whole = Range(
        start=Position(line=0, character=0), end=Position(line=len(old.lines) - 1, character=len(old.lines[-1]))
    )
    change = FileChange("file:///p/a.py", 1, old, [TextEdit(range=whole, new_text=new.content)])
    assert text_after(change) == new
    assert text_after(reverse(change, change.uri, 2, new)) == old


def test_a_reversal_of_a_new_file_deletes_it_and_of_a_deleted_one_writes_it_anew():
    edit = TextEdit(range=line_range(0), new_text=BEFORE)
    assert reverse(FileChange("u", None, None, [edit]), "u", 1, Text(BEFORE)).deletes
    anew = reverse(FileChange("u", 1, Text(BEFORE), [], deletes=True), "u", None, None)
    assert (anew.before, text_after(anew)) == (None, Text(BEFORE))
