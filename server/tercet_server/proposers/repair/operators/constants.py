"""Mutations of literals: another number, string, truth value or empty container; the default of a parameter."""

import ast
from collections.abc import Iterator

from tercet_server.proposers.repair.code import SIGN, Code
from tercet_server.proposers.repair.module import Function
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.scope import Role
from tercet_server.proposers.repair.subject import Subject


def constants(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A similar literal, likeliest first."""
    for rank, code in enumerate(_alternatives(node)):
        yield subject.module.replace(node, code, Operator.CONSTANT, 1.0 / (1 + rank))


def constants_to_names(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A variable where a number or None was hard-coded; in the place of a truth value it is less likely than the other one."""
    if isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes):
        truth = isinstance(node.value, bool)
        for name in subject.scope.visible(node)[:12]:
            roles = subject.scope.roles(name, node)
            if Role.CALLED not in roles:
                likely = 1.0 if not roles or Role.NUMBER in roles else 0.3
                kind, weight = (Operator.CONSTANT, 0.2) if truth else (Operator.NAME, 0.5 * likely)
                yield subject.module.replace(node, Code(name), kind, weight)


def _alternatives(node: ast.expr) -> Iterator[Code]:  # noqa: PLR0912  # one case a kind of literal
    match node:
        case ast.Constant(value=bool() as value):
            yield Code(str(not value))
            yield Code("None")
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)) if not isinstance(value, bool):
            yield from (_number(each) for each in dict.fromkeys((1 - value, -value - 1, 0)))
        case ast.Constant(value=int() as value):
            for each in dict.fromkeys((value - 1, value + 1, 0, 1, -1, 2)):
                if each != value:
                    yield _number(each)
            if value in (0, 1, -1):
                yield from (Code("None"), Code("float('inf')"), Code("-float('inf')", SIGN))
        case ast.Constant(value=float() as value):
            for number in dict.fromkeys((value - 1, value + 1, 0.0, 1.0, -value, value / 2, value * 2)):
                if number != value:
                    yield _number(number)
        case ast.Constant(value=None):
            yield from (Code("False"), Code("True"), Code("0"), Code("[]"), Code("''"))
        case ast.Constant(value=str() as value):
            yield from (Code(repr(each)) for each in ("", " ") if each != value)
            yield Code("None")
            if value != value.strip():
                yield Code(repr(value.strip()))
        case ast.List(elts=[]):
            yield from (Code("None"), Code("[[]]"), Code("set()"), Code("{}"), Code("[0]"))
        case ast.Dict(keys=[]):
            yield from (Code("[]"), Code("set()"), Code("None"))
        case ast.Call(func=ast.Name(id="set" | "list" | "dict"), args=[], keywords=[]):
            yield from (Code("[]"), Code("{}"), Code("set()"))
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str())]):
            yield from (Code("0"), Code("-float('inf')", SIGN))


def _number(value: float) -> Code:
    return Code(repr(value), SIGN) if value < 0 else Code(repr(value))


def defaults(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """A mutable default, shared by all calls, made anew in each call; another default for a parameter."""
    if not isinstance(node, Function):
        return
    module = subject.module
    positional = [*node.args.posonlyargs, *node.args.args]
    pairs = [*zip(reversed(positional), reversed(node.args.defaults), strict=False)]
    pairs += [(name, value) for name, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value]
    for argument, value in pairs:
        for code in _alternatives(value):
            yield module.replace(value, code, Operator.DEFAULT, 0.3)
        if _is_mutable(value) and module.own_lines(node.body[0]):
            yield _made_anew(subject, node, argument.arg, value)


def _is_mutable(value: ast.expr) -> bool:
    match value:
        case ast.List() | ast.Dict() | ast.Set():
            return True
        case ast.Call(func=ast.Name(id="list" | "dict" | "set"), args=[]):
            return True
        case _:
            return False


def _made_anew(subject: Subject, function: Function, name: str, value: ast.expr) -> Mutation:
    module = subject.module
    first = next((each for each in function.body if module.mutable(each)), function.body[-1])
    indent, newline = module.indentation(first), module.newline
    start, end = module.start(value), module.start(first)
    between = module.text[module.end(value) : end]
    guard = f"if {name} is None:{newline}{indent}    {name} = {module.code(value).text}{newline}{indent}"
    return module.span(start, end, f"None{between}{guard}", Operator.DEFAULT)
