"""Mutations of displays, comprehensions and concatenations: elements exchanged, missing or too many; conditions."""

import ast
from collections.abc import Iterator

from tercet_server.proposers.repair.code import Code, binary
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.operators.conditions import candidate_conditions
from tercet_server.proposers.repair.scope import Role
from tercet_server.proposers.repair.subject import Subject

MAX_ELEMENTS = 12
"""Longer displays are tables of data: exchanging their elements is hardly ever the repair."""


def elements(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Two elements of a tuple, list or set exchanged; one dropped; a variable in scope added."""
    if not isinstance(node, ast.Tuple | ast.List | ast.Set) or len(node.elts) > MAX_ELEMENTS:
        return
    module, items = subject.module, node.elts
    for first in range(len(items)):
        for second in range(first + 1, len(items)):
            left, right = items[first], items[second]
            between = module.text[module.end(left) : module.start(right)]
            if between.count("(") == between.count(")") == 0:
                text = module.source(right) + between + module.source(left)
                yield module.span(module.start(left), module.end(right), text, Operator.ELEMENT_SWAP)
    if isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from _fewer_or_more(subject, node)


def _fewer_or_more(subject: Subject, node: ast.Tuple | ast.List | ast.Set) -> Iterator[Mutation]:
    module, items = subject.module, node.elts
    if len(items) > 1:
        for at, each in enumerate(items):
            start = module.start(each) if at == 0 else module.end(items[at - 1])
            end = module.start(items[1]) if at == 0 else module.end(each)
            yield module.span(start, end, "", Operator.ELEMENT_DROP)
    if items and not isinstance(node, ast.Tuple):
        for name in _addable(subject, node):
            first, last = module.start(items[0]), module.end(items[-1])
            yield module.span(last, last, f", {name}", Operator.ELEMENT_ADD)
            yield module.span(first, first, f"{name}, ", Operator.ELEMENT_ADD, 0.7)


def concatenations(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """`a + b` to `a + [x] + b`, `a + x + b`; a list that is returned or assigned with `[x]` or `x` joined to it."""
    module = subject.module
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and _may_be_sequence(subject, node):
        left, right = module.code(node.left), module.code(node.right)
        for piece in _pieces(subject, node):
            yield module.replace(node, binary(binary(left, "+", piece), "+", right), Operator.ELEMENT_ADD)
        outermost = not isinstance(module.parent(node), ast.BinOp)
    else:
        outermost = isinstance(node, ast.ListComp | ast.Call | ast.Name | ast.List | ast.Subscript) and isinstance(
            module.parent(node), ast.Return | ast.Assign
        )
        outermost = outermost and getattr(node, "ctx", ast.Load()).__class__ is ast.Load
    if outermost:
        own = module.code(node)
        for piece in _pieces(subject, node):
            yield module.replace(node, binary(own, "+", piece), Operator.ELEMENT_ADD, 0.7)
            yield module.replace(node, binary(piece, "+", own), Operator.ELEMENT_ADD, 0.7)


def _may_be_sequence(subject: Subject, node: ast.expr) -> bool:
    match node:
        case ast.BinOp():
            return _may_be_sequence(subject, node.left) or _may_be_sequence(subject, node.right)
        case ast.Constant():
            return isinstance(node.value, str | bytes)
        case ast.Name():
            return not subject.scope.roles(node.id, node) & Role.NUMBER
        case ast.List() | ast.ListComp() | ast.Call() | ast.JoinedStr() | ast.Subscript():
            return True
        case _:
            return False


def _pieces(subject: Subject, node: ast.expr) -> Iterator[Code]:
    for name in _addable(subject, node):
        yield Code(f"[{name}]")
        if subject.scope.roles(name, node) & Role.SEQUENCE or not subject.scope.roles(name, node):
            yield Code(name)


def _addable(subject: Subject, node: ast.expr) -> list[str]:
    names = subject.scope.visible(node)[:10]
    return [name for name in names if Role.CALLED not in subject.scope.roles(name, node)]


def comprehensions(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A condition of a comprehension dropped, or one added."""
    if not isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        return
    module = subject.module
    for each in node.generators:
        before: ast.expr = each.iter
        for test in each.ifs:
            start, end = module.end(before), module.end(test)
            kept = module.text[start:end]
            if kept.count("(") == kept.count(")"):
                yield module.span(start, end, "", Operator.COMPREHENSION)
            before = test
    last = node.generators[-1]
    if not last.ifs:
        tail = _end_of_clause(subject, last.iter)
        inner = node.elt if not isinstance(node, ast.DictComp) else node.key
        for condition in candidate_conditions(subject, inner):
            yield module.span(tail, tail, f" if {condition.within(1)}", Operator.COMPREHENSION, 0.5)


def _end_of_clause(subject: Subject, iterated: ast.expr) -> int:
    """After the parentheses that may stand around what is iterated: the comprehension's own come next."""
    module = subject.module
    start, end = module.start(iterated), module.end(iterated)
    while module.text[:start].rstrip().endswith("("):
        start = module.text[:start].rstrip().rindex("(")
        end = module.text.index(")", end) + 1
    return end
