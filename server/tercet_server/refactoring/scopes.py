"""Which names a function binds, how often and where, and which of them the functions and lambdas inside it use. Pure."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from tercet_server.refactoring.source import FUNCTIONS, Function

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_CONSUMERS = frozenset({"all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"})
"""Builtins that are done with a generator when they return."""


def parameters(arguments: ast.arguments) -> list[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [each.arg for each in every if each is not None]


def own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Everything below that is run in the same scope, in the order of the text; of nested scopes only what makes them."""
    pending = list(nodes)[::-1]
    while pending:
        node = pending.pop()
        yield node
        pending += list(_same_scope(node))[::-1]


def bindings(nodes: Iterable[ast.AST]) -> Counter[str]:
    """The names that are bound (or deleted) in the scope of these nodes, and how often; not those declared elsewhere's."""
    counted: Counter[str] = Counter()
    foreign: set[str] = set()
    for node in own_nodes(nodes):
        counted.update(bound_by(node))
        if isinstance(node, ast.Global | ast.Nonlocal):
            foreign.update(node.names)
    return Counter({name: count for name, count in counted.items() if name not in foreign})


def function_bindings(function: Function) -> Counter[str]:
    """With its parameters."""
    return bindings(function.body) + Counter(parameters(function.args))


def captured(nodes: Iterable[ast.AST], but_not: Iterable[ast.AST] = ()) -> set[str]:
    """The names in nested scopes that may be run later: functions, lambdas, classes, and generators that are not consumed.

    Those of the scopes that `but_not` makes are left out.
    """
    names: set[str] = set()
    consumed: set[int] = set()
    left_out = {id(each) for each in own_nodes(but_not)}
    for node in own_nodes(nodes):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Call) and _consumes(node.func):
            consumed.update(id(each) for each in node.args if isinstance(each, ast.GeneratorExp))
        is_later = isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef))
        if is_later or (isinstance(node, ast.GeneratorExp) and id(node) not in consumed):
            names |= names_in([node])
        elif isinstance(node, COMPREHENSIONS):
            names |= captured(_inner(node))
    return names


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Every name that occurs, in whatever scope."""
    found: set[str] = set()
    for node in (each for root in nodes for each in ast.walk(root)):
        found.update(bound_by(node))
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
    return found


def _consumes(function: ast.expr) -> bool:
    """Names of builtins are taken for these; `"".join` too."""
    if isinstance(function, ast.Attribute):
        return function.attr == "join" and isinstance(function.value, ast.Constant)
    return isinstance(function, ast.Name) and function.id in _CONSUMERS


def _same_scope(node: ast.AST) -> Iterable[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [*node.decorator_list, *_of_arguments(node.args), *([node.returns] if node.returns else [])]
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *node.keywords]
        case ast.Lambda():
            return _of_arguments(node.args)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            walrus = (each for part in _inner(node) for each in ast.walk(part) if isinstance(each, ast.NamedExpr))
            return [node.generators[0].iter, *(each.target for each in walrus)]
        case _:
            return ast.iter_child_nodes(node)


def _of_arguments(arguments: ast.arguments) -> list[ast.expr]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    annotations = (each.annotation for each in every if each is not None)
    return [each for each in (*arguments.defaults, *arguments.kw_defaults, *annotations) if each is not None]


def _inner(node: Comprehension) -> list[ast.AST]:
    """What a comprehension evaluates in its own scope: everything but its first iterable."""
    first, *more = node.generators
    values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    return [*values, first.target, *first.ifs, *more]


def bound_by(node: ast.AST) -> Iterable[str]:
    """The names that this very node binds or deletes."""
    match node:
        case ast.Name(ctx=ast.Store() | ast.Del()):
            return [node.id]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Import() | ast.ImportFrom():
            return [(each.asname or each.name).split(".")[0] for each in node.names]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)) | ast.arg(arg=name):
            return [name]
        case _:
            return []
