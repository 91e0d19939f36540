"""Parses text with the grammar of its language. Positions leave this package in code points."""

from collections.abc import Iterator
from functools import cached_property

from tercet_shared.edits import Position, Range
from tree_sitter import Node, Parser, Query, Tree

from tercet_server.languages.catalogue import Language, language_named
from tercet_server.languages.grammars import Loaded, load
from tercet_server.languages.positions import Positions

TEXT_CHARACTERS = 2_000_000
"""A longer text is not parsed: no person wrote it, and a parser must not hold a process for long."""


class ParsedText:
    """A text with its tree. Ranges are in code points, and lines end where the Language Server Protocol ends them."""

    def __init__(self, data: bytes, language: Language, tree: Tree, query: Query | None) -> None:
        self.data = data
        self.language = language
        self.tree = tree
        self.query = query

    @property
    def root(self) -> Node:
        return self.tree.root_node

    @cached_property
    def positions(self) -> Positions:
        return Positions(self.data)

    def range_of(self, start: int, end: int) -> Range:
        """The range between two offsets of bytes."""
        return Range(start=self._position(start), end=self._position(end))

    def source(self, start: int, end: int) -> str:
        """The text between two offsets of bytes."""
        return self.data[start:end].decode("utf-8", "replace")

    def walk(self) -> Iterator[Node]:
        """Every node in document order, however deep the tree is."""
        cursor = self.tree.walk()
        while True:
            if cursor.node is not None:
                yield cursor.node
            if cursor.goto_first_child() or cursor.goto_next_sibling():
                continue
            while cursor.goto_parent():
                if cursor.goto_next_sibling():
                    break
            else:
                return

    def _position(self, offset: int) -> Position:
        return Position(line=self.positions.line(offset), character=self.positions.character(offset))


def parse(text: str, language: Language) -> ParsedText | None:
    """None if the text is too long or the grammar cannot be used (`grammar_problem` says why).

    A text that the grammar finds wrong is tried with the language's dialect too; that of the two with fewer errors
    counts. CPU-bound, some 10 MB/s: call it in a thread for anything but a small text.
    """
    if len(text) > TEXT_CHARACTERS:
        return None
    data = text.encode("utf-8", "replace")
    parsed = _parse(data, language, load(language))
    if parsed is None or language.dialect is None or not parsed.root.has_error:
        return parsed
    dialect = language_named(language.dialect)
    other = _parse(data, dialect, load(dialect))
    return other if other is not None and _errors(other) < _errors(parsed) else parsed


def _parse(data: bytes, language: Language, loaded: Loaded) -> ParsedText | None:
    if loaded.grammar is None:
        return None
    return ParsedText(data, language, Parser(loaded.grammar).parse(data), loaded.query)


def _errors(parsed: ParsedText) -> int:
    return sum(1 for node in parsed.walk() if node.is_error or node.is_missing) if parsed.root.has_error else 0
