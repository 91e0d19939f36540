"""Answers the editor: lists the code actions of a place, and fills in the edit of the one that was picked.

Listing reads the mirror alone: no disk, no model, and no daemon but for the refactorings of a menu that the user opens.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lsprotocol import types
from tercet_shared.errors import StaleText

from tercet_lsp.editor import Editor
from tercet_lsp.features.code_actions import fixes, offers, refactorings, rewrites
from tercet_lsp.features.code_actions.spot import spot_of

SOURCES = (offers, fixes, rewrites)


def register(ls: Editor) -> None:
    options = types.CodeActionOptions(
        code_action_kinds=[kind for source in (*SOURCES, refactorings) for kind in source.KINDS],
        resolve_provider=ls.abilities.resolves_edits,
    )
    ls.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(list_actions)
    ls.feature(types.CODE_ACTION_RESOLVE)(resolve)


def list_actions(
    ls: Editor, params: types.CodeActionParams
) -> Generator[Any, list[types.CodeAction], list[types.CodeAction]]:
    """A generator (as pygls has it), for only what must be asked of the daemon is yielded."""
    spot = spot_of(ls, params)
    if spot is None:
        return []
    actions = [action for source in SOURCES for action in source.at(ls, spot)]
    return actions + (yield refactorings.at, (ls, spot), None) if refactorings.wanted(ls, spot) else actions


def resolve(ls: Editor, action: types.CodeAction) -> types.CodeAction:
    """Fills in the edit; VS Code also asks for those that have one, or are a command. Raises StaleText if the text has moved on."""
    if action.command is not None or action.edit is not None:
        return action
    data = action.data if isinstance(action.data, dict) else {}
    edit = fixes.edit_of(ls, data)
    if edit is None:
        raise StaleText("This fix is no longer there: the text has changed since. Ask for the code actions again.")
    action.edit = edit
    return action
