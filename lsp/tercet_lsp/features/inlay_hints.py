"""What a failing test saw, behind the line where it failed: off by default. Reads the mirror alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.positions import from_editor_range, to_editor_position
from tercet_lsp.documents import Document
from tercet_lsp.editor import Editor
from tercet_lsp.session.coalescing import Coalesced

if TYPE_CHECKING:
    from tercet_shared.edits import Position
    from tercet_shared.findings import Finding

LABEL_CHARACTERS = 80
"""What is longer than a line of an editor is in the tooltip, and in the diagnostic."""


def register(ls: Editor) -> None:
    if ls.settings.failure_hints:
        ls.feature(types.TEXT_DOCUMENT_INLAY_HINT)(inlay_hints)
        if ls.abilities.refreshes_hints:
            ls.session.mirror.on_paths.append(Coalesced(lambda: ls.workspace_inlay_hint_refresh(None)).changed)


def inlay_hints(ls: Editor, params: types.InlayHintParams) -> list[types.InlayHint]:
    place, document = ls.locate(params.text_document.uri), ls.documents.of(params.text_document.uri)
    workspace = ls.session.folders.workspace(place.folder) if place else None
    if place is None or document is None or workspace is None or not ls.settings.failure_hints:
        return []
    first, last = (line for line, _ in from_editor_range(params.range, document.text, document.encoding))
    failures = [
        each
        for each in ls.session.mirror.findings(workspace.id, place.path)
        if each.source == "tests" and each.text_sha256 == document.text.sha256 and first <= each.range.end.line <= last
    ]
    return [_hint(where, seen, document) for where, seen in _by_place(failures).items()]


def _by_place(failures: Iterable[Finding]) -> dict[Position, list[str]]:
    """What was seen at the end of each line; several tests may fail at one, and several of them alike."""
    seen: dict[Position, list[str]] = {}
    for each in failures:
        messages = seen.setdefault(each.range.end, [])
        if each.message not in messages:
            messages.append(each.message)
    return seen


def _hint(where: Position, seen: list[str], document: Document) -> types.InlayHint:
    more = f" (+{len(seen) - 1})" if len(seen) > 1 else ""
    return types.InlayHint(
        position=to_editor_position(where, document.text, document.encoding),
        label=f"← {_shortened(seen[0])}{more}",
        padding_left=True,
        tooltip="\n".join(seen),
    )


def _shortened(message: str) -> str:
    """Without the kind of error that every failed `assert` has."""
    told = message.removeprefix("AssertionError: ")
    return told if len(told) <= LABEL_CHARACTERS else f"{told[: LABEL_CHARACTERS - 1]}…"
