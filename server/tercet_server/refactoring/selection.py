"""What the user selected: one whole expression, whole statements of one block, a name, or none of these. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tercet_server.refactoring.source import FUNCTIONS, Function, Source, Span

_EDGE = re.compile(r"(?:\s|#[^\r\n]*)*")
"""White space and comments."""


@dataclass(frozen=True)
class Selection:
    """`path` leads from the module to what is selected: an expression, or the owner of the block of `statements`."""

    source: Source
    span: Span
    path: tuple[ast.AST, ...]
    statements: tuple[ast.stmt, ...] = ()
    block: tuple[ast.stmt, ...] = ()
    """The whole list that the statements are of."""

    @property
    def is_empty(self) -> bool:
        return self.span[0] == self.span[1]

    @property
    def expression(self) -> ast.expr | None:
        node = self.path[-1]
        return (
            node if not self.statements and isinstance(node, ast.expr) and self.span == self.source.span(node) else None
        )

    @property
    def statement_path(self) -> Sequence[ast.AST]:
        """From the innermost statement to what is selected."""
        return self.path[self._index(ast.stmt) :]

    @property
    def scope(self) -> Function | ast.ClassDef | ast.Module:
        """Whose names the innermost statement (or the statements) sees as its own."""
        above = self.path if self.statements else self.path[: max(1, self._index(ast.stmt))]
        scopes = (each for each in reversed(above) if isinstance(each, (*FUNCTIONS, ast.ClassDef, ast.Module)))
        return next(scopes)

    def _index(self, kind: type[ast.AST]) -> int:
        return next((index for index in range(len(self.path) - 1, -1, -1) if isinstance(self.path[index], kind)), 0)


def selection(source: Source, start: int, end: int) -> Selection:
    """What a range (offsets, in order) means, after white space and brackets around it are left away."""
    span = _stripped(source.text, (start, end))
    path = source.path(span)
    if span[0] == span[1]:
        return Selection(source, span, tuple(path))
    return _expression(source, span, path) or _statements(source, span, path) or Selection(source, span, tuple(path))


def block_of(path: Sequence[ast.AST], statement: ast.stmt) -> list[ast.stmt]:
    """The list of statements, of a node of the path, that holds this one."""
    for node in reversed(path):
        for block in blocks(node):
            if any(each is statement for each in block):
                return block
    raise LookupError(statement)


def blocks(node: ast.AST) -> list[list[ast.stmt]]:
    """The lists of statements that a node owns itself."""
    lists = (getattr(node, name, None) for name in ("body", "orelse", "finalbody"))
    return [each for each in lists if isinstance(each, list) and each]


def _expression(source: Source, span: Span, path: Sequence[ast.AST]) -> Selection | None:
    while True:
        for index, node in enumerate(path):
            if isinstance(node, ast.expr) and source.span(node) == span:
                return Selection(source, span, tuple(path[: index + 1]))
        if source.text[span[0]] != "(" or source.text[span[1] - 1] != ")" or span[1] - span[0] < 3:
            return None
        span = _stripped(source.text, (span[0] + 1, span[1] - 1))
        path = source.path(span)
        if span[0] == span[1]:
            return None


def _statements(source: Source, span: Span, path: Sequence[ast.AST]) -> Selection | None:
    """The statements that the range holds whole, with comments around them at most."""
    for index in range(len(path) - 1, -1, -1):
        for block in blocks(path[index]):
            spans = [source.whole_span(each) for each in block]
            held = [number for number, (start, end) in enumerate(spans) if span[0] <= start and end <= span[1]]
            if held and _is_all(source.text, span, (spans[held[0]][0], spans[held[-1]][1])):
                chosen = tuple(block[held[0] : held[-1] + 1])
                return Selection(source, span, tuple(path[: index + 1]), chosen, tuple(block))
    return None


def _is_all(text: str, span: Span, inner: Span) -> bool:
    edges = text[span[0] : inner[0]], text[inner[1] : span[1]]
    return all(_EDGE.fullmatch(edge) for edge in edges)


def _stripped(text: str, span: Span) -> Span:
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
