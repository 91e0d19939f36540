"""Outlines of documents and searches for symbols in the workspace: asked of the daemon, and empty while there is none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.symbols import information, outline
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder, Place

if TYPE_CHECKING:
    from tercet_shared.context import SymbolList

MOST_SYMBOLS = 100


def register(ls: Editor) -> None:
    ls.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(document_symbols)
    ls.feature(types.WORKSPACE_SYMBOL)(workspace_symbols)


async def document_symbols(
    ls: Editor, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
    place, document = ls.locate(params.text_document.uri), ls.documents.of(params.text_document.uri)
    found = None if place is None or document is None else await ls.look(lambda daemon: daemon.outline(place))
    if document is None or found is None or found.text_sha256 != document.text.sha256:
        return []  # the editor asks again once the text rests
    if ls.abilities.nests_symbols:
        return outline(found.symbols, document.text, document.encoding)
    return [information(each, document.uri, document.text, document.encoding) for each in found.symbols]


async def workspace_symbols(ls: Editor, params: types.WorkspaceSymbolParams) -> list[types.SymbolInformation]:
    folders = list(ls.session.folders)
    found = await asyncio.gather(*(_symbols(ls, folder, params.query) for folder in folders))
    shown = [await _information(ls, folder, answer) for folder, answer in zip(folders, found, strict=True)]
    return [each for symbols in shown for each in symbols]


async def _symbols(ls: Editor, folder: Folder, query: str) -> SymbolList | None:
    return await ls.look(lambda daemon: daemon.symbols(folder, query, MOST_SYMBOLS))


async def _information(ls: Editor, folder: Folder, found: SymbolList | None) -> list[types.SymbolInformation]:
    """Each in the text as it is now: columns are counted in the editor's way."""
    shown = []
    for symbol in found.symbols if found is not None else ():
        place = Place(folder, symbol.path)
        text = await ls.text_at(place)
        if text is not None:
            shown.append(information(symbol, ls.uri_of(place), text, ls.documents.position_encoding))
    return shown
