"""Where an edit may go: whole lines, and nothing that must stay where it is. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from itertools import pairwise

from tercet_server.refactoring.outcome import Refused
from tercet_server.refactoring.selection import Selection
from tercet_server.refactoring.source import FUNCTIONS, Function, Source, Span

_INSPECTING = frozenset({"locals", "vars", "dir", "eval", "exec"})
"""Builtins that see all local variables."""

_QUERYING = frozenset({"eval", "query"})
"""Methods that see them too, where their text has an `@`: those of tables in pandas."""

_LISTS_GLOBALS = re.compile(r"\bglobals\s*\(|\b(?:dir|vars|locals)\s*\(\s*\)")

_TYPE_ALIAS = getattr(ast, "TypeAlias", ast.Delete)  # from Python 3.12 on
_HEADERS = (*FUNCTIONS, _TYPE_ALIAS, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Delete)
_COMMENT_AT_END = re.compile(r"[^\S\r\n]*(#[^\r\n]*)?")


def line_of(source: Source, statement: ast.stmt) -> tuple[int, str]:
    """Where the statement's first line starts, and its indentation. Raises Refused if it shares that line."""
    start, _ = source.span(statement)
    indent = source.indent(start)
    if indent is None:
        raise Refused("Its statement shares a line with another one.")
    if isinstance(statement, ast.If) and source.text.startswith("elif", start):
        raise Refused("It is the condition of an `elif`: nothing can be set just before.")
    return source.line_start(start), indent


def end_of_lines(source: Source, statement: ast.stmt, *, with_comment: bool) -> int:
    """Where the line after the statement starts. Raises Refused if anything, a comment perhaps excepted, follows in its line."""
    _, end = source.span(statement)
    rest = source.text[end : source.line_end(end)]
    found = _COMMENT_AT_END.fullmatch(rest)
    if found is None:
        raise Refused("Its statement shares a line with another one.")
    if found[1] and not with_comment:
        raise Refused("The comment behind the statement would be lost.")
    return source.next_line(end)


def outermost(selected: Selection) -> ast.stmt:
    """The outermost function around what is selected, or its statement at the top of the file."""
    nodes = (each for each in selected.path if isinstance(each, FUNCTIONS))
    found = next(nodes, selected.path[1])
    assert isinstance(found, ast.stmt)
    return found


def stretch_of(selected: Selection) -> Span:
    """The lines of that."""
    start, end = selected.source.whole_span(outermost(selected))
    return selected.source.line_start(start), selected.source.next_line(end)


def function_around(selected: Selection) -> Function | None:
    scope = selected.scope
    return scope if isinstance(scope, FUNCTIONS) else None


def refuse_unmovable(value: ast.expr, path: Sequence[ast.AST]) -> None:
    """Raises Refused for an expression that is none by itself, or that must be evaluated where it stands."""
    if not isinstance(getattr(value, "ctx", ast.Load()), ast.Load) or isinstance(value, ast.Starred | ast.Slice):
        raise Refused("This is no value by itself.")
    if isinstance(path[0], _HEADERS) or any(isinstance(each, ast.pattern | ast.arg) for each in path):
        raise Refused("It belongs to a definition, an import or a pattern.")
    for node, child in pairwise(path):
        if isinstance(node, ast.AnnAssign) and child is node.annotation:
            raise Refused("It is an annotation.")
    if any(isinstance(each, ast.Yield | ast.YieldFrom | ast.NamedExpr) for each in ast.walk(value)):
        raise Refused("It contains a `yield` or an assignment.")


def refuse_inspection(selected: Selection) -> None:
    """Raises Refused where the function (or the file's top level) looks at its own variables by name."""
    function = function_around(selected)
    where: ast.AST = selected.path[1] if function is None else function
    if any(_inspects(each) for each in ast.walk(where)):
        raise Refused("The code around it looks at all of its variables (`locals`, `eval`, …).")


def refuse_listed_globals(source: Source) -> None:
    """Raises Refused for one more name at the top of a file that may go through all of them."""
    if _LISTS_GLOBALS.search(source.text):
        raise Refused("The file looks at all of its names (`globals`, `dir`, …).")


def _inspects(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _QUERYING:
        texts = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
        return any(isinstance(each, str) and "@" in each for each in texts)
    return isinstance(node, ast.Name) and node.id in _INSPECTING
