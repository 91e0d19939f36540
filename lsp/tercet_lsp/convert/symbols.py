"""Definitions as an editor shows them: nested in an outline, or flat in a list. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.positions import Encoding, to_editor_range
from tercet_lsp.convert.texts import Text

if TYPE_CHECKING:
    from tercet_shared.context import Symbol

_KINDS = {
    "function": types.SymbolKind.Function,
    "method": types.SymbolKind.Method,
    "constructor": types.SymbolKind.Constructor,
    "class": types.SymbolKind.Class,
    "struct": types.SymbolKind.Struct,
    "interface": types.SymbolKind.Interface,
    "trait": types.SymbolKind.Interface,
    "enum": types.SymbolKind.Enum,
    "type": types.SymbolKind.TypeParameter,
    "module": types.SymbolKind.Module,
    "macro": types.SymbolKind.Function,
    "constant": types.SymbolKind.Constant,
    "variable": types.SymbolKind.Variable,
    "field": types.SymbolKind.Field,
    "key": types.SymbolKind.Key,
    "table": types.SymbolKind.Struct,
    "selector": types.SymbolKind.Object,
    "heading": types.SymbolKind.String,
    "file": types.SymbolKind.File,
}


def outline(symbols: Sequence[Symbol], text: Text, encoding: Encoding) -> list[types.DocumentSymbol]:
    """A tree: a symbol hangs below the one whose range holds its own. `symbols` are in document order."""
    top: list[types.DocumentSymbol] = []
    around: list[tuple[Symbol, types.DocumentSymbol]] = []
    for symbol in symbols:
        shown = _document_symbol(symbol, text, encoding)
        while around and not _holds(around[-1][0], symbol):
            around.pop()
        if around:
            parent = around[-1][1]
            parent.children = [*(parent.children or ()), shown]
        else:
            top.append(shown)
        around.append((symbol, shown))
    return top


def information(symbol: Symbol, uri: str, text: Text, encoding: Encoding) -> types.SymbolInformation:
    """One symbol in a flat list: its name stands at the location."""
    container, _, name = symbol.name.rpartition(".")
    return types.SymbolInformation(
        location=types.Location(uri, to_editor_range(symbol.name_range, text, encoding)),
        name=name,
        kind=_kind(symbol),
        container_name=container or None,
    )


def call_item(symbol: Symbol, uri: str, text: Text, encoding: Encoding) -> types.CallHierarchyItem:
    """A definition that calls or is called; a call outside of every definition is the file's."""
    whole = to_editor_range(symbol.range, text, encoding)
    return types.CallHierarchyItem(
        name=symbol.name.rpartition(".")[2] or symbol.signature,
        kind=_kind(symbol),
        uri=uri,
        range=whole,
        selection_range=_within(to_editor_range(symbol.name_range, text, encoding), whole),
        detail=symbol.name.rpartition(".")[0] or symbol.path,
    )


def _document_symbol(symbol: Symbol, text: Text, encoding: Encoding) -> types.DocumentSymbol:
    whole = to_editor_range(symbol.range, text, encoding)
    return types.DocumentSymbol(
        name=symbol.name.rpartition(".")[2] or symbol.name,
        kind=_kind(symbol),
        range=whole,
        selection_range=_within(to_editor_range(symbol.name_range, text, encoding), whole),
        detail=symbol.signature or None,
    )


def _within(inner: types.Range, outer: types.Range) -> types.Range:
    """An editor refuses an outline where a name is not within its definition."""
    return inner if outer.start <= inner.start and inner.end <= outer.end else types.Range(outer.start, outer.start)


def _holds(outer: Symbol, inner: Symbol) -> bool:
    return outer.range.start.as_tuple() <= inner.range.start.as_tuple() and (
        inner.range.end.as_tuple() <= outer.range.end.as_tuple()
    )


def _kind(symbol: Symbol) -> types.SymbolKind:
    return _KINDS.get(symbol.kind, types.SymbolKind.Variable)
