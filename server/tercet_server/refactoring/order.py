"""In which order the parts of one statement are evaluated, and what evaluating them may do. Pure.

The order is that of the language reference (section 6.16, "Evaluation order"). Assumed is that reading an attribute, an operator
and a format do nothing but give a value; every call, iteration and `await` may do anything, and so may reading an item (that of a
`defaultdict` is made by it).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from enum import IntEnum
from itertools import pairwise, takewhile

from tercet_server.refactoring.outcome import Refused
from tercet_server.refactoring.source import Source


class Effect(IntEnum):
    """What evaluating an expression may do, the most harmless first."""

    NONE = 0
    """Its value is the same at any time of the statement, and it cannot fail."""
    READS = 1
    """It reads what a call may change, or may fail."""
    ACTS = 2
    """It may do anything."""


_CONDITIONAL = "It is not always evaluated here, and a variable always would be."
_REPEATED = "It is evaluated again and again here, and a variable would be only once."
_OWN_SCOPE = "It belongs to a comprehension or lambda, which evaluates it by itself."
_ELSEWHERE = "It stands where a variable cannot be set just before."


def evaluated_before(source: Source, path: Sequence[ast.AST]) -> list[ast.AST]:
    """What is evaluated in the statement `path[0]` before the expression `path[-1]`; the nodes between lead to it.

    Raises Refused unless the expression is evaluated exactly once, in this very scope, whenever the statement is run.
    """
    before: list[ast.AST] = []
    for node, child in pairwise(path):
        children = _in_order(node)
        position = next((index for index, each in enumerate(children) if each is child), None)
        if position is None:
            raise Refused(_reason(node))
        before += _read_before(source, node, children[:position])
    return before


def effect(source: Source, node: ast.AST) -> Effect:
    """The strongest effect of anything in it."""
    match node:
        case ast.Name(ctx=ast.Load()):
            return Effect.READS if node.id in source.rebound else Effect.NONE
        case ast.Constant() | ast.Load() | ast.operator() | ast.unaryop() | ast.boolop() | ast.cmpop():
            return Effect.NONE
        case ast.Lambda() if not node.args.defaults and not node.args.kw_defaults:
            return Effect.NONE
        case ast.Tuple() | ast.List() | ast.Slice() | ast.keyword():
            own = Effect.NONE
        case (
            ast.Attribute() | ast.BinOp() | ast.UnaryOp() | ast.BoolOp() | ast.Compare() | ast.IfExp()
            | ast.JoinedStr() | ast.FormattedValue() | ast.Set()
        ):  # fmt: skip
            own = Effect.READS
        case ast.Dict() if None not in node.keys:
            own = Effect.READS
        case _:
            return Effect.ACTS
    return max([own, *(effect(source, each) for each in ast.iter_child_nodes(node))])


def may_move_before(source: Source, value: ast.expr, others: Sequence[ast.AST]) -> bool:
    """Whether it makes no difference that `value` is evaluated before the others instead of after."""
    if isinstance(value, ast.Constant):
        return True
    strongest = max((effect(source, each) for each in others), default=Effect.NONE)
    return strongest is Effect.NONE or (strongest is Effect.READS and effect(source, value) is not Effect.ACTS)


def _read_before(source: Source, node: ast.AST, parts: Sequence[ast.AST]) -> Sequence[ast.AST]:
    """The parts of a node as they are before the next one: the target of `+=` is read, and not yet set."""
    if isinstance(node, ast.AugAssign):
        return [ast.parse(ast.unparse(each), mode="eval").body for each in parts]
    return [each for each in parts if not _is_called_from_module(source, node, each)]


def _is_called_from_module(source: Source, node: ast.AST, part: ast.AST) -> bool:
    """Whether a part of a node is the `json.loads` of a call `json.loads(…)`: nobody replaces the functions of a module."""
    if not isinstance(node, ast.Call) or node.func is not part or not isinstance(part, ast.Attribute):
        return False
    module = ast.unparse(part.value)
    return module in source.modules and module.split(".")[0] not in source.rebound


def _reason(node: ast.AST) -> str:
    if isinstance(node, ast.BoolOp | ast.IfExp | ast.Compare | ast.Assert):
        return _CONDITIONAL
    if isinstance(node, ast.While):
        return _REPEATED
    if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.comprehension):
        return _OWN_SCOPE
    return _ELSEWHERE


def _in_order(node: ast.AST) -> Sequence[ast.AST]:
    """The parts that are always evaluated once, in their order, in the scope of the node."""
    if isinstance(node, ast.Dict):  # what comes after a `**` is left out: that reads a whole mapping
        pairs = takewhile(lambda pair: pair[0] is not None, zip(node.keys, node.values, strict=True))
        return [each for pair in pairs for each in pair if each is not None]
    if isinstance(node, ast.Call):
        keywords = list(takewhile(lambda each: each.arg is not None, node.keywords))
        return [node.func, *node.args, *keywords]
    if isinstance(node, ast.Compare):
        return [node.left, node.comparators[0]]
    if type(node) in _FIRST_OF:
        first: list[ast.AST] = getattr(node, _FIRST_OF[type(node)])
        return first[:1]
    values = (getattr(node, name) for name in _PARTS.get(type(node), ()))
    return [each for value in values for each in (value if isinstance(value, list) else [value]) if each is not None]


_PARTS: Mapping[type[ast.AST], Sequence[str]] = {
    ast.Expr: ("value",),
    ast.Return: ("value",),
    ast.Assign: ("value", "targets"),
    ast.AnnAssign: ("value",),
    ast.AugAssign: ("target", "value"),
    ast.Raise: ("exc", "cause"),
    ast.If: ("test",),
    ast.For: ("iter",),
    ast.AsyncFor: ("iter",),
    ast.Match: ("subject",),
    ast.withitem: ("context_expr",),
    ast.comprehension: ("iter",),
    ast.keyword: ("value",),
    ast.Attribute: ("value",),
    ast.Starred: ("value",),
    ast.Await: ("value",),
    ast.Subscript: ("value", "slice"),
    ast.Slice: ("lower", "upper", "step"),
    ast.BinOp: ("left", "right"),
    ast.UnaryOp: ("operand",),
    ast.IfExp: ("test",),
    ast.Tuple: ("elts",),
    ast.List: ("elts",),
    ast.Set: ("elts",),
}
"""The fields of a node that are evaluated whenever it is, in their order. (An `assert` is left out by `python -O`.)"""

_FIRST_OF: Mapping[type[ast.AST], str] = {
    ast.With: "items",
    ast.AsyncWith: "items",
    ast.BoolOp: "values",
    ast.ListComp: "generators",
    ast.SetComp: "generators",
    ast.DictComp: "generators",
    ast.GeneratorExp: "generators",
}
"""The field of which only the first part is sure to be evaluated, and that at once."""
