"""The outline of a text: its functions and classes, with their ranges."""

from dataclasses import dataclass

from tercet_shared.edits import Range
from tree_sitter import Node

from tercet_server.languages.catalogue import language_of
from tercet_server.languages.parsing import ParsedText, parse


@dataclass(frozen=True)
class Symbol:
    """A definition. `name` is dotted from the outermost one: `Shelf.find`."""

    name: str
    kind: str
    range: Range
    name_range: Range


def outline(path: str, text: str) -> list[Symbol]:
    """The definitions of a text in document order; none for an unknown language."""
    language = language_of(path)
    if language is None:
        return []
    parsed = parse(text, language)
    symbols = []
    pending: list[tuple[Node, str]] = [(parsed.root, "")]
    while pending:
        node, around = pending.pop()
        symbol = _symbol(parsed, node, around)
        if symbol is not None:
            symbols.append(symbol)
            around = f"{symbol.name}."
        pending.extend((child, around) for child in reversed(node.named_children))
    return symbols


def _symbol(parsed: ParsedText, node: Node, around: str) -> Symbol | None:
    kind = parsed.language.outline.get(node.type)
    name = node.child_by_field_name("name") if kind is not None else None
    if kind is None or name is None:
        return None
    return Symbol(
        name=around + parsed.source_of(name),
        kind="method" if kind == "function" and _is_member(node) else kind,
        range=parsed.range_of(node),
        name_range=parsed.range_of(name),
    )


def _is_member(node: Node) -> bool:
    around = node.parent
    while around is not None and around.type in {"block", "decorated_definition"}:
        around = around.parent
    return around is not None and "class" in around.type
