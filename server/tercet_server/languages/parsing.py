"""Parses text with the grammar of its language. Positions leave this package in code points."""

import importlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

from tercet_shared.edits import Position, Range
from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser, Tree

from tercet_server.languages.catalogue import Language

_LINE_END = re.compile(rb"\r\n|\r|\n")


class ParsedText:
    """A text with its tree. Ranges are in code points, and lines end where the Language Server Protocol ends them."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.language = language
        self._data = text.encode("utf-8", "surrogatepass")
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(self._data))]
        self.tree: Tree = Parser(_grammar(language.grammar)).parse(self._data)

    @property
    def root(self) -> Node:
        return self.tree.root_node

    def range_of(self, node: Node) -> Range:
        return Range(start=self._position(node.start_byte), end=self._position(node.end_byte))

    def source_of(self, node: Node) -> str:
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def walk(self) -> Iterator[Node]:
        """Every node in document order, however deep the tree is."""
        pending = [self.root]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children))

    def _position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset) - 1
        before = self._data[self._starts[line] : offset]
        return Position(line=line, character=len(before.decode("utf-8", "surrogatepass")))


def parse(text: str, language: Language) -> ParsedText:
    """CPU-bound, about 10 MB/s: call it in a thread for anything but a small text."""
    return ParsedText(text, language)


@cache
def _grammar(module: str) -> Grammar:
    return Grammar(importlib.import_module(module).language())
