"""What ties code to the function that it is in, so that it cannot be moved into another one. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from tercet_server.refactoring.outcome import Refused
from tercet_server.refactoring.scopes import bindings, function_bindings, names_in, own_nodes
from tercet_server.refactoring.selection import Selection, blocks
from tercet_server.refactoring.source import FUNCTIONS, reads_stack

_ASYNCHRONOUS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def refuse_ties(nodes: Sequence[ast.AST], code: str, readers: frozenset[str]) -> None:
    """Raises Refused for what means something else in another function; `readers` are functions that look at the stack."""
    own, every = list(own_nodes(nodes)), [each for node in nodes for each in ast.walk(node)]
    if any(isinstance(each, _ASYNCHRONOUS) or getattr(each, "is_async", False) for each in every):
        raise Refused("It contains an `await` or a `yield`.")
    if any(isinstance(each, ast.Global | ast.Nonlocal | ast.Delete) for each in own):
        raise Refused("It contains a `global`, `nonlocal` or `del`.")
    if any(isinstance(each, (*FUNCTIONS, ast.ClassDef)) for each in own):
        raise Refused("It defines a function or a class.")
    if any(isinstance(each, ast.AnnAssign) and each.value is None for each in own):
        raise Refused("It declares a variable without setting it.")
    if any(isinstance(each, ast.Name) and each.id in ("super", "__class__") for each in every):
        raise Refused("It uses `super` or `__class__`.")
    if reads_stack(code, readers):
        raise Refused("It looks at who calls it.")
    statements = [each for each in nodes if isinstance(each, ast.stmt)]
    if any(True for _ in _jumps(statements)):
        raise Refused("It jumps out with a `break` or `continue`.")
    if statements and isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Constant):
        raise Refused("It begins with a docstring.")


def refuse_foreign_names(selected: Selection, nodes: Iterable[ast.AST], own: set[str]) -> None:
    """Raises Refused if the nodes use what only a function around theirs has, or set what is not their function's own."""
    nodes = list(nodes)
    used = names_in(nodes)
    around = [each for each in selected.path if isinstance(each, (*FUNCTIONS, ast.ClassDef))]
    for each in around:
        names = set(function_bindings(each)) if isinstance(each, FUNCTIONS) and each is not around[-1] else set()
        names |= {parameter.name for parameter in getattr(each, "type_params", [])}
        if names & (used - own):
            raise Refused(f"It uses `{min(names & (used - own))}` of a function around this one.")
    if _declared_elsewhere(around, nodes):
        raise Refused("It sets a variable that is not this function's own.")


def _declared_elsewhere(around: Sequence[ast.AST], nodes: Iterable[ast.AST]) -> bool:
    """Whether the nodes set what their function declares as global or nonlocal."""
    if not around or not isinstance(around[-1], FUNCTIONS):
        return False
    declarations = (each for each in own_nodes(around[-1].body) if isinstance(each, ast.Global | ast.Nonlocal))
    names = {name for each in declarations for name in each.names}
    return not names.isdisjoint(bindings(nodes))


def _jumps(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Each `break` and `continue` that belongs to a loop outside."""
    for each in statements:
        if isinstance(each, ast.Break | ast.Continue):
            yield each
        elif isinstance(each, _LOOPS):
            yield from _jumps(each.orelse)
        elif not isinstance(each, (*FUNCTIONS, ast.ClassDef)):
            parts = [each, *getattr(each, "handlers", []), *getattr(each, "cases", [])]
            yield from (jump for part in parts for block in blocks(part) for jump in _jumps(block))
