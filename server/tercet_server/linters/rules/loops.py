"""Loops of a Python text, and what changes in them from round to round. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tercet_server.linters.rules.source import Source

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_MOST_NESTED = 3
"""Loops in each other, from the innermost: of more, the outer ones are left out, or the work would be the square of the text."""
_LOOPS = (ast.For, ast.AsyncFor, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BINDINGS = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith)
_BATCH = re.compile(r".*(batch|chunk|page)")
_UNTIL_FOUND = {"any", "all", "next"}


@dataclass(frozen=True)
class Loop:
    """A `for`, or one of a comprehension, with what is done in each round."""

    target: ast.expr
    iterable: ast.expr
    body: Sequence[ast.AST]
    may_stop: bool
    """Whether it looks for something and stops there: `break`, `return`, or a generator for `any`, `all` and `next`."""

    def nodes(self) -> Iterator[ast.AST]:
        """Of each round: not of functions and classes that are only defined there."""
        yield from _nodes(self.body)

    def is_short(self) -> bool:
        """Whether the text itself says what it goes over: a display, constant numbers, or a CONSTANT."""
        over = self.iterable
        match over:
            case ast.Call(func=ast.Name(id="range"), args=given):
                return all(isinstance(each, ast.Constant) for each in given)
            case ast.Call(func=ast.Name(id="enumerate"), args=[first, *_]):
                over = first
            case ast.Call(func=ast.Attribute(value=before, attr="items" | "keys" | "values"), args=[]):
                over = before
        if isinstance(over, ast.Tuple | ast.List | ast.Set):
            return not any(isinstance(each, ast.Starred) for each in over.elts)
        name = over.attr if isinstance(over, ast.Attribute) else over.id if isinstance(over, ast.Name) else ""
        return isinstance(over, ast.Dict) or name.isupper()

    def is_of_batches(self) -> bool:
        """Whether a round has many rows already: by the name of what it is given, or numbers with a step."""
        match self.iterable:
            case ast.Call(func=ast.Name(id="range"), args=[_, _, _]):
                return True
        return any(_BATCH.match(each.lower()) for each in names_of(self.target))

    def changing(self) -> set[str]:
        """The names whose values depend on the round."""
        found = _bound(self.target)
        binding = [each for each in self.nodes() if isinstance(each, _BINDINGS)]
        for node in sorted(binding, key=lambda each: (each.lineno, each.col_offset)):
            for target, value in _bindings(node):
                if names_of(value) & found:
                    found |= _bound(target)
        return found


def loops(source: Source) -> Iterator[Loop]:
    """Those in which there are none, or few, others."""
    height: dict[ast.AST, int] = {}
    for node in reversed(source.nodes):  # what is inside comes behind
        inside = max((height[each] for each in ast.iter_child_nodes(node)), default=0)
        height[node] = inside + (len(getattr(node, "generators", ".")) if isinstance(node, _LOOPS) else 0)
    for node in source.nodes:
        if height[node] > _MOST_NESTED:
            continue
        if isinstance(node, ast.For | ast.AsyncFor):
            yield Loop(node.target, node.iter, node.body, _stops(node.body))
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            made = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            for number, each in enumerate(node.generators):
                inner = [part for later in node.generators[number + 1 :] for part in (later.iter, *later.ifs)]
                yield Loop(each.target, each.iter, [*each.ifs, *inner, *made], _is_search(source.parents[node]))


def names_of(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _nodes(body: Sequence[ast.AST], without: tuple[type[ast.AST], ...] = _SCOPES) -> Iterator[ast.AST]:
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, without):
            yield node
            waiting += ast.iter_child_nodes(node)


def _stops(body: Sequence[ast.AST]) -> bool:
    own = _nodes(body, (*_SCOPES, ast.For, ast.AsyncFor, ast.While))
    return any(isinstance(each, ast.Break) for each in own) or any(
        isinstance(each, ast.Return) for each in _nodes(body)
    )


def _is_search(parent: ast.AST) -> bool:
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _UNTIL_FOUND


def _bound(target: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(target) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _bindings(node: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    """Targets and the values that they are bound to."""
    match node:
        case ast.Assign(targets=targets, value=value):
            return [(each, value) for each in targets]
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return [(target, value)]
        case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            return [(target, value)]
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            return [(target, value)]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return [(each.optional_vars, each.context_expr) for each in items if each.optional_vars is not None]
    return []
