"""Extract variable, extract function, inline variable: asked of the daemon when the user opens a menu, each with its edit.

The daemon shows from the text alone that the code would do the same; no test was run, so they are called unverified.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types
from tercet_shared.errors import TercetError

from tercet_lsp.convert.edits import FileChange, workspace_edit
from tercet_lsp.editor import Editor
from tercet_lsp.features.code_actions.spot import Spot
from tercet_lsp.session.folders import Place

if TYPE_CHECKING:
    from tercet_shared.refactoring import Refactoring, RefactoringList

    from tercet_lsp.session.daemon import Daemon

_EXTRACT = types.CodeActionKind.RefactorExtract.value
_INLINE = types.CodeActionKind.RefactorInline.value
KINDS = (_EXTRACT, _INLINE)

_KIND_OF = {
    "extract_variable": f"{_EXTRACT}.variable",
    "extract_function": f"{_EXTRACT}.function",
    "inline_variable": f"{_INLINE}.variable",
}

_PYTHON = (".py", ".pyi", ".pyw")

ANSWER_DEADLINE_S = 0.5
"""The menu waits for it, which takes a few milliseconds; it does not wait for a daemon that is held up."""

logger = logging.getLogger(__name__)


def wanted(ls: Editor, spot: Spot) -> bool:
    """Whether to ask the daemon: not with every move of the cursor, nor while there is none."""
    kinds = any(spot.wants(kind) for kind in _KIND_OF.values())
    return kinds and spot.by_hand and spot.page.path.endswith(_PYTHON) and ls.session.daemon.state == "connected"


async def at(ls: Editor, spot: Spot) -> list[types.CodeAction]:
    """Nothing if the daemon does not answer in time, or the text has moved on meanwhile."""
    place = ls.locate(spot.document.uri)
    version, text = spot.document.version, spot.page.text
    found = None if place is None else await _ask(ls, place, spot)
    document = ls.documents.of(spot.document.uri)
    if found is None or document is None or document.version != version or found.text_sha256 != text.sha256:
        return []
    change = [(each, FileChange(document.uri, version, text, each.edits)) for each in found.refactorings]
    return [action for each, edits in change for action in _action(ls, spot, each, edits)]


async def _ask(ls: Editor, place: Place, spot: Spot) -> RefactoringList | None:
    async def asked(daemon: Daemon) -> RefactoringList:
        await ls.session.overlays.flush()
        return await daemon.refactorings(place, spot.start, spot.end)

    try:
        async with asyncio.timeout(ANSWER_DEADLINE_S):
            return await ls.session.ask(asked)
    except (TercetError, TimeoutError) as error:
        logger.info("no refactorings: %s", error)
        return None


def _action(ls: Editor, spot: Spot, found: Refactoring, change: FileChange) -> Iterator[types.CodeAction]:
    kind = _KIND_OF[found.kind]
    if not spot.wants(kind):
        return
    if not found.refusal:
        encoding, versioned = ls.documents.position_encoding, ls.abilities.document_changes
        edit = workspace_edit([change], encoding, document_changes=versioned)
        yield types.CodeAction(title=f"{found.title} (unverified)", kind=kind, edit=edit)
    elif ls.abilities.shows_disabled:
        yield types.CodeAction(title=found.title, kind=kind, disabled=types.CodeActionDisabled(found.refusal))
