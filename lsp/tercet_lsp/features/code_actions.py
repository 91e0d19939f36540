"""Code actions at findings and proposals. Listing reads the mirror alone: no daemon call, no disk, no model.

A proposal is applied by a command, never by a bare edit: an editor would carry that out unversioned, unrecorded, twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types
from tercet_shared.errors import StaleText

from tercet_lsp.convert.arguments import Command
from tercet_lsp.convert.diagnostics import Page, finding_diagnostic, proposal_diagnostics
from tercet_lsp.convert.edits import FileChange, workspace_edit
from tercet_lsp.convert.evidence import standing
from tercet_lsp.convert.positions import from_editor_range
from tercet_lsp.documents import Document
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Place

if TYPE_CHECKING:
    from tercet_shared.edits import Range
    from tercet_shared.findings import Finding
    from tercet_shared.ids import WorkspaceId
    from tercet_shared.proposals import Proposal

_KIND = types.CodeActionKind.QuickFix
_UNDO_KIND = types.CodeActionKind.Source
"""Editors list it in the menu of the whole file and light no bulb for it."""


@dataclass(frozen=True)
class _Spot:
    """Where the editor asks."""

    workspace_id: WorkspaceId
    page: Page
    start: tuple[int, int]
    end: tuple[int, int]

    def touches(self, span: Range) -> bool:
        return span.start.as_tuple() <= self.end and self.start <= span.end.as_tuple()


def register(ls: Editor) -> None:
    options = types.CodeActionOptions(
        code_action_kinds=[_KIND, _UNDO_KIND], resolve_provider=ls.abilities.resolves_edits
    )
    ls.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(list_actions)
    ls.feature(types.CODE_ACTION_RESOLVE)(resolve)


def list_actions(ls: Editor, params: types.CodeActionParams) -> list[types.CodeAction]:
    place, document = ls.locate(params.text_document.uri), ls.documents.of(params.text_document.uri)
    workspace = ls.session.folders.workspace(place.folder) if place else None
    if place is None or document is None or workspace is None:
        return []
    spot = _spot(ls, place, document, workspace.id, params.range)
    fixes = [*_for_proposals(ls, spot), *_for_findings(ls, spot)] if _wants(params.context, _KIND) else []
    return [*fixes, *_undo(ls, spot)] if _wants(params.context, _UNDO_KIND) else fixes


def resolve(ls: Editor, action: types.CodeAction) -> types.CodeAction:
    """Fills in the edit of a quick fix. Raises StaleText if the text has moved on."""
    data = action.data if isinstance(action.data, dict) else {}
    found = ls.session.mirror.finding(str(data.get("finding", "")))
    folder = ls.session.folders.of(found[0]) if found else None
    if found is None or folder is None:
        raise StaleText("This fix is no longer there: the text has changed since. Ask for the code actions again.")
    action.edit = _fix_edit(ls, Place(folder, found[1].path), found[1])
    return action


# -- at findings ----------------------------------------------------------------------------------------------------------


def _for_findings(ls: Editor, spot: _Spot) -> Iterator[types.CodeAction]:
    for finding in ls.session.mirror.findings(spot.workspace_id, spot.page.path):
        is_shown = finding.source in ls.settings.diagnostics_sources and finding.text_sha256 == spot.page.text.sha256
        if not is_shown or not spot.touches(finding.range):
            continue
        diagnostic = finding_diagnostic(finding, spot.page)
        if finding.test is not None:
            yield _command("Tercet: repair this failure", Command.FIX, {"finding": finding.id}, diagnostic, True)
        elif finding.fix is not None:
            with contextlib.suppress(StaleText):  # it also touches a file that has changed
                yield _quick_fix(ls, spot, finding, diagnostic)
            yield _command("Tercet: fix and prove", Command.FIX, {"finding": finding.id}, diagnostic)


def _quick_fix(ls: Editor, spot: _Spot, finding: Finding, diagnostic: types.Diagnostic) -> types.CodeAction:
    action = types.CodeAction(
        title=f"{finding.fix_title or finding.message} (unverified)",
        kind=_KIND,
        diagnostics=[diagnostic],
        data={"finding": finding.id},
    )
    if not ls.abilities.resolves_edits:
        folder = ls.session.folders.of(spot.workspace_id)
        action.edit = _fix_edit(ls, Place(folder, finding.path), finding) if folder else None
    return action


def _fix_edit(ls: Editor, place: Place, finding: Finding) -> types.WorkspaceEdit:
    """Raises StaleText unless every file of the fix is open with the text that the fix was made for."""
    changes = []
    for file in finding.fix.files if finding.fix else []:
        target = Place(place.folder, file.path)
        document = ls.document_at(target)
        if document is None or document.text.sha256 != file.base_sha256:
            raise StaleText(f"{file.path} has changed since this fix was made. Ask for the code actions again.")
        changes.append(FileChange(document.uri, document.version, document.text, file.edits))
    return workspace_edit(changes, ls.documents.position_encoding, document_changes=ls.abilities.document_changes)


# -- at proposals ---------------------------------------------------------------------------------------------------------


def _for_proposals(ls: Editor, spot: _Spot) -> Iterator[types.CodeAction]:
    for proposal in ls.session.mirror.proposals(spot.workspace_id, spot.page.path):
        if not _is_here(proposal, spot):
            continue
        diagnostic = proposal_diagnostics(proposal, spot.page)[0]
        names = {"proposal": proposal.id}
        title = f"Tercet: apply “{proposal.title}” ({standing(proposal.evidence)})"
        yield _command(title, Command.APPLY, names, diagnostic, True)
        yield _command("Tercet: show evidence", Command.SHOW, {**names, "open": True}, diagnostic)
        yield _command("Tercet: discard", Command.DISCARD, names, diagnostic)


def _undo(ls: Editor, spot: _Spot) -> Iterator[types.CodeAction]:
    """The latest change of the file can be taken back, wherever in the file the user is by now."""
    for proposal in ls.session.mirror.applied(spot.workspace_id, spot.page.path)[:1]:
        title = f"Tercet: undo “{proposal.title}”"
        command = types.Command(title=title, command=Command.UNDO.value, arguments=[{"proposal": proposal.id}])
        yield types.CodeAction(title=title, kind=_UNDO_KIND, command=command)


def _is_here(proposal: Proposal, spot: _Spot) -> bool:
    return any(
        file.path == spot.page.path
        and file.base_sha256 == spot.page.text.sha256
        and any(spot.touches(edit.range) for edit in file.edits)
        for file in proposal.change_set.files
    )


# -- parts ----------------------------------------------------------------------------------------------------------------


def _wants(context: types.CodeActionContext, kind: types.CodeActionKind) -> bool:
    """An editor may ask for some kinds only; the empty kind is all of them."""
    return context.only is None or any(asked in ("", kind) for asked in context.only)


def _spot(ls: Editor, place: Place, document: Document, workspace_id: WorkspaceId, asked: types.Range) -> _Spot:
    page = Page(
        path=place.path,
        text=document.text,
        encoding=document.encoding,
        uri_of=lambda path: ls.uri_of(Place(place.folder, path)),
        shows_related=False,
    )
    start, end = from_editor_range(asked, document.text, document.encoding)
    return _Spot(workspace_id, page, start, end)


def _command(
    title: str, command: Command, arguments: Mapping[str, object], diagnostic: types.Diagnostic, preferred: bool = False
) -> types.CodeAction:
    return types.CodeAction(
        title=title,
        kind=_KIND,
        diagnostics=[diagnostic],
        is_preferred=preferred or None,
        command=types.Command(title=title, command=command.value, arguments=[dict(arguments)]),
    )
