"""What an editor is shown for findings and proposals that the daemon has told of; no daemon is asked here."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tercet_lsp.session.overlays import Overlay
from tercet_shared.edits import ChangeSet, FileEdit, Position, Range, TextEdit, text_sha256
from tercet_shared.findings import FileFindings, Finding, RelatedLocation, Severity, Source
from tercet_shared.ids import FindingId, ProposalId, RunId, WorkspaceId
from tercet_shared.proposals import (
    Check,
    CheckName,
    CheckStatus,
    Decision,
    Evidence,
    Proposal,
    ProposalState,
    Verdict,
)
from tercet_shared.workspaces import Trust, Workspace

from tests.doubles.language_wire import Wire

W = WorkspaceId("w1")
URI = "file:///p/shop.py"
TEXT = "# 😀 quoted\nx = 1\r\nname = '😀' + y  # 😀\n"
LAZY = {"codeAction": {"resolveSupport": {"properties": ["edit"]}}}
PULLS = {"diagnostic": {}}
CAPABILITIES: dict[str, Any] = {
    "textDocument": {**LAZY, **PULLS, "hover": {"contentFormat": ["markdown"]}},
    "workspace": {"diagnostics": {"refreshSupport": True}, "workspaceEdit": {"documentChanges": True}},
}


def span(line: int, start: int, end: int) -> Range:
    return Range(start=Position(line=line, character=start), end=Position(line=line, character=end))


def finding(name: str, where: Range, source: Source = Source.LINT, text: str = TEXT, **fields: Any) -> Finding:
    return Finding(
        id=FindingId(name), path="shop.py", range=where, rule="F821", severity=Severity.WARNING,
        message=f"about {name}", source=source, tool="ruff", text_sha256=text_sha256(text), **fields,
    )  # fmt: skip


def change(where: Range, new_text: str, text: str = TEXT) -> ChangeSet:
    edit = TextEdit(range=where, new_text=new_text)
    return ChangeSet(files=[FileEdit(path="shop.py", base_sha256=text_sha256(text), edits=[edit])])


def proposal(where: Range, state: ProposalState = ProposalState.OFFERED, verified: bool = True) -> Proposal:
    check = Check(
        name=CheckName.TARGET_TESTS, tool="pytest", status=CheckStatus.PASSED, summary="2 tests pass | fast",
        passed=["t::a", "t::b"], not_run=["u"],
    )  # fmt: skip
    evidence = Evidence(
        checks=[check], base_sha256="0" * 64, sandbox="bubblewrap", isolation="namespaces", interpreter="/py",
        verified=verified, unverified_reason=None if verified else "the base moved",
    )  # fmt: skip
    return Proposal(
        id=ProposalId("p1"), run_id=RunId("r1"), workspace_id=W, proposer="repair", title="replace `y` by `x`",
        change_set=change(where, "x"), diff="--- a\n+++ b\n```\n", evidence=evidence,
        verdict=Verdict(decision=Decision.ACCEPT, reasons=["every [check](http://x) passed"]), state=state,
        created_at=datetime(2030, 1, 1, tzinfo=UTC),
    )  # fmt: skip


class Shown:
    """A server with one open document, and a daemon's word about it."""

    def __init__(self, capabilities: dict[str, Any], **options: Any) -> None:
        self.wire = Wire()
        folder = {"uri": "file:///p", "name": "p"}
        self.wire.initialize(workspaceFolders=[folder], capabilities=capabilities, initializationOptions=options)
        self.session = self.wire.server.session
        (self.folder,) = self.session.folders
        self.session.folders.registered(self.folder, Workspace(id=W, root="/p", name="p", trust=Trust.TRUSTED))
        document = {"uri": URI, "languageId": "python", "version": 1, "text": TEXT}
        self.wire.say(method="textDocument/didOpen", params={"textDocument": document})

    def found(self, *findings: Finding) -> None:
        self.session.mirror.put_findings(
            W, "shop.py", [FileFindings(path="shop.py", revision=1, findings=list(findings))]
        )

    def type(self, text: str, version: int = 2) -> None:
        params = {"textDocument": {"uri": URI, "version": version}, "contentChanges": [{"text": text}]}
        self.wire.say(method="textDocument/didChange", params=params)

    def pull(self, **params: Any) -> Any:
        return self.wire.ask("textDocument/diagnostic", textDocument={"uri": URI}, **params)

    def actions(self, line: int, only: Sequence[str] | None = None, trigger: int = 2) -> list[Any]:
        """By default those of the light bulb: an editor asks for them by itself (trigger 2), not for a menu (1)."""
        context = {"diagnostics": [], "triggerKind": trigger} | ({"only": only} if only is not None else {})
        here = {"line": line, "character": 0}
        place = {"start": here, "end": {"line": line, "character": 99}}
        result: list[Any] = self.wire.ask(
            "textDocument/codeAction", textDocument={"uri": URI}, range=place, context=context
        )
        return result


@pytest.fixture
async def shown() -> Shown:
    return Shown(CAPABILITIES)


# -- diagnostics ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("encoding", "columns"), [("utf-8", (16, 17)), ("utf-16", (14, 15)), ("utf-32", (13, 14))])
async def test_positions_are_in_the_editor_s_encoding(encoding: str, columns: tuple[int, int]):
    shown = Shown({**CAPABILITIES, "general": {"positionEncodings": [encoding]}})
    shown.found(finding("y", span(2, 13, 14), documentation_url="https://example.org/F821"))
    (diagnostic,) = shown.pull()["items"]
    assert (diagnostic["range"]["start"]["character"], diagnostic["range"]["end"]["character"]) == columns
    assert diagnostic["codeDescription"] == {"href": "https://example.org/F821"}
    assert (diagnostic["source"], diagnostic["data"], diagnostic["severity"]) == ("tercet", "y", 2)


async def test_what_was_found_in_another_text_is_not_shown_until_it_is_that_text_again(shown: Shown):
    shown.found(finding("y", span(2, 13, 14)))
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14)))
    assert len(shown.pull()["items"]) == 2
    shown.type(TEXT + "\n")
    assert shown.pull()["items"] == []
    assert shown.actions(2) == []
    shown.type(TEXT, 3)
    assert len(shown.pull()["items"]) == 2


async def test_an_unchanged_report_is_not_sent_again(shown: Shown):
    shown.found(finding("y", span(2, 13, 14)))
    first = shown.pull()
    assert shown.pull(previousResultId=first["resultId"])["kind"] == "unchanged"
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14)))
    assert shown.pull(previousResultId=first["resultId"])["kind"] == "full"


async def test_a_change_of_findings_asks_the_editor_to_pull_once(shown: Shown):
    before = len(shown.wire.sent)
    shown.found(finding("a", span(1, 0, 1)))
    shown.found(finding("b", span(1, 0, 1)))
    await asyncio.sleep(0)
    assert [each["method"] for each in shown.wire.sent[before:]] == ["workspace/diagnostic/refresh"]


async def test_the_sources_to_show_are_a_setting():
    shown = Shown(CAPABILITIES, diagnostics={"sources": ["tests"]})
    shown.found(finding("y", span(2, 13, 14)), finding("t", span(1, 0, 1), Source.TESTS))
    assert [each["data"] for each in shown.pull()["items"]] == ["t"]


async def test_an_editor_that_cannot_pull_is_pushed_to_and_sees_related_places():
    related = [
        RelatedLocation(path="shop.py", range=span(2, 8, 9), message="here"),
        RelatedLocation(path="other file.py", range=span(4, 1, 2), message="there"),
    ]
    shown = Shown({"textDocument": {"publishDiagnostics": {"relatedInformation": True}}})
    before = len(shown.wire.sent)
    shown.found(finding("t", span(1, 0, 1), Source.TESTS, related=related))
    await asyncio.sleep(0.05)
    (message,) = shown.wire.sent[before:]
    assert (message["method"], message["params"]["uri"], message["params"]["version"]) == (
        "textDocument/publishDiagnostics", URI, 1,
    )  # fmt: skip
    (diagnostic,) = message["params"]["diagnostics"]
    here, there = [each["location"] for each in diagnostic["relatedInformation"]]
    assert (here["uri"], here["range"]["start"]["character"]) == (URI, 8)
    assert (there["uri"], there["range"]["start"]) == ("file:///p/other%20file.py", {"line": 4, "character": 0})
    shown.type("new\n")
    await asyncio.sleep(0.3)
    assert shown.wire.sent[-1]["params"] == {"uri": URI, "diagnostics": [], "version": 2}


async def test_a_file_that_is_not_open_is_reported_for_the_workspace(tmp_path: Path):
    wire = Wire()
    root = tmp_path.as_uri()
    wire.initialize(workspaceFolders=[{"uri": root, "name": "p"}], capabilities=CAPABILITIES)
    (folder,) = wire.server.session.folders
    wire.server.session.folders.registered(folder, Workspace(id=W, root=str(tmp_path), name="p", trust=Trust.TRUSTED))
    (tmp_path / "shop.py").write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    mirror = wire.server.session.mirror
    mirror.put_findings(
        W, "shop.py", [FileFindings(path="shop.py", revision=1, findings=[finding("y", span(2, 13, 14))])]
    )

    async def pull(previous: list[Any]) -> list[Any]:
        before = len(wire.sent)
        wire.say(id=9, method="workspace/diagnostic", params={"previousResultIds": previous})
        async with asyncio.timeout(30):
            while not (answers := [each for each in wire.sent[before:] if each.get("id") == 9]):
                await asyncio.sleep(0.01)
        items: list[Any] = answers[0]["result"]["items"]
        return items

    (report,) = await pull([])
    assert [each["data"] for each in report["items"]] == ["y"]
    held = asyncio.create_task(pull([{"uri": report["uri"], "value": report["resultId"]}]))
    await asyncio.sleep(0.05)
    assert not held.done(), "there is nothing new to report"
    mirror.put_findings(W, "shop.py", [])
    (report,) = await held
    assert report["items"] == []


# -- code actions ---------------------------------------------------------------------------------------------------------


FIX: dict[str, Any] = {"fix": change(span(2, 13, 14), "x"), "fix_title": "Replace `y`"}


async def test_a_quick_fix_is_unverified_and_resolved_when_it_is_picked(shown: Shown):
    shown.found(finding("y", span(2, 13, 14), **FIX))
    fix, prove = shown.actions(2)
    assert fix["title"] == "Replace `y` (unverified)"
    assert "edit" not in fix
    assert (prove["title"], prove["command"]["command"]) == ("Tercet: fix and prove", "tercet.fix")
    assert prove["command"]["arguments"] == [{"finding": "y"}]
    assert shown.wire.ask("codeAction/resolve", **prove)["command"] == prove["command"]  # VS Code asks for these too
    resolved = shown.wire.ask("codeAction/resolve", **fix)
    (operation,) = resolved["edit"]["documentChanges"]
    assert operation["textDocument"] == {"uri": URI, "version": 1}
    assert operation["edits"][0]["range"]["start"] == {"line": 2, "character": 14}

    shown.type("other\n")
    (answer,) = shown.wire.say(id=3, method="codeAction/resolve", params=fix)
    assert answer["error"]["data"]["code"] == "stale_text"


async def test_an_editor_that_cannot_resolve_gets_the_edit_at_once():
    shown = Shown({})
    shown.found(finding("y", span(2, 13, 14), **FIX))
    fix, _ = shown.actions(2)
    assert list(fix["edit"]["changes"]) == [URI]


async def test_a_failure_can_be_repaired_where_it_is_shown(shown: Shown):
    shown.found(
        finding("t", span(1, 0, 1), Source.TESTS, test="t.py::a"),
        finding("s", span(1, 2, 3), Source.SUSPECT, test="t.py::a"),
    )
    assert [each["title"] for each in shown.actions(1)] == ["Tercet: repair this failure"] * 2
    assert shown.actions(0) == []


async def test_a_proposal_is_applied_by_a_command_and_undone_from_the_whole_file(shown: Shown):
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14)))
    apply, compare, show, discard = shown.actions(2, only=["quickfix"])
    assert apply["title"] == "Tercet: apply “replace `y` by `x`” (verified: 2 tests)"
    assert apply["isPreferred"] is True
    assert all("edit" not in each for each in (apply, compare, show, discard))
    commands = [each["command"]["command"] for each in (apply, compare, show, discard)]
    assert commands == ["tercet.apply", "tercet.compare", "tercet.show", "tercet.discard"]

    shown.session.mirror.put_proposal(proposal(span(2, 13, 14), ProposalState.APPLIED))
    (undo,) = shown.actions(0, only=["source"])
    assert (undo["kind"], undo["command"]["command"]) == ("source", "tercet.undo")
    assert shown.actions(0, only=["quickfix"]) == []
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14), ProposalState.UNDONE))
    assert shown.actions(0, only=["source"]) == []


async def test_only_the_kinds_that_are_asked_for_are_listed(shown: Shown):
    shown.found(finding("y", span(2, 13, 14), **FIX))
    assert shown.actions(2, only=["refactor.extract"]) == []
    assert len(shown.actions(2, only=["quickfix"])) == 2
    assert len(shown.actions(2, only=[""])) > 2


# -- hover ----------------------------------------------------------------------------------------------------------------


async def test_hover_shows_the_evidence_and_no_text_of_tools_is_read_as_markup(shown: Shown):
    shown.found(finding("y", span(2, 13, 14), documentation_url="https://example.org", test="t::a", **FIX))
    shown.session.mirror.put_proposal(proposal(span(2, 13, 14), verified=False))
    answer = shown.wire.ask("textDocument/hover", textDocument={"uri": URI}, position={"line": 2, "character": 14})
    markdown = answer["contents"]["value"]
    assert "| target_tests | pytest | passed | 2 tests pass \\| fast (1 test not run) |" in markdown
    assert "Unverified: the base moved" in markdown
    assert "every \\[check\\](http://x) passed" in markdown
    assert "````diff" in markdown, "a diff with a fence in it is fenced by more"
    assert "Failing test: `t::a`" in markdown


# -- text synchronisation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "language"),
    [
        ("untitled:Untitled-1", "python"),
        ("vscode-notebook-cell:/p/x.ipynb#1", "python"),
        ("file:///elsewhere/x.py", "python"),
        ("file:///elsewhere/readme.md", "markdown"),
    ],
)
async def test_other_documents_are_none_of_ours(shown: Shown, uri: str, language: str):
    document = {"uri": uri, "languageId": language, "version": 1, "text": "x"}
    assert shown.wire.say(method="textDocument/didOpen", params={"textDocument": document}) == []
    change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "y"}]}
    shown.wire.say(method="textDocument/didChange", params=change)
    empty = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
    assert shown.wire.ask("textDocument/hover", **empty) is None
    assert shown.wire.ask("textDocument/diagnostic", textDocument={"uri": uri})["items"] == []
    shown.wire.say(method="textDocument/didClose", params={"textDocument": {"uri": uri}})
    assert shown.session.overlays.count() == 1


async def test_a_document_over_the_limit_is_left_alone_and_said_so():
    shown = Shown(CAPABILITIES, documents={"maxBytes": 100})
    problems: list[str] = []
    shown.session.on_problem.append(problems.append)
    place = shown.wire.server.locate(URI)
    assert place is not None
    assert shown.session.overlays.wanted(place) == Overlay(1, TEXT)
    shown.type("😀" * 30)
    shown.type("😀" * 31, 3)
    assert shown.session.overlays.wanted(place) is None
    assert len(problems) == 1
    assert "too large" in problems[0]


async def test_a_burst_of_edits_leaves_the_overlay_with_the_editor_s_text(shown: Shown):
    place = shown.wire.server.locate(URI)
    assert place is not None
    expected = TEXT
    for version in range(2, 60):
        here = {"line": 1, "character": 0}
        edit = {"range": {"start": here, "end": here}, "text": f"{version}\x0c"}
        params = {"textDocument": {"uri": URI, "version": version}, "contentChanges": [edit]}
        shown.wire.say(method="textDocument/didChange", params=params)
        first, rest = expected.split("\n", 1)
        expected = f"{first}\n{version}\x0c{rest}"
    assert shown.session.overlays.wanted(place) == Overlay(59, expected)


async def test_a_folder_that_is_closed_takes_what_is_known_of_it_along(shown: Shown):
    shown.found(finding("y", span(2, 13, 14)))
    event = {"added": [{"uri": "untitled:x", "name": "none of ours"}], "removed": [{"uri": "file:///p", "name": "p"}]}
    shown.wire.say(method="workspace/didChangeWorkspaceFolders", params={"event": event})
    assert list(shown.session.folders) == []
    assert shown.session.mirror.paths(W) == set()
    assert shown.pull()["items"] == []
