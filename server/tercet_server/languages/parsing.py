"""Parses text with the grammar of its language. Positions leave this package in code points."""

import re
from collections.abc import Iterator
from functools import cached_property

from tercet_shared.edits import Position, Range
from tree_sitter import Node, Parser, Query, Tree

from tercet_server.languages.budget import Budget
from tercet_server.languages.catalogue import Language, language_named
from tercet_server.languages.grammars import Loaded, load
from tercet_server.languages.positions import Positions

TEXT_CHARACTERS = 2_000_000
"""A longer text is not parsed: no person wrote it, and a parser must not hold a process for long."""

_SIGNS = re.compile(rb"[^0-9A-Za-z_\x80-\xff]{4000}")
_ANGLES = re.compile(rb"(?:<[^<>;(){}]{0,80}){300}")
_CHUNK_BYTES = 4096


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

    def wrong_nodes(self) -> Iterator[Node]:
        """What the grammar did not expect or missed, in document order."""
        pending = [self.root]
        while pending:
            node = pending.pop()
            if node.is_error or node.is_missing:
                yield node
            if node.has_error:
                pending.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)

    def _position(self, offset: int) -> Position:
        return Position(line=self.positions.line(offset), character=self.positions.character(offset))


def parse(text: str, language: Language) -> ParsedText | None:
    """None if the text is too long or too hard for the grammar, or there is none to be used (see `grammar_problem`).

    A text that the grammar finds wrong is tried with the language's dialect too; that of the two with fewer errors
    counts. CPU-bound, some 10 MB/s: call it in a thread for anything but a small text.
    """
    if len(text) > TEXT_CHARACTERS:
        return None
    data = text.encode("utf-8", "replace")
    if _is_noise(data):
        return None
    parsed = _parse(data, language, load(language))
    if parsed is None or language.dialect is None or not parsed.root.has_error:
        return parsed
    dialect = language_named(language.dialect)
    other = _parse(data, dialect, load(dialect))
    return other if other is not None and _errors(other) < _errors(parsed) else parsed


def _is_noise(data: bytes) -> bool:
    """Thousands of signs without a word, or hundreds of open angle brackets: no code, and more than a grammar can bear.

    Ambiguous brackets cost it time and memory, signs in a row cost a query time, that grow with the square of their number.
    """
    return _SIGNS.search(data) is not None or (data.count(b"<") >= 300 and _ANGLES.search(data) is not None)


def _parse(data: bytes, language: Language, loaded: Loaded) -> ParsedText | None:
    if loaded.grammar is None:
        return None
    try:
        tree = Parser(loaded.grammar).parse(
            lambda offset, _point: data[offset : offset + _CHUNK_BYTES], progress_callback=Budget().is_spent
        )
    except ValueError:  # the budget is spent
        return None
    return ParsedText(data, language, tree, loaded.query)


def _errors(parsed: ParsedText) -> int:
    return sum(1 for _ in parsed.wrong_nodes())
