"""Plants faults: small wrong changes of Python functions, from operators of its own. Runs nothing.

Written without the repair's operators in sight and importing none of them, so that what is planted says nothing of what the
search can do: some faults (a string emptied, an argument dropped, a statement deleted) have no small inverse.
"""

import ast
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self, TypeVar

T = TypeVar("T", bound=ast.AST)
Replaced = tuple[ast.expr | ast.stmt, ast.expr | ast.stmt]
"""A node and what stands in its place."""

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.stmt)

_COMPARISONS: tuple[tuple[type[ast.cmpop], ...], ...] = (
    (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq),
    (ast.Is, ast.IsNot),
    (ast.In, ast.NotIn),
)
_ARITHMETIC: tuple[tuple[type[ast.operator], ...], ...] = (
    (ast.Add, ast.Sub),
    (ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
    (ast.BitAnd, ast.BitOr, ast.BitXor),
    (ast.LShift, ast.RShift),
)


@dataclass(frozen=True)
class Fault:
    """Characters `start` to `end` of a file replaced."""

    path: str
    operator: str
    line: int
    """From one."""
    start: int
    end: int
    replacement: str

    def apply(self, text: str) -> str:
        return text[: self.start] + self.replacement + text[self.end :]


@dataclass(frozen=True)
class Site:
    """A place of a file where an operator can plant its fault."""

    path: str
    operator: str
    node: ast.expr | ast.stmt
    replacement: ast.expr | ast.stmt

    def fault(self, text: str) -> Fault | None:
        """None if the file would not compile, or would mean the same."""
        start, end = _span(text, self.node)
        written = ast.unparse(ast.fix_missing_locations(self.replacement))
        if not isinstance(self.replacement, _ATOMS) and not _plain(self.replacement):
            written = f"({written})"
        fault = Fault(self.path, self.operator, self.node.lineno, start, end, written)
        changed = fault.apply(text)
        return None if not compiles(changed) or same_tree(changed, text) else fault


@dataclass(frozen=True)
class Sites:
    """All sites of a project's files by operator."""

    texts: Mapping[str, str]
    by_operator: Mapping[str, list[Site]]

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Self:
        found: dict[str, list[Site]] = defaultdict(list)
        for path, text in sorted(texts.items()):
            for site in sites(path, text):
                found[site.operator].append(site)
        return cls(texts, dict(sorted(found.items())))

    def draw(self, chance: random.Random) -> Iterator[Fault]:
        """Faults without end: the operator is drawn first, so that common ones do not crowd out the rest."""
        while self.by_operator:
            site = chance.choice(self.by_operator[chance.choice(list(self.by_operator))])
            if fault := site.fault(self.texts[site.path]):
                yield fault


def sites(path: str, text: str) -> Iterator[Site]:
    """Everything that could be planted into the functions of a file."""
    for function in _functions(ast.parse(text)):
        names = _locals(function)
        for node in _inside(function):
            for operator, change in _OPERATORS.items():
                for old, new in change(node):
                    yield Site(path, operator, old, new)
            for other in _other_names(node, names):
                yield Site(path, "wrong_name", other[0], other[1])


def same_tree(one: str, other: str) -> bool:
    """Whether two texts have the same syntax tree: layout and comments do not count."""
    return one == other or ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


def compiles(text: str) -> bool:
    try:
        compile(text, "fault", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


# -- places -----------------------------------------------------------------------------------------------------------


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Those of modules and classes; what is nested in a function belongs to it."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, _Function):
            yield child
        else:
            yield from _functions(child)


def _inside(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Defaults and body, without annotations, docstrings and f-strings (whose parts have no places in Python 3.11)."""
    for each in (*function.args.defaults, *function.args.kw_defaults, *function.body):
        if each is not None:
            yield from _below(each)


def _below(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    if isinstance(node, _Function):
        yield from _inside(node)
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name != "annotation":
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _below(child)


def _span(text: str, node: ast.expr | ast.stmt) -> tuple[int, int]:
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return offset(node.lineno, node.col_offset), offset(end_line, end_column)


def _plain(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, int | float | complex)


# -- operators --------------------------------------------------------------------------------------------------------


def _comparison(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _others(node.ops[0], _COMPARISONS):
            yield node, ast.Compare(node.left, [other], node.comparators)


def _arithmetic(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.BinOp):
        for other in _others(node.op, _ARITHMETIC):
            yield node, ast.BinOp(node.left, other, node.right)


def _augmented(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.AugAssign):
        for other in _others(node.op, _ARITHMETIC):
            yield node, ast.AugAssign(node.target, other, node.value)


def _boolean(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.BoolOp):
        yield node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _condition_dropped(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.BoolOp):
        for number in range(len(node.values)):
            rest = [*node.values[:number], *node.values[number + 1 :]]
            yield node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _condition_negated(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield node.test, ast.UnaryOp(ast.Not(), node.test)


def _unary_dropped(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.UnaryOp):
        yield node, node.operand


def _number(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield node, ast.Constant(node.value + 1)
        yield node, ast.Constant(node.value - 1)


def _truth(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, ast.Constant(not node.value)


def _string_emptied(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node, ast.Constant("")


def _nothing_returned(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.Return) and node.value is not None:
        yield node, ast.Return(None)


def _statement_deleted(node: ast.AST) -> Iterator[Replaced]:
    acts = isinstance(node, ast.AugAssign | ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )
    if acts or (isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple)):
        assert isinstance(node, ast.stmt)
        yield node, ast.Pass()


def _arguments_swapped(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.Call):
        for number in range(len(node.args) - 1):
            swapped = [*node.args[:number], node.args[number + 1], node.args[number], *node.args[number + 2 :]]
            yield node, ast.Call(node.func, swapped, node.keywords)


def _argument_dropped(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.Call) and node.keywords:
        yield node, ast.Call(node.func, node.args, node.keywords[:-1])
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        yield node, ast.Call(node.func, node.args[:-1], [])


def _call_unwrapped(node: ast.AST) -> Iterator[Replaced]:
    if (
        isinstance(node, ast.Call)
        and len(node.args) == 1
        and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp)
    ):
        yield node, node.args[0]


def _bound_dropped(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        part = node.slice
        for shorter in (ast.Slice(None, part.upper, part.step), ast.Slice(part.lower, None, part.step)):
            yield node, ast.Subscript(node.value, shorter, node.ctx)


def _jump(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.Break):
        yield node, ast.Continue()
    elif isinstance(node, ast.Continue):
        yield node, ast.Break()


def _branches_swapped(node: ast.AST) -> Iterator[Replaced]:
    if isinstance(node, ast.IfExp):
        yield node, ast.IfExp(node.test, node.orelse, node.body)


def _other_names(node: ast.AST, names: list[str]) -> Iterator[Replaced]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        for other in names:
            if other != node.id:
                yield node, ast.Name(other, ast.Load())


def _locals(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Parameters and assigned names."""
    stored = {each.id for each in ast.walk(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    return sorted(stored | {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)})


def _others(operator: T, families: tuple[tuple[type[T], ...], ...]) -> Iterator[T]:
    for family in families:
        if type(operator) in family:
            yield from (each() for each in family if each is not type(operator))


_OPERATORS: dict[str, Callable[[ast.AST], Iterator[Replaced]]] = {
    "comparison": _comparison,
    "arithmetic": _arithmetic,
    "augmented": _augmented,
    "boolean": _boolean,
    "condition_dropped": _condition_dropped,
    "condition_negated": _condition_negated,
    "unary_dropped": _unary_dropped,
    "number": _number,
    "truth": _truth,
    "string_emptied": _string_emptied,
    "nothing_returned": _nothing_returned,
    "statement_deleted": _statement_deleted,
    "arguments_swapped": _arguments_swapped,
    "argument_dropped": _argument_dropped,
    "call_unwrapped": _call_unwrapped,
    "bound_dropped": _bound_dropped,
    "jump": _jump,
    "branches_swapped": _branches_swapped,
}
