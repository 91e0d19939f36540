"""A parsed Python module: where each node stands in the text, what encloses it, and what may be mutated.

Positions of `ast` are lines from one and UTF-8 bytes; here everything is an offset in code points.
"""

import ast
import bisect
import re
from collections.abc import Iterator

from tercet_server.languages.quietly import without_warnings
from tercet_server.proposers.repair.code import LOOSE, Code, level_of, required_level
from tercet_server.proposers.repair.mutation import Mutation, Operator

Function = ast.FunctionDef | ast.AsyncFunctionDef

_LINE_END = re.compile(r"\r\n|\r|\n")


class Module:
    """Raises SyntaxError or ValueError for text that is not Python, RecursionError or MemoryError for absurd nesting."""

    def __init__(self, text: str) -> None:
        self.text = text
        with without_warnings():
            self.tree = ast.parse(text)
        self._line_starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self.newline = next((end.group() for end in _LINE_END.finditer(text)), "\n")
        self._parents: dict[ast.AST, ast.AST] = {}
        self._sealed: set[ast.AST] = set()
        for parent in ast.walk(self.tree):
            for child in ast.iter_child_nodes(parent):
                self._parents[child] = parent
        for node in ast.walk(self.tree):
            for part in _immutable_parts(node):
                self._sealed.update(ast.walk(part))

    # -- positions ----------------------------------------------------------------------------------------------

    def offset(self, lineno: int, col_offset: int) -> int:
        """Of a position as `ast` gives it."""
        start = self._line_starts[lineno - 1]
        end = self._line_starts[lineno] if lineno < len(self._line_starts) else len(self.text)
        line = self.text[start:end]
        return start + (col_offset if line.isascii() else len(line.encode()[:col_offset].decode("utf-8", "ignore")))

    def line_at(self, offset: int) -> int:
        """The line (from zero) in which `offset` stands."""
        return bisect.bisect_right(self._line_starts, offset) - 1

    def line_start(self, offset: int) -> int:
        return self._line_starts[self.line_at(offset)]

    def line_end(self, offset: int) -> int:
        """Where the line of `offset` ends, its line ending not counted."""
        end = _LINE_END.search(self.text, offset)
        return end.start() if end else len(self.text)

    def start(self, node: ast.expr | ast.stmt) -> int:
        """Where `node` begins, decorators included."""
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        if decorators:
            at = self.offset(decorators[0].lineno, decorators[0].col_offset)
            return self.text.rindex("@", 0, at)
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.end_lineno, node.end_col_offset)

    def source(self, node: ast.expr | ast.stmt) -> str:
        return self.text[self.start(node) : self.end(node)]

    def indentation(self, statement: ast.stmt) -> str:
        start = self.start(statement)
        return self.text[self.line_start(start) : start]

    def own_lines(self, statement: ast.stmt) -> bool:
        """Whether no other code shares the statement's lines (`a; b`, `if x: y`), so that lines can be moved."""
        start, end = self.start(statement), self.end(statement)
        before = self.text[self.line_start(start) : start]
        after = self.text[end : self.line_end(end)].strip()
        return not before.strip() and (not after or after.startswith("#"))

    # -- structure ----------------------------------------------------------------------------------------------

    def parent(self, node: ast.AST) -> ast.AST:
        return self._parents.get(node, self.tree)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self._parents:
            node = self._parents[node]
            yield node

    def mutable(self, node: ast.AST) -> bool:
        """Not inside an f-string (no exact positions), an annotation, a decorator or a docstring."""
        return node not in self._sealed

    def function_of(self, node: ast.AST) -> Function | None:
        """The innermost function whose body holds `node`."""
        return next((each for each in self.ancestors(node) if isinstance(each, Function)), None)

    def function_at(self, offset: int) -> Function | None:
        """The innermost function whose text holds `offset`."""
        functions = [each for each in ast.walk(self.tree) if isinstance(each, Function)]
        around = [each for each in functions if self.start(each) <= offset <= self.end(each)]
        return max(around, key=self.start, default=None)

    def statement_of(self, node: ast.AST) -> ast.stmt:
        while not isinstance(node, ast.stmt):
            node = self._parents[node]
        return node

    def siblings(self, statement: ast.stmt) -> list[ast.stmt]:
        """The block in which `statement` stands."""
        parent = self.parent(statement)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and statement in block:
                return block
        return [statement]

    def loop_of(self, node: ast.AST) -> ast.For | ast.AsyncFor | ast.While | None:
        """The innermost loop of the same function around `node`."""
        for each in self.ancestors(node):
            if isinstance(each, ast.For | ast.AsyncFor | ast.While):
                return each
            if isinstance(each, Function | ast.ClassDef | ast.Lambda):
                return None
        return None

    # -- composing ----------------------------------------------------------------------------------------------

    def code(self, node: ast.expr) -> Code:
        """The node's source for use anywhere: on one line, with its binding strength."""
        text = self.source(node)
        if "\n" in text or "\r" in text:
            text = ast.unparse(node)
            return Code(text, LOOSE if isinstance(node, ast.Tuple) else level_of(node))
        if isinstance(node, ast.Tuple):
            return Code(text if text.startswith("(") else f"({text})")
        if isinstance(node, ast.GeneratorExp) and not text.startswith("("):
            return Code(f"({text})")
        return Code(text, level_of(node))

    def replace(self, node: ast.expr, by: Code, operator: Operator, weight: float = 1.0) -> Mutation:
        """The mutation that puts `by` in the place of the expression `node`, in parentheses where they are needed."""
        start, end = self.start(node), self.end(node)
        if isinstance(node, ast.GeneratorExp) and self._lends_parentheses(node):
            start, end = start + 1, end - 1  # `f(x for x in y)`: its parentheses are the call's
        wrapped = self.text[:start].rstrip().endswith("(") and self.text[end : end + 20].lstrip().startswith(")")
        text = by.text if wrapped else by.within(required_level(node, self.parent(node)))
        return self.span(start, end, text, operator, weight)

    def _lends_parentheses(self, node: ast.GeneratorExp) -> bool:
        parent = self.parent(node)
        return isinstance(parent, ast.Call) and node in parent.args and self.end(parent) == self.end(node)

    def span(self, start: int, end: int, replacement: str, operator: Operator, weight: float = 1.0) -> Mutation:
        return Mutation(start, end, replacement, operator, self.line_at(start), weight)


def _immutable_parts(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.JoinedStr():
            yield from node.values
        case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
            yield annotation
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from node.decorator_list
            if node.returns is not None:
                yield node.returns
        case ast.ClassDef():
            yield from (*node.decorator_list, *node.bases)
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield from (each for each in node.body if _is_string(each))


def _is_string(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
