"""The code actions of findings: repair and prove (a command), and the linter's own fix at once, called unverified.

A fix of the whole file takes what does not overlap, in the order of the text; what is left is fixed the next time. Editors make
it with every save, so only fixes that keep what the code does are in it: none of Tercet's own rules.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from tercet_shared.errors import StaleText

from tercet_lsp.convert.arguments import Command
from tercet_lsp.convert.diagnostics import finding_diagnostic
from tercet_lsp.convert.edits import FileChange, workspace_edit
from tercet_lsp.documents import Document
from tercet_lsp.editor import Editor
from tercet_lsp.features.code_actions.spot import Spot, command_action
from tercet_lsp.session.folders import Place

if TYPE_CHECKING:
    from tercet_shared.edits import TextEdit
    from tercet_shared.findings import Finding

_QUICK = types.CodeActionKind.QuickFix
_FIX_ALL = "source.fixAll.tercet"
_ORGANIZE = types.CodeActionKind.SourceOrganizeImports.value
KINDS = (_FIX_ALL, _ORGANIZE)

_ABOUT_IMPORTS = ("I001", "I002", "F401")
"""The linter's rules about imports: order, required ones, unused ones."""

_OWN = "tercet"
"""The tool of findings whose fixes may change what the code does."""

_WHOLE_FILE = {
    _FIX_ALL: "Tercet: fix all that the linter can fix (unverified)",
    _ORGANIZE: "Tercet: organise imports (unverified)",
}


def at(ls: Editor, spot: Spot) -> Iterator[types.CodeAction]:
    shown = list(_shown(ls, spot.page.path, spot.document))
    if spot.wants(_QUICK):
        for finding in shown:
            if spot.touches(finding.range):
                yield from _of_finding(ls, spot, finding)
    for kind, title in _WHOLE_FILE.items():
        if spot.by_hand and spot.wants(kind) and any(_fixes(shown, spot.page.path, kind)):
            data = {"kind": kind, "uri": spot.document.uri, "sha256": spot.page.text.sha256}
            yield _with_edit(ls, types.CodeAction(title=title, kind=kind, data=data))


def edit_of(ls: Editor, data: Mapping[str, Any]) -> types.WorkspaceEdit | None:
    """The edit that a listed action stands for; None once its finding has gone. Raises StaleText."""
    if "kind" in data:
        return _edit_of_file(ls, data)
    found = ls.session.mirror.finding(str(data.get("finding", "")))
    folder = ls.session.folders.of(found[0]) if found else None
    return _edit(ls, Place(folder, found[1].path), found[1]) if found and folder else None


# -- one finding ----------------------------------------------------------------------------------------------------------


def _of_finding(ls: Editor, spot: Spot, finding: Finding) -> Iterator[types.CodeAction]:
    diagnostic = finding_diagnostic(finding, spot.page)
    names = {"finding": finding.id}
    if finding.test is not None:
        yield command_action("Tercet: repair this failure", _QUICK, Command.FIX, names, diagnostic, True)
    elif finding.fix is not None:
        title = f"{finding.fix_title or finding.message} (unverified)"
        with contextlib.suppress(StaleText):  # it also touches a file that has changed
            yield _with_edit(ls, types.CodeAction(title=title, kind=_QUICK, diagnostics=[diagnostic], data=names))
        yield command_action("Tercet: fix and prove", _QUICK, Command.FIX, names, diagnostic)


def _edit(ls: Editor, place: Place, finding: Finding) -> types.WorkspaceEdit:
    """Raises StaleText unless every file of the fix is open with the text that the fix was made for."""
    changes = []
    for file in finding.fix.files if finding.fix else []:
        document = ls.document_at(Place(place.folder, file.path))
        if document is None or document.text.sha256 != file.base_sha256:
            raise StaleText(f"{file.path} has changed since this fix was made. Ask for the code actions again.")
        changes.append(FileChange(document.uri, document.version, document.text, file.edits))
    return workspace_edit(changes, ls.documents.position_encoding, document_changes=ls.abilities.document_changes)


# -- the whole file -------------------------------------------------------------------------------------------------------


def _edit_of_file(ls: Editor, data: Mapping[str, Any]) -> types.WorkspaceEdit | None:
    place, document = ls.locate(str(data.get("uri"))), ls.documents.of(str(data.get("uri")))
    if place is None or document is None or document.text.sha256 != data.get("sha256"):
        return None
    edits = _edits(list(_shown(ls, place.path, document)), place.path, str(data["kind"]))
    change = FileChange(document.uri, document.version, document.text, edits)
    return workspace_edit([change], ls.documents.position_encoding, document_changes=ls.abilities.document_changes)


def _edits(shown: list[Finding], path: str, kind: str) -> list[TextEdit]:
    """The edits of all fixes that are for this file alone and overlap with none before them, in the order of the text."""
    taken: list[TextEdit] = []
    for edits in _fixes(shown, path, kind):
        if all(_fits(edit, taken) for edit in edits):
            for edit in edits:
                insort(taken, edit, key=_start)
    return taken


def _fixes(shown: list[Finding], path: str, kind: str) -> Iterator[list[TextEdit]]:
    """What each finding's fix changes in this file, of the fixes that are for it alone."""
    for finding in shown:
        if finding.fix is None or finding.fix.paths != [path] or finding.tool == _OWN:
            continue
        if kind == _FIX_ALL or finding.rule in _ABOUT_IMPORTS:
            yield finding.fix.files[0].edits


def _fits(edit: TextEdit, taken: list[TextEdit]) -> bool:
    """Whether it overlaps with none of these, which are in the order of the text and do not overlap: its neighbours tell.

    Two insertions at one place overlap too: their order is not known.
    """
    after = bisect_right(taken, _start(edit), key=_start)
    return not any(
        _start(edit) <= other.range.end.as_tuple() and _start(other) <= edit.range.end.as_tuple()
        for other in taken[max(after - 1, 0) : after + 1]
    )


def _start(edit: TextEdit) -> tuple[int, int]:
    return edit.range.start.as_tuple()


# -- parts ----------------------------------------------------------------------------------------------------------------


def _shown(ls: Editor, path: str, document: Document) -> Iterator[Finding]:
    """The findings that are shown in this text."""
    place = ls.locate(document.uri)
    workspace = ls.session.folders.workspace(place.folder) if place else None
    for finding in ls.session.mirror.findings(workspace.id, path) if workspace else ():
        if finding.source in ls.settings.diagnostics_sources and finding.text_sha256 == document.text.sha256:
            yield finding


def _with_edit(ls: Editor, action: types.CodeAction) -> types.CodeAction:
    """With its edit, for an editor that does not fetch it when the action is picked. Raises StaleText."""
    if not ls.abilities.resolves_edits and isinstance(action.data, dict):
        action.edit = edit_of(ls, action.data)
    return action
