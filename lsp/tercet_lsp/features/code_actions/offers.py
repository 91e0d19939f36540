"""The code actions of proposals. A proposal is applied by a command, never by a bare edit: an editor would carry that out
unversioned, unrecorded, twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.arguments import Command
from tercet_lsp.convert.diagnostics import proposal_diagnostics
from tercet_lsp.convert.evidence import standing
from tercet_lsp.editor import Editor
from tercet_lsp.features.code_actions.spot import Spot, command_action

if TYPE_CHECKING:
    from tercet_shared.proposals import Proposal

_UNDO_KIND = types.CodeActionKind.Source
"""Editors list it in the menu of the whole file and light no bulb for it."""

KINDS = (types.CodeActionKind.QuickFix, _UNDO_KIND)


def at(ls: Editor, spot: Spot) -> Iterator[types.CodeAction]:
    if spot.wants(types.CodeActionKind.QuickFix):
        yield from _offered(ls, spot)
    if spot.wants(_UNDO_KIND):
        yield from _undo(ls, spot)


def _offered(ls: Editor, spot: Spot) -> Iterator[types.CodeAction]:
    kind = types.CodeActionKind.QuickFix
    for proposal in ls.session.mirror.proposals(spot.workspace_id, spot.page.path):
        if not _is_here(proposal, spot):
            continue
        diagnostic = proposal_diagnostics(proposal, spot.page)[0]
        names = {"proposal": proposal.id}
        title = f"Tercet: apply “{proposal.title}” ({standing(proposal.evidence)})"
        yield command_action(title, kind, Command.APPLY, names, diagnostic, True)
        yield command_action("Tercet: compare", kind, Command.COMPARE, names, diagnostic)
        yield command_action("Tercet: show evidence", kind, Command.SHOW, {**names, "open": True}, diagnostic)
        yield command_action("Tercet: discard", kind, Command.DISCARD, names, diagnostic)


def _undo(ls: Editor, spot: Spot) -> Iterator[types.CodeAction]:
    """The latest change of the file can be taken back, wherever in the file the user is by now."""
    for proposal in ls.session.mirror.applied(spot.workspace_id, spot.page.path)[:1]:
        yield command_action(f"Tercet: undo “{proposal.title}”", _UNDO_KIND, Command.UNDO, {"proposal": proposal.id})


def _is_here(proposal: Proposal, spot: Spot) -> bool:
    return any(
        file.path == spot.page.path
        and file.base_sha256 == spot.page.text.sha256
        and any(spot.touches(edit.range) for edit in file.edits)
        for file in proposal.change_set.files
    )
