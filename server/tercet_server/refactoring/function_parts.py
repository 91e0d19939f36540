"""What a function made of selected code must be given and must give back, or why there can be none that does the same. Pure."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tercet_server.refactoring.afterwards import read_after
from tercet_server.refactoring.flow import NOTHING, Flow, Known, loads, stored, surely_set
from tercet_server.refactoring.outcome import Refused
from tercet_server.refactoring.places import function_around
from tercet_server.refactoring.scopes import (
    COMPREHENSIONS,
    Comprehension,
    bindings,
    captured,
    function_bindings,
    own_nodes,
    parameters,
)
from tercet_server.refactoring.selection import Selection
from tercet_server.refactoring.source import Function
from tercet_server.refactoring.ties import refuse_foreign_names, refuse_ties

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_LATER = (ast.Lambda, ast.GeneratorExp)


@dataclass(frozen=True)
class Parts:
    """`results` are the variables that it returns; `is_end`: it returns what its caller is to return."""

    parameters: tuple[str, ...]
    results: tuple[str, ...] = ()
    is_end: bool = False


# -- an expression ---------------------------------------------------------------------------------------------------------


def parts_of_expression(selected: Selection) -> Parts:
    """Raises Refused."""
    value, function = selected.expression, function_around(selected)
    assert value is not None
    if isinstance(value, ast.Name | ast.Constant):
        raise Refused("There is nothing in it to extract.")
    if isinstance(selected.scope, ast.ClassDef):
        raise Refused("It reads names of the class, which a function does not see.")
    refuse_ties([value], selected.source.code(value), selected.source.stack_readers)
    inner = _bound_around(selected.statement_path)
    own = set(function_bindings(function)) if function else set()
    refuse_foreign_names(selected, [value], own | inner)
    needed = tuple(dict.fromkeys(name for name in loads(value) if name in own | inner))
    later = captured([value])
    if later & inner:
        raise Refused("A function in it uses a variable of a comprehension or lambda.")
    if function is not None:
        known = surely_set(_from(selected, function), own)
        _refuse_unsure(selected, [each for each in needed if each not in inner], known)
        _refuse_shared(selected, function, later & set(needed))
    return Parts(needed)


def _bound_around(path: Sequence[ast.AST]) -> set[str]:
    """The variables of the comprehensions and lambdas that an expression is in."""
    names: set[str] = set()
    for node, child, below in zip(path, path[1:], [*path[2:], None], strict=False):
        if isinstance(node, ast.Lambda) and child is node.body:
            names.update(parameters(node.args))
        elif isinstance(node, COMPREHENSIONS):
            names.update(*(stored(each.target) for each in _generators_before(node, child, below)))
    return names


def _generators_before(node: Comprehension, child: ast.AST, below: ast.AST | None) -> list[ast.comprehension]:
    """Those that have begun when the child (or what is below it, in a generator) is evaluated."""
    for index, each in enumerate(node.generators):
        if each is child:
            return node.generators[: index if below is each.iter else index + 1]
    return node.generators


# -- statements ------------------------------------------------------------------------------------------------------------


def parts_of_statements(selected: Selection) -> Parts:
    """Raises Refused."""
    function, statements = function_around(selected), selected.statements
    if function is None:
        raise Refused("Statements can be extracted from within a function only.")
    refuse_ties(statements, selected.source.text[slice(*selected.span)], selected.source.stack_readers)
    own, bound = function_bindings(function), bindings(statements)
    refuse_foreign_names(selected, statements, set(own))
    flow = Flow(own)
    out = flow.block(statements, NOTHING)
    known = surely_set([*_from(selected, function), statements[0]], own)
    read, read_if_broken_off = read_after(selected.path, statements[-1], bound)
    results = [each for each in bound if each in read] if out is not None else []
    needed = _with_old_values(flow.exposed, results, out)
    _refuse_unsure(selected, needed, known)
    _refuse_half_done(statements, set(bound) & read_if_broken_off)
    _refuse_lost_variables(function, statements, results)
    _refuse_shared(selected, function, captured(statements) & set(own))
    if captured(function.body, but_not=statements) & set(bound):
        raise Refused("A function or lambda elsewhere uses a variable that is set in it.")
    return Parts(tuple(needed), tuple(results), _is_end(selected, function, out))


def _with_old_values(needed: list[str], results: list[str], out: Known) -> list[str]:
    """A result that is not always set keeps the value that it had."""
    assert out is not None or not results
    return [*needed, *(each for each in results if each not in (out or NOTHING) and each not in needed)]


def _is_end(selected: Selection, function: Function, out: Known) -> bool:
    """Whether the call is to be returned. Raises Refused where it would depend."""
    if not any(isinstance(each, ast.Return) for each in own_nodes(selected.statements)):
        return False
    is_last = selected.path[-1] is function and selected.block[-1] is selected.statements[-1]
    if out is not None and not is_last:
        raise Refused("It returns on some ways, and goes on on others.")
    if isinstance(function, ast.AsyncFunctionDef) and any(
        isinstance(each, ast.Yield) for each in own_nodes(function.body)
    ):
        raise Refused("An asynchronous generator returns nothing.")
    return True


def _refuse_half_done(statements: Sequence[ast.stmt], seen: set[str]) -> None:
    """`seen`: what is set in the statements and may be read after an exception broke them off."""
    *before, last = statements
    is_plain = isinstance(last, ast.Assign) and len(last.targets) == 1 and _is_plain(last.targets[0])
    if seen and (not is_plain or seen & set(bindings(before))):
        raise Refused(f"If an exception breaks it off, `{min(seen)}` is read as far as it was set.")


def _is_plain(target: ast.expr) -> bool:
    """Whether all of it is set, or nothing."""
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return all(isinstance(each, ast.Name) for each in parts)


def _refuse_lost_variables(function: Function, statements: Sequence[ast.stmt], results: Sequence[str]) -> None:
    """A variable that is set nowhere else would no longer be one of its function, and its other reads mean a global one."""
    own, bound = function_bindings(function), bindings(statements)
    lost = {name for name in bound if name not in results and own[name] == bound[name]}
    read = Counter(name for each in function.body for name in loads(each) if name in lost)
    read.subtract(name for each in statements for name in loads(each) if name in lost)
    if any(count > 0 for count in read.values()):
        raise Refused("A variable that is set in it is read elsewhere, before it or on another way.")


# -- both ------------------------------------------------------------------------------------------------------------------


def _from(selected: Selection, function: Function) -> list[ast.AST]:
    """The path from the function to the innermost statement around what is selected."""
    path = selected.path if selected.statements else selected.path[: -len(selected.statement_path) + 1 or None]
    return list(path[next(index for index, each in enumerate(path) if each is function) :])


def _refuse_unsure(selected: Selection, needed: Iterable[str], known: Known) -> None:
    if known is None:
        raise Refused("It is never reached.")
    function = function_around(selected)
    assert function is not None
    unset = _unset(function, later=any(isinstance(each, _LATER) for each in selected.path))
    for name in needed:
        if name not in known or name in unset:
            raise Refused(f"`{name}` may not be set yet.")
        if name in selected.source.rebound:
            raise Refused(f"`{name}` may be set by another function meanwhile.")


def _unset(function: Function, *, later: bool) -> set[str]:
    """The names that are deleted somewhere, as handlers do with those of their exceptions.

    Within its handler such a name is sure, unless it is that of another variable too, or is read `later`.
    """
    nodes = list(own_nodes(function.body))
    names = {
        name.id
        for each in nodes
        if isinstance(each, ast.Delete)
        for name in ast.walk(each)
        if isinstance(name, ast.Name)
    }
    handled = Counter(each.name for each in nodes if isinstance(each, ast.ExceptHandler) and each.name)
    counts = function_bindings(function)
    return names | {name for name, count in handled.items() if later or counts[name] > count}


def _refuse_shared(selected: Selection, function: Function, later: set[str]) -> None:
    """`later`: variables of the function that a lambda, function or generator in what is selected may use later."""
    counts = function_bindings(function)
    repeated = any(isinstance(each, _LOOPS) for each in _from(selected, function))
    for name in later:
        if counts[name] != 1 or (repeated and name not in parameters(function.args)):
            raise Refused(f"`{name}` is used by a lambda or generator in it, and may change meanwhile.")
