"""Who calls a definition and what it calls, from the index: where definitions and references are answered (`navigation`).

Empty where the daemon does not know, or not in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.positions import from_editor_position, to_editor_range
from tercet_lsp.convert.symbols import call_item
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder, Place

if TYPE_CHECKING:
    from tercet_shared.context import Symbol

    from tercet_lsp.convert.texts import Text

_Kind = types.SymbolKind
CALLABLE = frozenset({_Kind.Function, _Kind.Method, _Kind.Constructor, _Kind.Class, _Kind.Struct})
"""What has a hierarchy of calls; a variable or a heading has none."""

_Called = tuple[types.CallHierarchyItem, list[types.Range]]


def register(ls: Editor) -> None:
    if ls.settings.navigation:
        ls.feature(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY)(prepare)
        ls.feature(types.CALL_HIERARCHY_INCOMING_CALLS)(incoming)
        ls.feature(types.CALL_HIERARCHY_OUTGOING_CALLS)(outgoing)


async def prepare(ls: Editor, params: types.CallHierarchyPrepareParams) -> list[types.CallHierarchyItem]:
    place, document = ls.locate(params.text_document.uri), ls.documents.of(params.text_document.uri)
    if place is None or document is None:
        return []
    here = from_editor_position(params.position, document.text, document.encoding)
    found = await ls.look(lambda daemon: daemon.definition(place, *here))
    items = [await _item(ls, place.folder, each) for each in found.definitions] if found else []
    return [each[0] for each in items if each is not None and each[0].kind in CALLABLE]


async def incoming(ls: Editor, params: types.CallHierarchyIncomingCallsParams) -> list[types.CallHierarchyIncomingCall]:
    return [types.CallHierarchyIncomingCall(*each) for each in await _calls(ls, params.item, incoming=True)]


async def outgoing(ls: Editor, params: types.CallHierarchyOutgoingCallsParams) -> list[types.CallHierarchyOutgoingCall]:
    return [types.CallHierarchyOutgoingCall(*each) for each in await _calls(ls, params.item, incoming=False)]


async def _calls(ls: Editor, item: types.CallHierarchyItem, *, incoming: bool) -> list[_Called]:
    """The calls of an item, asked about at its name, with their places in the caller; none of a file, which only calls."""
    place = ls.locate(item.uri)
    text = None if place is None or item.kind is types.SymbolKind.File else await ls.text_at(place)
    if place is None or text is None:
        return []
    encoding = ls.documents.position_encoding
    here = from_editor_position(item.selection_range.start, text, encoding)
    found = await ls.look(lambda daemon: daemon.calls(place, *here, incoming=incoming))
    if found is None or found.name != item.name:  # edits have moved another name to where the item's was
        return []
    shown = []
    for call in found.calls:
        if (other := await _item(ls, place.folder, call.symbol)) is not None:
            caller = other[1] if incoming else text
            shown.append((other[0], [to_editor_range(each, caller, encoding) for each in call.ranges]))
    return shown


async def _item(ls: Editor, folder: Folder, symbol: Symbol) -> tuple[types.CallHierarchyItem, Text] | None:
    """In the text as it is now, which comes with it; None where that cannot be read."""
    place = Place(folder, symbol.path)
    text = await ls.text_at(place)
    if text is None:
        return None
    return call_item(symbol, ls.uri_of(place), text, ls.documents.position_encoding), text
