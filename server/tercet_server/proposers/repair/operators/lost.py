"""What was lost or damaged: a decorator, a body, an exception that is caught, the decoration of a text.

Rests on the same redundancy as `ingredients`: the rest of the file still tells of it.
"""

import ast
import re
from collections.abc import Iterator

from tercet_server.proposers.repair.code import Code
from tercet_server.proposers.repair.ingredients import MAX_SIZE, size
from tercet_server.proposers.repair.module import Function
from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.scope import parameters
from tercet_server.proposers.repair.subject import Subject

_STRING = re.compile(r"(?P<prefix>\w*)(?P<quote>\"\"\"|'''|\"|')(?P<body>.*)(?P=quote)", re.DOTALL)
_LONGEST = 2000
"""Characters of a literal that is looked at."""

_IMPLICIT = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
"""Methods of classes that need no decorator."""

_EXCEPTIONS = ("ValueError", "KeyError", "TypeError", "IndexError", "AttributeError", "StopIteration", "Exception")


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
    """Another exception for one that is caught, alone or among others: those of the file first."""
    parent = subject.module.parent(node)
    handler = subject.module.parent(parent) if isinstance(parent, ast.Tuple) else parent
    if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(handler, ast.ExceptHandler):
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
