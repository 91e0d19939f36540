"""Pieces of Python source with their binding strength, so that composing them puts in exactly the parentheses needed.

The levels are those of the language reference, section 6.17 "Operator precedence".
"""

import ast
from dataclasses import dataclass

LOOSE, OR, AND, NOT, COMPARISON, STARRED, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, TERM, SIGN, POWER, AWAITED, ATOM = (
    range(16)
)

_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", TERM),
    ast.Div: ("/", TERM),
    ast.FloorDiv: ("//", TERM),
    ast.Mod: ("%", TERM),
    ast.MatMult: ("@", TERM),
    ast.Pow: ("**", POWER),
    ast.BitOr: ("|", BIT_OR),
    ast.BitXor: ("^", BIT_XOR),
    ast.BitAnd: ("&", BIT_AND),
    ast.LShift: ("<<", SHIFT),
    ast.RShift: (">>", SHIFT),
}

_LEVELS = dict(_BINARY.values())

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


@dataclass(frozen=True, slots=True)
class Code:
    """An expression's source on one line and how strongly its outermost operator binds."""

    text: str
    level: int = ATOM

    def within(self, required: int) -> str:
        """The text for a place that needs at least the level `required`."""
        return self.text if self.level >= required else f"({self.text})"


def symbol(operator: ast.operator) -> str:
    return _BINARY[type(operator)][0]


def binary(left: Code, operator: str, right: Code) -> Code:
    """`left operator right` for an arithmetic or bitwise operator (grouping to the left; `**` to the right)."""
    level = _LEVELS[operator]
    if operator == "**":
        return Code(f"{left.within(AWAITED)} ** {right.within(SIGN)}", level)
    return Code(f"{left.within(level)} {operator} {right.within(level + 1)}", level)


def comparison(left: Code, operator: str, right: Code) -> Code:
    return Code(f"{left.within(STARRED)} {operator} {right.within(STARRED)}", COMPARISON)


def conjunction(left: Code, right: Code) -> Code:
    return Code(f"{left.within(AND)} and {right.within(NOT)}", AND)


def disjunction(left: Code, right: Code) -> Code:
    return Code(f"{left.within(OR)} or {right.within(AND)}", OR)


def negation(operand: Code) -> Code:
    return Code(f"not {operand.within(NOT)}", NOT)


def call(function: str, *arguments: Code) -> Code:
    return Code(f"{function}({', '.join(each.within(LOOSE) for each in arguments)})")


def level_of(node: ast.expr) -> int:  # noqa: PLR0911  # one line a kind of expression
    """How strongly the outermost operator of `node` binds, its own enclosing parentheses not counted."""
    match node:
        case ast.BinOp():
            return _BINARY[type(node.op)][1]
        case ast.BoolOp():
            return AND if isinstance(node.op, ast.And) else OR
        case ast.UnaryOp():
            return NOT if isinstance(node.op, ast.Not) else SIGN
        case ast.Compare():
            return COMPARISON
        case ast.Await():
            return AWAITED
        case ast.Lambda() | ast.IfExp() | ast.NamedExpr() | ast.Yield() | ast.YieldFrom() | ast.Starred():
            return LOOSE
        case _:
            return ATOM


def required_level(node: ast.expr, parent: ast.AST) -> int:  # noqa: PLR0911  # one line a kind of parent
    """The level that an expression needs to stand in `node`'s place below `parent` without parentheses."""
    match parent:
        case ast.BoolOp():
            return NOT if isinstance(parent.op, ast.And) else AND
        case ast.UnaryOp():
            return NOT if isinstance(parent.op, ast.Not) else SIGN
        case ast.Compare():
            return STARRED
        case ast.BinOp():
            return _operand_level(node, parent)
        case ast.Attribute() | ast.Await():
            return ATOM
        case ast.Subscript():
            return ATOM if parent.value is node else LOOSE
        case ast.Call():
            return ATOM if parent.func is node else LOOSE
        case ast.Starred():
            return STARRED
        case ast.IfExp():
            return LOOSE if parent.orelse is node else OR
        case ast.comprehension():
            return OR
        case _:
            return LOOSE


def _operand_level(node: ast.expr, parent: ast.BinOp) -> int:
    level = _BINARY[type(parent.op)][1]
    if isinstance(parent.op, ast.Pow):
        return AWAITED if parent.left is node else SIGN
    return level if parent.left is node else level + 1
