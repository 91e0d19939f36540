"""Mutations of what is referred to: the wrong variable, attribute or subexpression."""

import ast
from collections.abc import Iterator

from tercet_server.proposers.repair.code import ATOM, Code
from tercet_server.proposers.repair.ingredients import size
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.operators.places import is_read
from tercet_server.proposers.repair.scope import NO_ROLE, Role
from tercet_server.proposers.repair.subject import Subject

MAX_NAMES = 16


def names(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Another variable in scope, first of all one that is used alike."""
    module = subject.module
    if not isinstance(node, ast.Name) or not is_read(node) or _is_called(subject, node):
        return
    own, known = subject.scope.roles(node.id, node), {node.id, *_beside(subject, node)}
    for name in subject.scope.visible(node)[:MAX_NAMES]:
        if name not in known:
            weight = likeness(own, subject.scope.roles(name, node))
            yield module.replace(node, Code(name), Operator.NAME, weight)


def computed(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A variable that is there already, for what is computed or looked up."""
    if not isinstance(node, ast.Call | ast.Subscript | ast.Attribute | ast.BinOp) or not is_read(node):
        return
    if _is_called(subject, node) or isinstance(subject.module.parent(node), ast.Attribute | ast.Expr | ast.Await):
        return
    for name in subject.scope.visible(node)[:MAX_NAMES]:
        if Role.CALLED not in subject.scope.roles(name, node):
            yield subject.module.replace(node, Code(name), Operator.VARIABLE)


def likeness(one: Role, other: Role) -> float:
    """How likely two names stand for the same kind of thing."""
    if one & other:
        return 1.0
    return 0.6 if NO_ROLE in (one, other) and not (one | other) & Role.CALLED else 0.2


def attributes(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Another attribute that the file uses; the object itself; an attribute of it where the object stands alone."""
    module = subject.module
    used = subject.ingredients.attributes
    if isinstance(node, ast.Attribute) and is_read(node) and not _is_called(subject, node):
        for name, count in used.most_common(MAX_NAMES):
            if name != node.attr:
                end = module.end(node)
                yield module.span(end - len(node.attr), end, name, Operator.ATTRIBUTE, _frequency(count))
        yield module.replace(node, module.code(node.value), Operator.ATTRIBUTE, 0.5)
    elif isinstance(node, ast.Name) and is_read(node) and _is_whole_object(subject, node):
        for name, count in used.most_common(MAX_NAMES):
            yield module.replace(node, Code(f"{node.id}.{name}"), Operator.ATTRIBUTE, 0.5 * _frequency(count))


def _is_whole_object(subject: Subject, node: ast.Name) -> bool:
    """An object of whose attributes none is taken here, though elsewhere."""
    if _is_called(subject, node) or isinstance(subject.module.parent(node), ast.Attribute):
        return False
    return Role.OBJECT in subject.scope.roles(node.id, node)


def _frequency(count: int) -> float:
    return count / (count + 1)


def _is_called(subject: Subject, node: ast.expr) -> bool:
    parent = subject.module.parent(node)
    return isinstance(parent, ast.Call) and parent.func is node


def expressions(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Another expression of the same function in the place of this one, like for like first."""
    module = subject.module
    if not is_read(node) or isinstance(node, ast.Slice | ast.Starred) or _is_called(subject, node):
        return
    if isinstance(module.parent(node), ast.Attribute | ast.Expr) or size(node) > 8:
        return
    known = {module.source(node), *_beside(subject, node)}
    for other, code in subject.ingredients.expressions(node):
        if code.text not in known and not _holds(node, other):
            yield module.replace(node, code, Operator.EXPRESSION, _kinship(node, other))


def _holds(node: ast.expr, other: ast.expr) -> bool:
    """A part of the node itself in its place is the business of other operators."""
    return any(each is other for each in ast.walk(node))


def _beside(subject: Subject, node: ast.expr) -> set[str]:
    """The other conditions of the same `and` or `or`: one of them twice is this one dropped, which is offered as such."""
    parent = subject.module.parent(node)
    values = parent.values if isinstance(parent, ast.BoolOp) else []
    return {subject.module.source(each) for each in values}


def _kinship(node: ast.expr, other: ast.expr) -> float:
    alike = 1.0 if type(node) is type(other) else 0.4
    return alike / (1 + abs(size(other) - size(node)))


def subscripts(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """`a[i]` to `a`; `a[i][j]` to `a[j][i]`; `a` to `a[x]` where `a` is subscripted elsewhere."""
    module = subject.module
    if isinstance(node, ast.Subscript) and is_read(node):
        yield module.replace(node, module.code(node.value), Operator.EXPRESSION)
        inner = node.value
        if isinstance(inner, ast.Subscript):
            base = module.code(inner.value).within(ATOM)
            outer_index, inner_index = module.code(node.slice).text, module.code(inner.slice).text
            yield module.replace(node, Code(f"{base}[{outer_index}][{inner_index}]"), Operator.ARGUMENT_SWAP)
    elif isinstance(node, ast.Name) and is_read(node) and Role.SEQUENCE in subject.scope.roles(node.id, node):
        if isinstance(module.parent(node), ast.Subscript | ast.Attribute):
            return
        indices = [Code(n) for n in subject.scope.visible(node)[:8] if Role.NUMBER in subject.scope.roles(n, node)]
        for index in (Code("0"), Code("-1"), *indices):
            yield module.replace(node, Code(f"{node.id}[{index.text}]"), Operator.EXPRESSION, 0.3)
