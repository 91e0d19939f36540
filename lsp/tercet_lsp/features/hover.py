"""Hover: what a finding or a proposal at this place is about, with its evidence; else what the name is and who uses it.

Findings and proposals are in the mirror; names are asked of the daemon, and nothing is shown if it takes a moment too long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from tercet_shared.errors import TercetError

from tercet_lsp.convert.evidence import finding_markdown, proposal_markdown
from tercet_lsp.convert.positions import from_editor_position, to_editor_range
from tercet_lsp.documents import Document
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Place

if TYPE_CHECKING:
    from tercet_shared.edits import Range


DESCRIBED_S = 0.1
"""A description is made in a few milliseconds; where it is not, the hover stays away."""


def register(ls: Editor) -> None:
    ls.feature(types.TEXT_DOCUMENT_HOVER)(hover)


def hover(ls: Editor, params: types.HoverParams) -> Generator[Any, types.Hover | None, types.Hover | None]:
    """A generator (as pygls has it), for most hovers are answered at once: only what must be asked is yielded."""
    place, document = ls.locate(params.text_document.uri), ls.documents.of(params.text_document.uri)
    if place is None or document is None:
        return None
    here = from_editor_position(params.position, document.text, document.encoding)
    found = [(span, text) for span, text in _at(ls, place, document) if _holds(span, here)]
    if not found:
        return (yield _described, (ls, place, here), None) if ls.settings.hover_symbols else None
    markdown = "\n\n---\n\n".join(dict.fromkeys(text for _, text in found))
    return _hover(ls, markdown, to_editor_range(found[0][0], document.text, document.encoding))


async def _described(ls: Editor, place: Place, here: tuple[int, int]) -> types.Hover | None:
    try:
        async with asyncio.timeout(DESCRIBED_S):
            found = await ls.session.ask(lambda daemon: daemon.description(place, *here))
    except (TercetError, TimeoutError):
        return None  # a hover that comes late, or with an error, is worse than none
    return _hover(ls, found.markdown, None) if found.markdown else None


def _hover(ls: Editor, markdown: str, where: types.Range | None) -> types.Hover:
    kind = types.MarkupKind.Markdown if ls.abilities.hover_markdown else types.MarkupKind.PlainText
    return types.Hover(contents=types.MarkupContent(kind=kind, value=markdown), range=where)


def _at(ls: Editor, place: Place, document: Document) -> Iterator[tuple[Range, str]]:
    """Every place of the document that has something to say, proposals first, and what it says."""
    workspace = ls.session.folders.workspace(place.folder)
    if workspace is None:
        return
    for proposal in ls.session.mirror.proposals(workspace.id, place.path):
        for file in proposal.change_set.files:
            if file.path == place.path and file.base_sha256 == document.text.sha256:
                yield from ((edit.range, proposal_markdown(proposal)) for edit in file.edits)
    for finding in ls.session.mirror.findings(workspace.id, place.path):
        if finding.text_sha256 == document.text.sha256 and finding.source in ls.settings.diagnostics_sources:
            yield finding.range, finding_markdown(finding)


def _holds(span: Range, here: tuple[int, int]) -> bool:
    return span.start.as_tuple() <= here <= span.end.as_tuple()
