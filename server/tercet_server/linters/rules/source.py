"""A parsed Python text for rules: places of nodes, and edits that leave everything else as it is. Runs nothing."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tercet_server.linters.ruff import Place, RuffEdit, RuffFinding, RuffFix

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Edit:
    """Replace `text[start:end]` (code points)."""

    start: int
    end: int
    new: str


class Source:
    """Raises what `ast.parse` raises."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        ends = list(_LINE_END.finditer(text))
        self._starts = [0, *(each.end() for each in ends)]
        self.newline = ends[0].group() if ends else "\n"

    # -- structure

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: parent for parent in self.nodes for child in ast.iter_child_nodes(parent)}

    @cached_property
    def names(self) -> dict[str, str]:
        """What a name means that an import binds: `np` → "numpy", `run` → "subprocess.run"."""
        found: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found.update({(each.asname or each.name.partition(".")[0]): each.name for each in node.names})
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.update({(each.asname or each.name): f"{node.module}.{each.name}" for each in node.names})
        return found

    def called(self, node: ast.AST) -> str:
        """The full name of what is called: "yaml.load"; "" where no import says."""
        return self.full_name(node.func) if isinstance(node, ast.Call) else ""

    def full_name(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self.names.get(node.id, "")
        if isinstance(node, ast.Attribute):
            before = self.full_name(node.value)
            return f"{before}.{node.attr}" if before else ""
        return ""

    def calls(self) -> Iterator[ast.Call]:
        yield from (each for each in self.nodes if isinstance(each, ast.Call))

    def statement(self, node: ast.AST) -> ast.stmt:
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def function(self, node: ast.AST) -> ast.AST | None:
        """The innermost function around."""
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                return node
        return None

    # -- places

    def offset(self, lineno: int, column: int) -> int:
        start = self._starts[lineno - 1]
        end = self._starts[lineno] if lineno < len(self._starts) else len(self.text)
        line = self.text[start:end]
        return start + (column if line.isascii() else len(line.encode()[:column].decode("utf-8", "ignore")))

    def start(self, node: ast.expr | ast.stmt | ast.keyword | ast.excepthandler | ast.arg) -> int:
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.keyword | ast.excepthandler | ast.arg) -> int:
        return self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def of(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        return self.text[self.start(node) : self.end(node)]

    def place(self, offset: int) -> Place:
        line = max(number for number, start in enumerate(self._starts, 1) if start <= offset)
        return Place(row=line, column=offset - self._starts[line - 1] + 1)

    def line(self, lineno: int) -> str:
        end = self._starts[lineno] if lineno < len(self._starts) else len(self.text)
        return self.text[self._starts[lineno - 1] : end]

    def indentation(self, statement: ast.stmt) -> str | None:
        """Before the statement in its line; None if other code stands there."""
        start = self.start(statement)
        before = self.text[self._starts[statement.lineno - 1] : start]
        return before if not before.strip() else None

    # -- edits

    def replace(self, node: ast.expr | ast.stmt | ast.keyword, new: str) -> Edit:
        return Edit(self.start(node), self.end(node), new)

    def without_argument(self, call: ast.Call, argument: ast.expr | ast.keyword) -> Edit:
        """Takes an argument out of a call, with the comma that belongs to it."""
        given = self._given(call)
        at = given.index(argument)
        if at > 0:
            return Edit(self.end(given[at - 1]), self.end(argument), "")
        if len(given) > 1:
            return Edit(self.start(argument), self.start(given[1]), "")
        return Edit(self.start(argument), self.end(argument), "")

    def _given(self, call: ast.Call) -> list[ast.expr | ast.keyword]:
        """The arguments as they stand in the text."""
        given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        return sorted(given, key=self.start)

    def with_argument(self, call: ast.Call, new: str) -> Edit:
        """Puts an argument behind the last one."""
        given = self._given(call)
        if given:
            return Edit(self.end(given[-1]), self.end(given[-1]), f", {new}")
        return Edit(self.end(call) - 1, self.end(call) - 1, new)

    def importing(self, module: str, name: str = "") -> list[Edit]:
        """Imports a module, or a name of it, unless it is imported: behind the docstring and `__future__`."""
        bound = name or module
        if self.names.get(bound) == (f"{module}.{name}" if name else module):
            return []
        line = f"from {module} import {name}" if name else f"import {module}"
        return [Edit(self._first_import(), self._first_import(), line + self.newline)]

    def _first_import(self) -> int:
        body = self.tree.body
        at = 1 if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else 0
        while at < len(body) and isinstance(future := body[at], ast.ImportFrom) and future.module == "__future__":
            at += 1
        if at < len(body) and isinstance(body[at], ast.Import | ast.ImportFrom):
            return self._starts[body[at].lineno - 1]
        if at == 0:
            return self._starts[body[0].lineno - 1] if body else 0
        last = body[at - 1].end_lineno or body[at - 1].lineno
        return self._starts[last] if last < len(self._starts) else len(self.text)

    # -- findings

    def finding(
        self, code: str, node: ast.expr | ast.stmt | ast.excepthandler | ast.arg, message: str, title: str = "",
        edits: Sequence[Edit] = (),
    ) -> RuffFinding:  # fmt: skip
        """In the shape in which ruff tells its own; `edits` are its fix, which may change behaviour."""
        written = [
            RuffEdit(content=each.new, location=self.place(each.start), end_location=self.place(each.end))
            for each in sorted(edits, key=lambda edit: (edit.start, edit.end))
        ]
        fix = RuffFix(applicability="unsafe", message=title, edits=written) if written else None
        start, end = self.place(self.start(node)), self.place(self.end(node))
        return RuffFinding(code=code, message=message, location=start, end_location=end, fix=fix)
