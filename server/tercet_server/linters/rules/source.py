"""A parsed Python text for rules: places of nodes, and edits that leave everything else as it is. Runs nothing."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tercet_server.linters.ruff import Place, RuffEdit, RuffFinding, RuffFix

_LINE_END = re.compile(r"\r\n|\r|\n")
_COMMA = re.compile(r"\s*,\s*")
_END_OF_ARGUMENTS = re.compile(r"\s*,?\s*")


@dataclass(frozen=True)
class Edit:
    """Replace `text[start:end]` (code points)."""

    start: int
    end: int
    new: str


class Source:
    """Raises what `ast.parse` raises."""

    def __init__(self, text: str, path: str = "") -> None:
        self.text = text
        self.path = path
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
            found.update(_bound_by(node))
        return found

    @cached_property
    def bound(self) -> set[str]:
        """Names that are bound by anything but an import: a variable, a parameter, a function or a class, but for methods."""
        found: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                if not isinstance(self.parents[node], ast.ClassDef):
                    found.add(node.name)
            elif isinstance(node, ast.ExceptHandler | ast.MatchAs) and node.name:
                found.add(node.name)
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

    def without_argument(self, call: ast.Call, argument: ast.expr | ast.keyword) -> list[Edit]:
        """Takes an argument out of a call, with the comma that belongs to it; [] where a comment or a parenthesis is near."""
        given = self._given(call)
        at = given.index(argument)
        if at > 0:
            before = self.end(given[at - 1])
            plain = _COMMA.fullmatch(self.text, before, self.start(argument))
            return [Edit(before, self.end(argument), "")] if plain else []
        start, end = self.start(argument), self.end(argument)
        after = self.start(given[1]) if len(given) > 1 else self.end(call) - 1
        plain = (_COMMA if len(given) > 1 else _END_OF_ARGUMENTS).fullmatch(self.text, end, after)
        return [Edit(start, after, "")] if plain else []

    def _given(self, call: ast.Call) -> list[ast.expr | ast.keyword]:
        """The arguments as they stand in the text."""
        given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        return sorted(given, key=self.start)

    def with_argument(self, call: ast.Call, new: str) -> list[Edit]:
        """Puts an argument behind the last one; [] where that one stands in parentheses."""
        given = self._given(call)
        at = self.end(given[-1]) if given else self.end(call) - 1
        behind = self.text[at : self.end(call) - 1]
        if at >= self.end(call) or ")" in re.sub("#.*", "", behind):
            return []
        return [Edit(at, at, f", {new}" if given else new)]

    def importing(self, use: ast.expr | ast.stmt, module: str, name: str = "") -> list[Edit] | None:
        """Imports a module, or a name of it, unless the module does before `use`: behind the docstring and `__future__`.

        None where the name means something else in the file, or where there is no line for it.
        """
        bound, meant = name or module, f"{module}.{name}" if name else module
        if bound in self.bound or self.names.get(bound, meant) != meant:
            return None
        if any(_bound_by(each).get(bound) == meant for each in self.tree.body if each.lineno < use.lineno):
            return []
        at = self._first_import()
        line = f"from {module} import {name}" if name else f"import {module}"
        return None if at is None else [Edit(at, at, line + self.newline)]

    def _first_import(self) -> int | None:
        """Before the first statement behind docstring and `__future__`; None if it stands in their line."""
        body = self.tree.body
        at = 1 if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else 0
        while at < len(body) and isinstance(future := body[at], ast.ImportFrom) and future.module == "__future__":
            at += 1
        if at == len(body):
            return None
        first = min([body[at].lineno, *(each.lineno for each in getattr(body[at], "decorator_list", ()))])
        last = (body[at - 1].end_lineno or body[at - 1].lineno) if at else 0
        if first <= last:
            return None
        is_import = at == 0 or isinstance(body[at], ast.Import | ast.ImportFrom)
        return self._starts[first - 1] if is_import else self._starts[last]

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


def _bound_by(node: ast.AST) -> dict[str, str]:
    """What an import binds: name → full name. Nothing for other nodes and for relative imports."""
    if isinstance(node, ast.Import):
        tops = [(each.asname, each.name) for each in node.names]
        return {asname or name.partition(".")[0]: name if asname else name.partition(".")[0] for asname, name in tops}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {(each.asname or each.name): f"{node.module}.{each.name}" for each in node.names}
    return {}
