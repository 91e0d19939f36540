"""Mutations of assignments: the target, the augmented operator, the initial value."""

import ast
from collections.abc import Iterator

from tercet_server.proposers.repair.code import SIGN, Code, symbol
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.operators.arithmetic import SIMILAR_OPERATORS
from tercet_server.proposers.repair.operators.blocks import after, before, movable
from tercet_server.proposers.repair.operators.names import likeness
from tercet_server.proposers.repair.operators.places import gap_token
from tercet_server.proposers.repair.subject import Subject

_INITIAL = (
    Code("0"),
    Code("1"),
    Code("-1", SIGN),
    Code("None"),
    Code("[]"),
    Code("{}"),
    Code("set()"),
    Code("''"),
    Code("float('inf')"),
    Code("-float('inf')", SIGN),
)


def targets(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """Assignment to another variable, element or attribute; two targets of an unpacking are exchanged by `elements`."""
    module = subject.module
    match node:
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute() as target]):
            own_text = module.source(target)
            for other, code in subject.ingredients.places(node):
                if code.text != own_text:
                    weight = 1.0 if type(other) is type(target) else 0.3
                    yield module.span(module.start(target), module.end(target), code.text, Operator.TARGET, weight)
        case ast.Assign(targets=[ast.Name() as target]) | ast.AugAssign(target=ast.Name() as target):
            own = subject.scope.roles(target.id, node)
            for name in subject.scope.visible(node)[:12]:
                if name != target.id:
                    weight = likeness(own, subject.scope.roles(name, node))
                    yield module.span(module.start(target), module.end(target), name, Operator.TARGET, weight)


def forgotten_updates(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """`x = y` in a loop that reads `x`, which is assigned before it and never within it."""
    module = subject.module
    loop = module.loop_of(node)
    if loop is None or not movable(module, node):
        return
    last = module.siblings(node)[-1] is node and not isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue)
    names = subject.scope.visible(node)[:12]
    for name in subject.scope.stale_in(loop):
        own = subject.scope.roles(name, node)
        for other in names:
            if other != name:
                weight = likeness(own, subject.scope.roles(other, node))
                yield before(module, node, f"{name} = {other}", Operator.UPDATE_ADD, weight)
                if last:
                    yield after(module, node, f"{name} = {other}", Operator.UPDATE_ADD, weight)


def augmented(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """Another operator of `x += e`; `=` for `+=` and the reverse."""
    module = subject.module
    if isinstance(node, ast.AugAssign):
        own = symbol(node.op)
        span = gap_token(module, node.target, node.value, f"{own}=")
        if span is None:
            return
        for rank, new in enumerate(SIMILAR_OPERATORS.get(own, ())):
            yield module.span(*span, f"{new}=", Operator.AUGMENTED, 1.0 / (1 + rank))
        yield module.span(*span, "=", Operator.AUGMENTED, 0.5)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1 and not isinstance(node.targets[0], ast.Tuple):
        span = gap_token(module, node.targets[0], node.value, "=")
        if span is not None:
            for weight, new in (
                (1.0, "+="),
                (0.5, "-="),
                (0.3, "*="),
                (0.3, "|="),
                (0.2, "&="),
                (0.2, "/="),
                (0.1, "//="),
            ):
                yield module.span(*span, new, Operator.AUGMENTED, weight)


def initial_values(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """Another value for a variable to start from."""
    if isinstance(node, ast.Assign) and isinstance(
        node.value, ast.Constant | ast.List | ast.Dict | ast.Call | ast.Name
    ):
        own = subject.module.source(node.value)
        for code in _INITIAL:
            if code.text != own:
                yield subject.module.replace(node.value, code, Operator.INITIAL_VALUE)


def split_unpacking(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """`a, b = x, y` with the values exchanged is done by `elements`; here: one assignment after the other."""
    module = subject.module
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=lefts)], value=ast.Tuple(elts=rights)) if len(lefts) == len(rights):
            if not module.own_lines(node):
                return
            pairs = [
                f"{module.source(left)} = {module.code(right).text}" for left, right in zip(lefts, rights, strict=True)
            ]
            joint = module.newline + module.indentation(node)
            for order in (pairs, pairs[::-1]):
                yield module.span(module.start(node), module.end(node), joint.join(order), Operator.STATEMENT_SWAP, 0.5)
