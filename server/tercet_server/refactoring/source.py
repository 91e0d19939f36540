"""One Python text with its syntax tree: where nodes stand in it, what contains a range, which line is whose. Pure."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from tercet_shared.edits import Position

from tercet_server.languages.quietly import without_warnings

_LINE_END = re.compile(r"\r\n|\r|\n")
_STACKS = re.compile(r"\b(_getframe|currentframe|stacklevel|extract_stack|format_stack|print_stack)\b|\.stack\(")
_DECLARED = re.compile(r"\b(?:global|nonlocal)\b((?:[^\S\r\n]|\\\r?\n|[\w,])+)")

Span = tuple[int, int]
"""Where something starts and ends in the text, in code points."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A text that is whole, correct Python."""

    text: str
    tree: ast.Module

    @classmethod
    def of(cls, text: str) -> Source:
        """Raises SyntaxError, ValueError, RecursionError or MemoryError for what is none."""
        with without_warnings():
            return cls(text, ast.parse(text))

    # -- positions ----------------------------------------------------------------------------------------------------

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line starts."""
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    def offset(self, line: int, character: int) -> int:
        """The place of a position; beyond a line its end, beyond the text the text's."""
        if line >= len(self._starts):
            return len(self.text)
        return min(self._starts[line] + character, self.line_end(self._starts[line]))

    def position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset) - 1
        return Position(line=line, character=offset - self._starts[line])

    def line_start(self, offset: int) -> int:
        return self._starts[bisect_right(self._starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Before the line's end mark."""
        mark = _LINE_END.search(self.text, offset)
        return mark.start() if mark else len(self.text)

    def next_line(self, offset: int) -> int:
        """Behind the line's end mark."""
        mark = _LINE_END.search(self.text, offset)
        return mark.end() if mark else len(self.text)

    def indent(self, offset: int) -> str | None:
        """The white space before a place; None if something else stands before it in its line."""
        before = self.text[self.line_start(offset) : offset]
        return before if not before.strip(" \t\f") else None

    @cached_property
    def newline(self) -> str:
        mark = _LINE_END.search(self.text)
        return mark[0] if mark else "\n"

    # -- nodes ----------------------------------------------------------------------------------------------------------

    def span(self, node: ast.AST) -> Span:
        """Of a node that has a place in the text."""
        first, start, last, end = (
            getattr(node, each) for each in ("lineno", "col_offset", "end_lineno", "end_col_offset")
        )
        return self._place(first, start), self._place(last, end)

    def whole_span(self, statement: ast.stmt) -> Span:
        """With its decorators, from the `@` on."""
        start, end = self.span(statement)
        decorators = getattr(statement, "decorator_list", [])
        return (self.text.rindex("@", 0, self.span(decorators[0])[0]) if decorators else start), end

    def code(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def path(self, span: Span) -> list[ast.AST]:
        """The module and every node that contains the range, from the outside in; f-strings are not looked into."""
        path: list[ast.AST] = [self.tree]
        while (below := self._containing(path[-1], span)) is not None:
            path += below
        return path

    def _containing(self, node: ast.AST, span: Span) -> list[ast.AST] | None:
        """The child that contains the range, after those without a place of their own that lead to it."""
        if isinstance(node, ast.JoinedStr):  # the places of what is inside are wrong before Python 3.12
            return None
        for child in ast.iter_child_nodes(node):
            if hasattr(child, "lineno"):
                start, end = self.whole_span(child) if isinstance(child, ast.stmt) else self.span(child)
                if start <= span[0] and span[1] <= end:
                    return [child]
            elif (below := self._containing(child, span)) is not None:
                return [child, *below]
        return None

    @cached_property
    def rebound(self) -> frozenset[str]:
        """Names that some function declares as global or nonlocal: a call may set them anew."""
        return frozenset(name for found in _DECLARED.finditer(self.text) for name in re.findall(r"\w+", found[1]))

    @cached_property
    def modules(self) -> frozenset[str]:
        """Modules as the code calls them, by what `import` at the top of the file says: `import os.path` has `os` and `os.path`.

        Without those whose name is something else's, too.
        """
        imports = (each for each in self.tree.body if isinstance(each, ast.Import))
        names = [name.asname or name.name for each in imports for name in each.names]
        known = {name[: dot.start()] for name in names for dot in re.finditer(r"\.|$", name)}
        known |= {"os.path"} if "os" in known else set()
        return frozenset(each for each in known if each.split(".")[0] not in self._other_names)

    @cached_property
    def _other_names(self) -> frozenset[str]:
        """What anything but an import binds, wherever."""
        nodes = [each for each in ast.walk(self.tree) if not isinstance(each, ast.alias)]
        found: set[object] = {
            each.id for each in nodes if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
        }
        for each in nodes:
            found |= {getattr(each, "name", None), getattr(each, "arg", None)}
        return frozenset(each for each in found if isinstance(each, str))

    @cached_property
    def stack_readers(self) -> frozenset[str]:
        """The names of the file's functions that look at who calls them, by themselves or through one another."""
        found: frozenset[str] = frozenset()
        if _STACKS.search(self.text) is None:
            return found
        functions = [each for each in ast.walk(self.tree) if isinstance(each, FUNCTIONS)]
        codes = [(each.name, self.code(each)) for each in functions]
        while True:
            more = frozenset(name for name, code in codes if reads_stack(code, found))
            if more <= found:
                return found
            found |= more

    def mentions(self, name: str) -> bool:
        return re.search(rf"\b{re.escape(name)}\b", self.text) is not None

    def _place(self, line: int, column: int) -> int:
        """`line` from one, `column` in bytes of UTF-8, as CPython counts."""
        start = self._starts[line - 1]
        head = self.text[start : start + column]
        if head.isascii():
            return start + len(head)
        return start + len(head.encode()[:column].decode("utf-8", "ignore"))


def reads_stack(code: str, readers: frozenset[str]) -> bool:
    """Whether code looks at the stack of calls, itself or by mentioning one of the functions that do."""
    return _STACKS.search(code) is not None or not readers.isdisjoint(re.findall(r"\w+", code))
