"""Text synchronisation: the daemon's overlays follow the editor's documents, and a save has the tests run.

Sends texts, reads nothing in them.
"""

import asyncio

from lsprotocol import types

from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder
from tercet_lsp.session.overlays import Overlay
from tercet_lsp.session.runs import Aim

SAVE_ALL_S = 0.2
"""Saves of one moment ("save all") are reviewed once."""


def register(ls: Editor) -> None:
    ls.feature(types.TEXT_DOCUMENT_DID_OPEN)(opened)
    ls.feature(types.TEXT_DOCUMENT_DID_CHANGE)(changed)
    ls.feature(types.TEXT_DOCUMENT_DID_CLOSE)(closed)
    ls.session.on_registered.append(lambda folder, _: _follow_opened_before(ls, folder))
    reviewing: set[Folder] = set()

    @ls.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        place = ls.locate(params.text_document.uri)
        if place is None or place.folder in reviewing or not _reviews(ls, place.folder):
            return
        reviewing.add(place.folder)
        ls.in_background(_review_soon(ls, place.folder, reviewing))


def opened(ls: Editor, params: types.DidOpenTextDocumentParams) -> None:
    _follow(ls, params.text_document.uri)


def changed(ls: Editor, params: types.DidChangeTextDocumentParams) -> None:
    _follow(ls, params.text_document.uri)


def closed(ls: Editor, params: types.DidCloseTextDocumentParams) -> None:
    place = ls.locate(params.text_document.uri)
    if place is not None:
        ls.session.overlays.drop(place)


def _follow_opened_before(ls: Editor, folder: Folder) -> None:
    """Documents may have been opened before the folder was added to the editor, or added again."""
    for _, document in ls.documents.all():
        place = ls.locate(document.uri)
        if place is not None and place.folder == folder and ls.session.overlays.wanted(place) is None:
            _follow(ls, document.uri)


def _follow(ls: Editor, uri: str) -> None:
    place, document = ls.locate(uri), ls.documents.of(uri)
    if place is None or document is None:
        return
    content = document.text.content
    if _is_larger(content, ls.settings.documents_max_bytes):
        ls.session.overlays.drop(place)
        ls.session.tell(f"{place.path} is too large for Tercet and is left alone until it is smaller.")
    else:
        ls.session.overlays.want(place, Overlay(document.version or 0, content))
    ls.edited(place)


def _is_larger(content: str, max_bytes: int) -> bool:
    """Counts bytes only where the number of characters does not tell already."""
    if len(content) > max_bytes:
        return True
    return len(content) * 4 > max_bytes and len(content.encode("utf-8", "surrogatepass")) > max_bytes


def _reviews(ls: Editor, folder: Folder) -> bool:
    workspace = ls.session.folders.workspace(folder)
    return ls.settings.tests_run == "onSave" and workspace is not None and workspace.trust == "trusted"


async def _review_soon(ls: Editor, folder: Folder, reviewing: set[Folder]) -> None:
    await asyncio.sleep(SAVE_ALL_S)
    reviewing.discard(folder)
    await ls.session.start_run(folder, "review", Aim())
