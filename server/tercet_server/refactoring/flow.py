"""Follows the statements of a function: which local names are surely set, and which may be read before they are. Pure.

Both answers err on the safe side: a name that is set on some ways only is not surely set, and a read that may come first counts.
`None` in place of the set names means that the end of the statements is never reached.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from tercet_server.refactoring.scopes import parameters
from tercet_server.refactoring.source import FUNCTIONS

Known = frozenset[str] | None


NOTHING: frozenset[str] = frozenset()


class Flow:
    """One walk; `names` are those that it looks at."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._exposed: dict[str, None] = {}

    @property
    def exposed(self) -> list[str]:
        """The names that may be read before they are set, in the order in which they were met."""
        return list(self._exposed)

    def block(self, statements: Sequence[ast.stmt], known: Known) -> Known:
        """What is surely set behind the statements, if `known` was before them."""
        for statement in statements:
            if known is None:
                return None
            known = self._statement(statement, known)
        return known

    def reads(self, node: ast.AST | None, known: Known) -> None:
        """Notes what an expression reads."""
        for name in loads(node):
            if name in self._names and name not in (known or NOTHING):
                self._exposed.setdefault(name)

    # -- statements ---------------------------------------------------------------------------------------------------

    def _statement(self, node: ast.stmt, known: frozenset[str]) -> Known:
        walk = _WALKS.get(type(node))
        return self._simple(node, known) if walk is None else walk(self, node, known)

    def _if(self, node: ast.If, known: frozenset[str]) -> Known:
        self.reads(node.test, known)
        return _meet(self.block(node.body, known), self.block(node.orelse, known))

    def _leave(self, node: ast.stmt, known: frozenset[str]) -> Known:
        self.reads(node, known)
        return None

    def _simple(self, node: ast.stmt, known: frozenset[str]) -> Known:
        self.reads(node, known)
        match node:
            case ast.Assign():
                return known.union(*(stored(each) for each in node.targets))
            case ast.AugAssign() | ast.AnnAssign(value=ast.expr()):
                return known | stored(node.target)
            case ast.Import() | ast.ImportFrom():
                return known | {(each.asname or each.name).split(".")[0] for each in node.names}
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return known | {node.name}
            case ast.Delete():
                return known - {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            case _:
                return known

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, known: frozenset[str]) -> Known:
        inside = known
        if isinstance(node, ast.While):
            self.reads(node.test, known)
        else:
            self.reads(node.iter, known)
            self.reads(node.target, known)
            inside = known | stored(node.target)
        self.block(node.body, inside)
        self.block(node.orelse, known)
        return known

    def _with(self, node: ast.With | ast.AsyncWith, known: frozenset[str]) -> Known:
        inside = known
        for item in node.items:
            self.reads(item, inside)
            inside |= stored(item.optional_vars)
        out = self.block(node.body, inside)
        return out if all(_is_file(item.context_expr) for item in node.items) else known  # others may end an exception

    def _try(self, node: ast.Try | ast.TryStar, known: frozenset[str]) -> Known:
        after = self.block(node.orelse, self.block(node.body, known))
        for handler in node.handlers:
            self.reads(handler.type, known)
            name = {handler.name} if handler.name else set()
            caught = self.block(handler.body, known | name)
            after = _meet(after, None if caught is None else caught - name)
        last = self.block(node.finalbody, known)
        return None if after is None or last is None else after | (last - known)

    def _match(self, node: ast.Match, known: frozenset[str]) -> Known:
        self.reads(node.subject, known)
        after: Known = known if not _catches_all(node.cases[-1]) else None
        for case in node.cases:
            inside = known | stored(case.pattern)
            self.reads(case.pattern, known)
            self.reads(case.guard, inside)
            after = _meet(after, self.block(case.body, inside))
        return after


_WALKS: Mapping[type[ast.stmt], Callable[[Flow, Any, frozenset[str]], Known]] = {
    ast.If: Flow._if,
    ast.For: Flow._loop,
    ast.AsyncFor: Flow._loop,
    ast.While: Flow._loop,
    ast.With: Flow._with,
    ast.AsyncWith: Flow._with,
    ast.Try: Flow._try,
    ast.TryStar: Flow._try,
    ast.Match: Flow._match,
    ast.Return: Flow._leave,
    ast.Raise: Flow._leave,
    ast.Break: Flow._leave,
    ast.Continue: Flow._leave,
}
"""How the statements are followed that do more than to run from their start to their end."""


def loads(node: ast.AST | None) -> list[str]:
    """The names that an expression or a statement reads from the scope around it, in order; also those that it does later."""
    match node:
        case None:
            return []
        case ast.Name():
            return [node.id] if isinstance(node.ctx, ast.Load | ast.Del) else []
        case ast.AugAssign(target=ast.Name(id=name)):
            return [name, *loads(node.value)]
        case ast.Lambda():
            own = set(parameters(node.args))
            outside = [*node.args.defaults, *(each for each in node.args.kw_defaults if each)]
            return [*_all(outside), *(name for name in loads(node.body) if name not in own)]
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            own = {name for each in node.generators for name in stored(each.target)}
            inside = (name for child in ast.iter_child_nodes(node) for name in loads(child) if name not in own)
            return [*loads(node.generators[0].iter), *inside]
        case _:
            return _all(ast.iter_child_nodes(node))


def stored(node: ast.AST | None) -> frozenset[str]:
    """The names that a target or a pattern sets; not those inside of subscripts and attributes."""
    match node:
        case ast.Name(ctx=ast.Store()):
            return frozenset((node.id,))
        case ast.Tuple() | ast.List():
            return NOTHING.union(*(stored(each) for each in node.elts))
        case ast.Starred():
            return stored(node.value)
        case ast.pattern():
            names = (getattr(each, "name", None) or getattr(each, "rest", None) for each in ast.walk(node))
            return frozenset(name for name in names if isinstance(name, str))
        case _:
            return NOTHING


def surely_set(path: Sequence[ast.AST], names: Iterable[str]) -> Known:
    """The names that are set whenever the statement `path[-1]` of the function `path[0]` is reached; None if it never is."""
    function = path[0]
    assert isinstance(function, FUNCTIONS)
    flow = Flow(names)
    known: Known = frozenset(parameters(function.args))
    for node, child in pairwise(path):
        known = None if known is None else _entered(flow, node, child, known)
        if known is None:
            return None
    return known


def _entered(flow: Flow, node: ast.AST, child: ast.AST, known: frozenset[str]) -> Known:
    """What is set when control goes from a node to one in it."""
    if isinstance(node, ast.Try | ast.TryStar) and _position(node.orelse, child) is not None:
        known_after = flow.block(node.body, known)
        return None if known_after is None else flow.block(node.orelse[: _position(node.orelse, child)], known_after)
    if _position(getattr(node, "body", []), child) is not None:
        if isinstance(node, ast.For | ast.AsyncFor):
            known |= stored(node.target)
        elif isinstance(node, ast.With | ast.AsyncWith):
            known = known.union(*(stored(each.optional_vars) for each in node.items))
        elif isinstance(node, ast.ExceptHandler) and node.name:
            known |= {node.name}
        elif isinstance(node, ast.match_case):
            known |= stored(node.pattern)
    for name in ("body", "orelse", "finalbody"):
        statements = getattr(node, name, [])
        position = _position(statements, child)
        if position is not None:
            return flow.block(statements[:position], known)
    return known


def _position(statements: object, child: ast.AST) -> int | None:
    if not isinstance(statements, list):
        return None
    return next((index for index, each in enumerate(statements) if each is child), None)


def _meet(one: Known, other: Known) -> Known:
    """What is set on both ways, of those that are gone to their end."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _all(nodes: Iterable[ast.AST]) -> list[str]:
    return [name for each in nodes for name in loads(each)]


def _is_file(node: ast.expr) -> bool:
    """`open(…)`: a file lets every exception through."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"


def _catches_all(case: ast.match_case) -> bool:
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
