"""What was lost: a value, decorator, body or decoration of text of which the rest of the file still tells.

Rests on the same redundancy as `ingredients`: what a name is given elsewhere, and names that nothing reads any more.
"""

import ast
import re
from collections.abc import Iterator

from tercet_server.proposers.repair.code import Code, call
from tercet_server.proposers.repair.ingredients import MAX_SIZE, size
from tercet_server.proposers.repair.module import Function
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.scope import own_nodes, parameters
from tercet_server.proposers.repair.subject import Subject

_STRING = re.compile(r"(?P<prefix>\w*)(?P<quote>\"\"\"|'''|\"|')(?P<body>.*)(?P=quote)", re.DOTALL)
_LONGEST = 2000
"""Characters of a literal that is looked at."""

_IMPLICIT = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
"""Methods of classes that need no decorator."""

_EXCEPTIONS = ("ValueError", "KeyError", "TypeError", "IndexError", "AttributeError", "StopIteration", "Exception")


def values(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """In the place of nothing: what the same name is given elsewhere, and what can be made of names that nothing reads."""
    if not _is_nothing(node) or not isinstance(
        subject.module.parent(node), ast.Assign | ast.AnnAssign | ast.keyword | ast.For
    ):
        return
    name = _given_to(subject, node)
    for code in subject.ingredients.given(name):
        if code.text != subject.module.source(node):
            yield subject.module.replace(node, code, Operator.LOST_VALUE)
    unread_names = _unread(subject, node)
    functions = {
        **subject.ingredients.functions,
        **{n: len(parameters(f)) for n, f in subject.scope.functions().items()},
    }
    for function, count in functions.items():
        if count == len(unread_names) > 1:
            together = call(function, *(Code(each) for each in unread_names))
            yield subject.module.replace(node, together, Operator.LOST_VALUE)
    for unread in unread_names:
        likely = 2.0 if unread == name else 1.0
        yield subject.module.replace(node, Code(unread), Operator.LOST_VALUE, likely)
        for method, count in subject.ingredients.methods.items():
            if count == 0:
                yield subject.module.replace(node, Code(f"{unread}.{method}()"), Operator.LOST_VALUE, 0.3)
        for function, count in functions.items():
            if count == 1:
                yield subject.module.replace(node, call(function, Code(unread)), Operator.LOST_VALUE, 0.3)


def _is_nothing(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=None | "") | ast.List(elts=[]):
            return True
        case _:
            return False


def _given_to(subject: Subject, node: ast.expr) -> str:
    """The name, attribute or keyword that is given the value, or nothing."""
    match subject.module.parent(node):
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
            return (
                target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
            )
        case ast.keyword(arg=str() as name):
            return name
        case _:
            return ""


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


def lambda_bodies(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A parameter, or the body of another lambda, for one that ignores its parameters."""
    if not isinstance(node, ast.Lambda) or not isinstance(node.body, ast.Constant):
        return
    module = subject.module
    own = {each.arg for each in node.args.args}
    for name in sorted(own):
        yield module.replace(node.body, Code(name), Operator.LOST_VALUE)
    for other in (each for each in ast.walk(module.tree) if isinstance(each, ast.Lambda) and each is not node):
        alike = {each.arg for each in other.args.args} == own
        if alike and module.mutable(other) and size(other.body) <= MAX_SIZE:
            yield module.replace(node.body, module.code(other.body), Operator.LOST_VALUE)


def decorations(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """A literal without what stands at both its ends, or without its first or last character."""
    if not isinstance(node, ast.JoinedStr) and not (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    ):
        return
    source = subject.module.source(node)
    found = _STRING.fullmatch(source) if len(source) <= _LONGEST else None
    if found is None or not found["body"] or found["quote"] in found["body"]:
        return
    body, start = found["body"], subject.module.start(node) + found.start("body")
    border = next((width for width in range(len(body) // 2, 0, -1) if body[:width] == body[-width:]), 0)
    kept = {body[border : len(body) - border]: 1.0} if border else {}
    for shorter in (body[1:], body[:-1]):
        kept.setdefault(shorter, 0.2)
    for text, weight in kept.items():
        yield subject.module.span(start, start + len(body), text, Operator.DECORATION, weight)


def caught(subject: Subject, node: ast.expr) -> Iterator[Mutation]:
    """Another exception for the one that is caught: those of the file first."""
    if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(subject.module.parent(node), ast.ExceptHandler):
        return
    own = subject.module.source(node)
    named = subject.ingredients.exceptions
    for name in dict.fromkeys((*named, *_EXCEPTIONS)):
        if name != own:
            yield subject.module.replace(node, Code(name), Operator.NAME, 1.0 if name in named else 0.5)


def decorators(subject: Subject, node: ast.stmt) -> Iterator[Mutation]:
    """A decorator for a function that has none: what its first parameter asks for, and those that the file uses."""
    if not isinstance(node, Function) or node.decorator_list or not subject.module.own_lines(node):
        return
    names = dict.fromkeys(subject.ingredients.decorators, 0.5)
    if isinstance(subject.module.parent(node), ast.ClassDef) and node.name not in _IMPLICIT:
        first = (parameters(node) or [""])[0]
        asked = "classmethod" if first == "cls" else "staticmethod" if first != "self" else "property"
        names[asked] = 1.0 if asked != "property" or parameters(node) == ["self"] else 0.1
    start, indent = subject.module.start(node), subject.module.indentation(node)
    for name, weight in names.items():
        yield subject.module.span(start, start, f"@{name}{subject.module.newline}{indent}", Operator.DECORATOR, weight)
