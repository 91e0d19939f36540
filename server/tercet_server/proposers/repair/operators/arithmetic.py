"""Mutations of arithmetic: the wrong operator, operand order or grouping, off by one, a bound too wide or too narrow."""

import ast
from collections.abc import Iterator

from tercet_server.proposers.repair.code import ATOM, SIGN, Code, binary, call, symbol
from tercet_server.proposers.repair.module import Module
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.operators.places import gap_token, is_condition, is_read
from tercet_server.proposers.repair.scope import Role
from tercet_server.proposers.repair.subject import Subject

SIMILAR_OPERATORS = {
    "+": ("-", "*"),
    "-": ("+", "//", "*"),
    "*": ("+", "/", "**", "//", "%"),
    "/": ("//", "*", "%"),
    "//": ("/", "%", "*", "-"),
    "%": ("//", "/", "-", "*"),
    "**": ("*",),
    "&": ("|", "^", "-"),
    "|": ("&", "^", "+"),
    "^": ("&", "|", "**"),
    "<<": (">>", "*"),
    ">>": ("<<", "//"),
}
"""What is mistaken for it, likeliest first; the rest follows in the order of `_COMMON`."""

_COMMON = ("+", "-", "*", "//", "/", "%", "|", "&", "**", "^", "<<", ">>")
_BITWISE = {"&", "|", "^", "<<", ">>"}
_COMMUTING = {"*", "&", "|", "^"}
_ONE = Code("1")


def binary_operators(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Another operator, a similar one first; the operands swapped; one of them alone."""
    if not isinstance(node, ast.BinOp):
        return
    module, own = subject.module, symbol(node.op)
    span = gap_token(module, node.left, node.right, own)
    if span is None:
        return
    kind = Operator.BITWISE if own in _BITWISE else Operator.ARITHMETIC
    for rank, new in enumerate(_similar(own, node.left)):
        yield module.span(*span, new, kind, 1.0 / (1 + rank))
    left, right = module.code(node.left), module.code(node.right)
    if own not in _COMMUTING:
        yield module.replace(node, binary(right, own, left), Operator.OPERAND_SWAP, 0.5 if own == "+" else 1.0)
    yield module.replace(node, left, Operator.OPERAND_DROP)
    yield module.replace(node, right, Operator.OPERAND_DROP)


def _similar(own: str, left: ast.expr) -> tuple[str, ...]:
    """Likeliest first: to the right of a template stands what is put into it."""
    template = isinstance(left, ast.Constant) and isinstance(left.value, str) and "%" in left.value
    likely = (*(("%",) if template else ()), *SIMILAR_OPERATORS.get(own, ()), *_COMMON)
    return tuple(each for each in dict.fromkeys(likely) if each != own)


def regroupings(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """`a + b * c` to `(a + b) * c`, and `a * b + c` to `a * (b + c)`: forgotten or superfluous parentheses."""
    if not isinstance(node, ast.BinOp):
        return
    module, own = subject.module, symbol(node.op)
    if isinstance(node.right, ast.BinOp):
        inner = binary(module.code(node.left), own, module.code(node.right.left))
        regrouped = binary(inner, symbol(node.right.op), module.code(node.right.right))
        yield module.replace(node, regrouped, Operator.REGROUP)
    if isinstance(node.left, ast.BinOp):
        inner = binary(module.code(node.left.right), own, module.code(node.right))
        regrouped = binary(module.code(node.left.left), symbol(node.left.op), inner)
        yield module.replace(node, regrouped, Operator.REGROUP)


def off_by_ones(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """`e + 1` and `e - 1` for an expression that may be a whole number; `e + 1` back to `e`."""
    if isinstance(node, ast.Constant | ast.UnaryOp) or not is_read(node):
        return
    module = subject.module
    place = _place_weight(module, node)
    weight = place * _number_weight(subject, node)
    kind = Operator.OFF_BESIDE_NUMBER if _beside_number(module, node) else Operator.OFF_BY_ONE
    if weight == 0:
        return
    if isinstance(node, ast.BinOp) and _is_one(node.right) and isinstance(node.op, ast.Add | ast.Sub):
        yield module.replace(node, module.code(node.left), kind, weight)
        return
    own = module.code(node)
    yield module.replace(node, binary(own, "-", _ONE), kind, weight)
    yield module.replace(node, binary(own, "+", _ONE), kind, weight)


def _beside_number(module: Module, node: ast.expr) -> bool:
    """Whether another number there would do the same: `e - 1 < 3` is `e < 4`."""
    match module.parent(node):
        case ast.Compare(left=left, comparators=[right]) as parent:
            other = right if parent.left is node else left
            return isinstance(other, ast.Constant) and type(other.value) is int
        case _:
            return False


def _place_weight(module: Module, node: ast.expr) -> float:  # noqa: PLR0911  # one line a kind of place
    """Indices, bounds and ranges are where counting goes wrong; comparisons are served by their boundary too."""
    parent = module.parent(node)
    match parent:
        case ast.Subscript(slice=index) if index is node:
            return 1.0
        case ast.Slice():
            return 1.0
        case ast.Tuple() if _is_index(module, parent):
            return 1.0
        case ast.Call(func=ast.Name(id="range")):
            return 1.0
        case ast.Call() | ast.Return() | ast.Assign() | ast.Yield():
            return 0.5
        case ast.Compare():
            return 0.4
        case ast.BinOp() if _is_one(parent.left) or _is_one(parent.right):
            return 0.0
        case ast.BinOp() | ast.AugAssign() | ast.IfExp():
            return 0.3
        case _:
            return 0.0


def _is_index(module: Module, node: ast.expr) -> bool:
    """The indices of several dimensions: `a[i, j]`."""
    parent = module.parent(node)
    return isinstance(parent, ast.Subscript) and parent.slice is node


def _number_weight(subject: Subject, node: ast.expr) -> float:
    match node:
        case ast.Name():
            roles = subject.scope.roles(node.id, node)
            if Role.NUMBER in roles:
                return 1.0
            return 0.4 if not roles else 0.0
        case ast.Call(func=ast.Name(id="len" | "min" | "max" | "sum" | "abs" | "int")):
            return 1.0
        case ast.BinOp() | ast.Call():
            return 0.7
        case ast.Attribute() | ast.Subscript():
            return 0.5
        case _:
            return 0.0


def added_operands(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A forgotten term or factor: `e - x`, `e + x`, `e * x` for a value that is passed on, returned or assigned."""
    module = subject.module
    if not isinstance(module.parent(node), ast.Call | ast.Return | ast.Assign | ast.Slice | ast.Subscript):
        return
    weight = 0.0 if isinstance(node, ast.Constant) or not is_read(node) else _number_weight(subject, node)
    if weight == 0 or _place_weight(module, node) == 0:
        return
    own = module.code(node)
    for name in _numbers(subject, node):
        if name != own.text:
            yield module.replace(node, binary(own, "-", Code(name)), Operator.OPERAND_ADD, weight)
            yield module.replace(node, binary(own, "+", Code(name)), Operator.OPERAND_ADD, weight)
            yield module.replace(node, binary(own, "*", Code(name)), Operator.OPERAND_ADD, 0.3 * weight)


def powers(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A forgotten square: `e ** 2` for a number that is reckoned with or compared; `e ** 2` back to `e`."""
    module = subject.module
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        yield module.replace(node, module.code(node.left), Operator.OPERAND_ADD)
    if not isinstance(node, ast.Name) or not is_read(node) or subject.scope.roles(node.id, node) & ~Role.NUMBER:
        return
    if isinstance(module.parent(node), ast.BinOp | ast.Compare):
        yield module.replace(node, binary(module.code(node), "**", Code("2")), Operator.OPERAND_ADD)


def bounds(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """The bounds of a slice dropped, added or exchanged; the start of a range added or dropped; a part walked over."""
    match node:
        case ast.Slice():
            yield from _slice_bounds(subject, node)
        case ast.Call(func=ast.Name(id="range")):
            yield from _range_bounds(subject, node)
        case _ if _is_walked(subject.module, node):
            yield from _parts(subject, node)


def _slice_bounds(subject: Subject, node: ast.Slice) -> Iterator[Mutation]:
    module = subject.module
    if node.step is not None:
        return
    lower = module.code(node.lower).text if node.lower else ""
    upper = module.code(node.upper).text if node.upper else ""
    bounded = {(lower, ""), ("", upper), (upper, lower), (lower or "1", upper), (lower, upper or "-1")}
    for start, stop in sorted(bounded - {(lower, upper)}):
        yield module.span(module.start(node), module.end(node), f"{start}:{stop}", Operator.BOUND)


def _range_bounds(subject: Subject, node: ast.Call) -> Iterator[Mutation]:
    module = subject.module
    codes = [module.code(each) for each in node.args]
    if len(codes) == 1:
        yield module.replace(node, call("range", _ONE, *codes), Operator.BOUND)
        yield module.replace(node, call("range", _ONE, binary(codes[0], "+", _ONE)), Operator.BOUND)
    elif len(codes) == 2:
        yield module.replace(node, call("range", codes[1]), Operator.BOUND)
        yield module.replace(node, call("range", *codes, Code("-1")), Operator.BOUND, 0.5)
    yield module.replace(node, call("reversed", module.code(node)), Operator.BOUND, 0.5)


def _is_walked(module: Module, node: ast.expr) -> bool:
    parent = module.parent(node)
    return isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension) and parent.iter is node


def _parts(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    whole = subject.module.code(node).within(ATOM)
    if whole.startswith(("range(", "enumerate(", "zip(")):
        return
    for part in ("1:", ":-1", "::-1"):
        yield subject.module.replace(node, Code(f"{whole}[{part}]"), Operator.BOUND)
    for name in _numbers(subject, node):
        for part in (f"{name}:", f":{name}"):
            yield subject.module.replace(node, Code(f"{whole}[{part}]"), Operator.BOUND, 0.5)


def _numbers(subject: Subject, node: ast.expr) -> list[str]:
    """The variables in scope that may be numbers: used as such, or never used in a way that tells."""
    names = subject.scope.visible(node)[:10]
    return [name for name in names if not subject.scope.roles(name, node) & ~Role.NUMBER]


def signs(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A minus dropped, or put before a variable that is returned, assigned or passed on."""
    module = subject.module
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd | ast.Invert):
        yield module.replace(node, module.code(node.operand), Operator.ARITHMETIC, 0.5)
        if not isinstance(node.op, ast.USub):
            yield module.replace(node, Code(f"-{module.code(node.operand).within(SIGN)}", SIGN), Operator.ARITHMETIC)
    elif isinstance(node, ast.Name | ast.Call) and is_read(node) and not is_condition(module, node):
        parent = module.parent(node)
        if isinstance(parent, ast.Return | ast.Assign | ast.Call) and _number_weight(subject, node) >= 0.7:
            yield module.replace(node, Code(f"-{module.code(node).text}", SIGN), Operator.ARITHMETIC, 0.2)


def clamps(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A forgotten lower or upper limit: `max(e, x)` and `min(e, x)` for a computed value."""
    module = subject.module
    if not isinstance(module.parent(node), ast.Assign | ast.Return) or not isinstance(node, ast.BinOp | ast.Call):
        return
    if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.Div):
        return
    own = module.code(node)
    limits = [Code(text) for text in ("0", "1", *_numbers(subject, node))]
    for limit in limits:
        for function in ("max", "min"):
            yield module.replace(node, call(function, limit, own), Operator.CLAMP)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1 and not isinstance(node.value, bool)
