"""Mutations of comparisons: the wrong boundary, direction, kind of equality, or membership."""

import ast
from collections.abc import Iterator

from tercet_server.proposers.repair.code import COMPARISONS, Code, comparison
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.operators.places import gap_token
from tercet_server.proposers.repair.subject import Subject

_BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_DIRECTION = {
    "<": (">", ">="),
    "<=": (">=", ">"),
    ">": ("<", "<="),
    ">=": ("<=", "<"),
}
_NUMERIC = ("==", "<=", ">=", "!=")
_SAME = {("<", "<=", -1), (">", ">=", 1)}
"""Of whole numbers these are the comparison itself."""

_EQUALITY = {
    "==": ("!=", "is", "<=", ">=", "in", "<", ">"),
    "!=": ("==", "<", ">", "is not", "not in", "<=", ">="),
    "is": ("is not", "=="),
    "is not": ("is", "!="),
    "in": ("not in", "=="),
    "not in": ("in", "!="),
    "<": ("!=", "=="),
    ">": ("!=", "=="),
    "<=": ("==", "!="),
    ">=": ("==", "!="),
}
"""Likeliest first; what is in none of the tables follows in the order of `_COMMON`."""

_COMMON = ("==", "!=", "is", "is not", "<", ">", "in", "not in", "<=", ">=")


def comparisons(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Each operator of a comparison replaced by another, a similar one first."""
    if not isinstance(node, ast.Compare):
        return
    sides = [node.left, *node.comparators]
    for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
        symbol = COMPARISONS[type(operator)]
        span = gap_token(subject.module, left, right, symbol)
        if span is None:
            continue
        for new, kind, weight in _replacements(symbol):
            yield subject.module.span(*span, new, kind, weight)


def _replacements(symbol: str) -> Iterator[tuple[str, Operator, float]]:
    if symbol in _BOUNDARY:
        yield _BOUNDARY[symbol], Operator.COMPARISON_BOUNDARY, 1.0
    for new in _DIRECTION.get(symbol, ()):
        yield new, Operator.COMPARISON_DIRECTION, 1.0
    known = {symbol, _BOUNDARY.get(symbol), *_DIRECTION.get(symbol, ())}
    rest = (each for each in dict.fromkeys((*_EQUALITY[symbol], *_COMMON)) if each not in known)
    for rank, new in enumerate(rest):
        yield new, Operator.COMPARISON_EQUALITY, 1.0 / (1 + rank)


def shifted_comparisons(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Operator and number of a comparison changed at once: `n == 0` to `n <= 1`."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[ast.Constant(value=int() as value)]):
            own = COMPARISONS[type(operator)]
            if isinstance(value, bool) or own not in {*_NUMERIC, "<", ">"}:
                return
            for symbol in _NUMERIC:
                for number in (value - 1, value + 1):
                    if symbol != own and (own, symbol, number - value) not in _SAME:
                        shifted = comparison(subject.module.code(left), symbol, Code(str(number)))
                        yield subject.module.replace(node, shifted, Operator.COMPARISON_SHIFT)


def swapped_comparands(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """`a in b` for `b in a`; the order of other comparisons is a matter of direction."""
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn() as operator], comparators=[right]):
            module = subject.module
            swapped = comparison(module.code(right), COMPARISONS[type(operator)], module.code(node.left))
            yield module.replace(node, swapped, Operator.OPERAND_SWAP)


def chained_comparisons(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """One half of a chained comparison dropped: `a < b < c` to `a < b` and to `b < c`."""
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        module = subject.module
        codes = [module.code(each) for each in (node.left, *node.comparators)]
        symbols = [COMPARISONS[type(each)] for each in node.ops]
        yield module.replace(node, _chain(codes[1:], symbols[1:]), Operator.CONJUNCT_DROP)
        yield module.replace(node, _chain(codes[:-1], symbols[:-1]), Operator.CONJUNCT_DROP)


def _chain(codes: list[Code], symbols: list[str]) -> Code:
    chained = comparison(codes[0], symbols[0], codes[1])
    rest = zip(symbols[1:], codes[2:], strict=True)
    text = chained.text + "".join(f" {symbol} {code.within(chained.level + 1)}" for symbol, code in rest)
    return Code(text, chained.level)
