"""Mutations of control flow: what is returned, jumps, loops, guards put before or around a statement."""

import ast
from collections.abc import Iterator

from tercet_server.proposers.repair.code import ATOM, Code, binary, comparison, negation
from tercet_server.proposers.repair.module import Function
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.operators.blocks import after, before, indented, movable
from tercet_server.proposers.repair.operators.calls import is_generator
from tercet_server.proposers.repair.operators.conditions import candidate_conditions
from tercet_server.proposers.repair.scope import Role, parameters
from tercet_server.proposers.repair.subject import Subject

_TRIVIAL = tuple(Code(text) for text in ("None", "True", "False", "0", "1", "-1", "[]", "''", "{}", "[[]]", "()"))


def returned_values(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """Another variable, literal or returned expression; its negation."""
    if not isinstance(node, ast.Return):
        return
    module = subject.module
    if node.value is None:
        end = module.end(node)
        for value, weight in _values(subject, node):
            yield module.span(end, end, f" {value.text}", Operator.RETURN_VALUE, weight)
        return
    own = module.code(node.value)
    if not isinstance(node.value, ast.Compare):
        computed = isinstance(node.value, ast.Call | ast.BinOp | ast.Subscript)
        yield module.replace(node.value, negation(own), Operator.RETURN_VALUE, 0.3 if computed else 1.0)
    if own.text in {"True", "False"}:
        for condition in candidate_conditions(subject, node):
            yield module.replace(node.value, condition, Operator.RETURN_VALUE)
    for value, weight in _values(subject, node):
        if value.text != own.text:
            yield module.replace(node.value, value, Operator.RETURN_VALUE, weight)


def _values(subject: Subject, node: ast.stmt) -> Iterator[tuple[Code, float]]:
    found: dict[str, tuple[Code, float]] = {}
    function = subject.module.function_of(node)
    for code in subject.ingredients.returned(function) if function else []:
        found.setdefault(code.text, (code, 1.0))
    for name in subject.scope.visible(node)[:12]:
        if Role.CALLED not in subject.scope.roles(name, node):
            found.setdefault(name, (Code(name), 1.0))
    for code in _TRIVIAL:
        found.setdefault(code.text, (code, 0.6))
    yield from found.values()


def added_returns(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """A value that is computed and dropped is returned; a function that ends without a value returns one."""
    module = subject.module
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Compare | ast.BinOp | ast.BoolOp):
        start = module.start(node)
        yield module.span(start, start, "return ", Operator.RETURN_ADD)
    function = module.function_of(node)
    if function is None or function.body[-1] is not node or isinstance(node, ast.Return | ast.Raise):
        return
    if movable(module, node):
        for value, weight in _values(subject, node):
            yield after(module, node, f"return {value.text}", Operator.RETURN_ADD, weight)


def jumps(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """`break`, `continue`, `return` and `pass` for one another; one of them added after a statement of a loop."""
    module = subject.module
    start, end = module.start(node), module.end(node)
    words = ["break", "continue"] if module.loop_of(node) else []
    words += ["return"] if module.function_of(node) else []
    match node:
        case ast.Break() | ast.Continue() | ast.Pass() | ast.Return(value=None):
            for word in (*words, "pass"):
                if word != module.source(node):
                    yield module.span(start, end, word, Operator.JUMP)
        case ast.Return():
            for word in words:
                if word != "return":
                    yield module.span(start, end, word, Operator.JUMP, 0.3)
        case ast.Raise():
            return
        case _ if module.loop_of(node) and module.siblings(node)[-1] is node and movable(module, node):
            for word in ("break", "continue"):
                yield after(module, node, word, Operator.JUMP, 0.3)


def loops(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """`if` for `while` and the reverse; an endless loop that should end; the `else` of a test dropped."""
    module = subject.module
    match node:
        case ast.If() if not node.orelse and module.source(node).startswith("if"):
            yield module.span(module.start(node), module.start(node) + 2, "while", Operator.LOOP)
        case ast.While():
            if not node.orelse:
                yield module.span(module.start(node), module.start(node) + 5, "if", Operator.LOOP)
            if isinstance(node.test, ast.Constant):
                for condition in _loop_conditions(subject, node):
                    yield module.replace(node.test, condition, Operator.LOOP)


def _loop_conditions(subject: Subject, node: ast.While) -> list[Code]:
    inside = node.body[0]
    found = {code.text: code for code in candidate_conditions(subject, inside)}
    for name in subject.scope.visible(node):
        found.setdefault(name, Code(name))
    return list(found.values())


def guards(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """An early `return`, `continue` or `break` before a statement; the statement made conditional."""
    module = subject.module
    function = module.function_of(node)
    if function is None or not movable(module, node) or isinstance(node, Function | ast.ClassDef):
        return
    conditions = _guard_conditions(subject, node, function)
    leaving = _leaving(subject, node, function)
    joint = f":{module.newline}{module.indentation(node)}    "
    for condition, likely in conditions:
        for leave, weight in leaving:
            text = f"if {condition.text}{joint}{leave}"
            yield before(module, node, text, Operator.GUARD, likely * weight)
    if not isinstance(node, ast.Return | ast.Pass):
        body = indented(module, node)
        for condition, likely in conditions if body is not None else []:
            text = f"if {condition.text}{joint}{body}"
            yield module.span(module.start(node), module.end(node), text, Operator.GUARD, 0.7 * likely)


def _leaving(subject: Subject, node: ast.stmt, function: Function) -> list[tuple[str, float]]:
    leaving = [("continue", 1.0), ("break", 0.6)] if subject.module.loop_of(node) else []
    if is_generator(function):
        return [*leaving, ("return", 1.0)]
    return [*leaving, *((f"return {value.text}", weight) for value, weight in list(_values(subject, node))[:10])]


def _guard_conditions(subject: Subject, node: ast.stmt, function: Function) -> list[tuple[Code, float]]:
    """Those that are at hand in the function; emptiness, absence and equality of its variables."""
    found = {code.text: (code, 1.0) for code in candidate_conditions(subject, node)}
    names = subject.scope.visible(node)[:6]
    for name in names:
        variable, roles = Code(name), subject.scope.roles(name, node)
        if Role.CALLED in roles:
            continue
        checks = [(negation(variable), 1.0), (comparison(variable, "is", Code("None")), 1.0)]
        if Role.NUMBER in roles or not roles:
            checks += [(comparison(variable, symbol, Code("0")), 0.8) for symbol in ("==", "<", "<=")]
        for check, weight in checks:
            found.setdefault(check.text, (check, weight))
    for first in parameters(function)[:4]:
        for second in names:
            if first != second:
                equal = comparison(Code(first), "==", Code(second))
                found.setdefault(equal.text, (equal, 0.4))
                held = comparison(Code(second), "in", Code(first))
                found.setdefault(held.text, (held, 0.3))
    return list(found.values())


def steps(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """`for x in xs` over a copy, or with the reversed order: changed while it is walked over, or met the wrong way."""
    module = subject.module
    if isinstance(node, ast.For) and isinstance(node.iter, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
        own = module.code(node.iter).within(ATOM)
        for text in (f"list({own})", f"reversed({own})", f"sorted({own})"):
            yield module.replace(node.iter, Code(text), Operator.LOOP, 0.5)
    if isinstance(node, ast.While) and isinstance(node.test, ast.Compare) and len(node.test.comparators) == 1:
        last = node.test.comparators[0]
        for sign in ("-", "+"):
            yield module.replace(last, binary(module.code(last), sign, Code("1")), Operator.OFF_BY_ONE, 0.7)
