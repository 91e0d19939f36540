"""A value that was lost: nothing is assigned, passed on or walked over where the rest of the file tells what should be.

Rests on the same redundancy as `ingredients`: what a name is given elsewhere, names that nothing reads any more, and that
values are called after where they come from.
"""

import ast
from collections.abc import Iterator

from tercet_server.proposers.repair.code import Code, binary, call
from tercet_server.proposers.repair.module import Function
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.scope import Role, own_nodes, parameters
from tercet_server.proposers.repair.subject import Subject

_Weighted = Iterator[tuple[Code, float]]
"""Likely values with how likely each is beside the others."""

MAX_NAMES = 16
SHORTEST_STEM = 3
"""Characters that two names must share to be alike."""


def values(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """In the place of nothing: a value that fits the name that is given it."""
    if not _is_nothing(node):
        return
    parent = subject.module.parent(node)
    found: dict[str, tuple[Code, float]] = {}
    known = {subject.module.source(node)}
    match parent:
        case ast.Assign() | ast.AnnAssign() | ast.keyword():
            known.update(subject.module.source(each) for each in _targets(parent))
            likely = _assigned(subject, node, _given_to(parent))
        case ast.For(iter=walked, target=target) | ast.comprehension(iter=walked, target=target) if walked is node:
            likely = _walked(subject, node, target)
        case _:
            return
    for code, weight in likely:
        if code.text not in known:
            found.setdefault(code.text, (code, weight))
    for code, weight in found.values():
        yield subject.module.replace(node, code, Operator.LOST_VALUE, weight)


def _is_nothing(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=None | "") | ast.List(elts=[]):
            return True
        case _:
            return False


def _given_to(parent: ast.Assign | ast.AnnAssign | ast.keyword) -> list[str]:
    """The names, attributes or keyword that are given the value; several where it is unpacked."""
    if isinstance(parent, ast.keyword):
        return [parent.arg] if parent.arg else []
    last = _targets(parent)[-1]
    parts = last.elts if isinstance(last, ast.Tuple) else [last]
    named = [each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in parts]
    return named if all(named) else []


def _targets(parent: ast.Assign | ast.AnnAssign | ast.keyword) -> list[ast.expr]:
    match parent:
        case ast.Assign(targets=targets):
            return targets
        case ast.AnnAssign(target=target):
            return [target]
        case _:
            return []


def _assigned(subject: Subject, node: ast.expr, names: list[str]) -> _Weighted:
    if len(names) == 1:
        yield from ((code, 1.0) for code in subject.ingredients.given(names[0]))
        yield from _called_alike(subject, node, names[0])
        yield from _made_of_itself(subject, node, names[0])
    elif names:
        yield from _unpacked(subject, node, names)
    yield from _of_unread(subject, node, names[0] if len(names) == 1 else "")


def _called_alike(subject: Subject, node: ast.expr, name: str) -> _Weighted:
    """Names that contain this one, and attributes of other names that are called so."""
    stem = name.strip("_")
    for other in (each for each in subject.scope.visible(node)[:MAX_NAMES] if each != name):
        if min(len(stem), len(other)) >= SHORTEST_STEM and (stem in other or other in stem):
            yield Code(other), 1.0
        for attribute in (stem, f"_{stem}"):
            if subject.ingredients.attributes[attribute]:
                yield Code(f"{other}.{attribute}"), 1.0


def _made_of_itself(subject: Subject, node: ast.expr, name: str) -> _Weighted:
    """What the name held before, put through a function or method: `x = f(x)`."""
    if name in _bound_before(subject, node):
        yield from _put_through(subject, node, name, 1.0)


def _put_through(subject: Subject, node: ast.expr, name: str, weight: float) -> _Weighted:
    for function, count in _functions(subject, node).items():
        if count == 1:
            yield call(function, Code(name)), weight
    for method, count in subject.ingredients.methods.items():
        if count == 0:
            yield Code(f"{name}.{method}()"), weight


def _unpacked(subject: Subject, node: ast.expr, names: list[str]) -> _Weighted:
    """What the file gives to these names elsewhere; attributes of one object that are called so; parts of what is unread."""
    yield from ((code, 1.0) for code in subject.ingredients.given(", ".join(names)))
    for owner in subject.scope.visible(node)[:MAX_NAMES]:
        if any(subject.ingredients.attributes[name] for name in names):
            yield Code(", ".join(f"{owner}.{name}" for name in names)), 1.0
    for unread in _unread(subject, node):
        yield Code(f"{unread}[0], {unread}[1]" if len(names) == 2 else unread), 0.3
        yield Code(f"{unread}[0], {unread}[1:]"), 0.3


def _of_unread(subject: Subject, node: ast.expr, name: str) -> _Weighted:
    """What can be made of names that nothing reads: they are there for something."""
    unread = _unread(subject, node)
    for function, count in _functions(subject, node).items():
        if count == len(unread) > 1:
            yield call(function, *(Code(each) for each in unread)), 1.0
    for each in unread:
        yield Code(each), 4.0 if each == name.strip("_") else 1.0
        yield from _put_through(subject, node, each, 0.3)
        for other in (*unread, *([name] if name in _bound_before(subject, node) else [])):
            if other != each:
                yield call(each, Code(other)), 0.3
                yield from ((binary(Code(each), sign, Code(other)), 0.3) for sign in "+-*")
    around = subject.module.function_of(node)
    if around is not None and around.args.vararg is not None and around.args.kwarg is not None:
        handed_on = (Code(f"*{around.args.vararg.arg}"), Code(f"**{around.args.kwarg.arg}"))
        for function in _functions(subject, node):
            yield call(function, *handed_on), 0.3


def _walked(subject: Subject, node: ast.expr, target: ast.expr) -> _Weighted:
    """What is walked over elsewhere, above all with this variable; what is called by its plural; what nothing reads."""
    name = target.id if isinstance(target, ast.Name) else ""
    for each in ast.walk(subject.module.tree):
        if (
            isinstance(each, ast.For | ast.comprehension)
            and subject.module.mutable(each.iter)
            and each.iter is not node
        ):
            alike = ast.unparse(each.target) == ast.unparse(target)
            yield subject.module.code(each.iter), 2.0 if alike else 0.3
    for other in subject.scope.visible(node)[:MAX_NAMES]:
        plural = bool(name) and len(other) > len(name) and other.startswith(name[:-1] or name)
        if plural or Role.SEQUENCE in subject.scope.roles(other, node):
            yield Code(other), 2.0 if plural else 0.5
        if name and subject.ingredients.attributes[f"{name}s"]:
            yield Code(f"{other}.{name}s"), 1.0
    yield from _of_unread(subject, node, "")


def _functions(subject: Subject, node: ast.expr) -> dict[str, int]:
    """Function → number of positional arguments: those that the file calls or defines, and parameters that are called."""
    around = subject.module.function_of(node)
    handed = parameters(around) if around is not None else []
    called = [name for name in handed if Role.CALLED in subject.scope.roles(name, node)]
    defined = {name: len(parameters(each)) for name, each in subject.scope.functions().items()}
    return {**subject.ingredients.functions, **defined, **dict.fromkeys(called, 1)}


def _unread(subject: Subject, node: ast.expr) -> list[str]:
    """Parameters and variables of the function that nothing in it reads, in the order in which it binds them."""
    function = subject.module.function_of(node)
    if function is None:
        return []
    read = {each.id for each in ast.walk(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    visible = set(subject.scope.visible(node))
    return [name for name in _bound(function) if name in visible and name not in read]


def _bound(function: Function) -> list[str]:
    stored = [each.id for each in own_nodes(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    return list(dict.fromkeys([*parameters(function), *stored]))


def _bound_before(subject: Subject, node: ast.expr) -> set[str]:
    """Parameters, and variables that are bound above the statement."""
    function = subject.module.function_of(node)
    if function is None:
        return set()
    line = subject.module.statement_of(node).lineno
    stored = (each for each in own_nodes(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store))
    return {*parameters(function), *(each.id for each in stored if each.lineno < line)}
