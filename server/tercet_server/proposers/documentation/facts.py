"""What a function says of itself: parameters with types and defaults, what it returns, yields and raises. Pure; invents nothing."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Parameter:
    """`type` and `default` are source, "" where there is none; the name of `*args` has its stars."""

    name: str
    type: str = ""
    default: str = ""


@dataclass(frozen=True)
class Facts:
    """`returns` is None for a function that gives nothing back, "" for one whose type is not written."""

    parameters: tuple[Parameter, ...]
    returns: str | None
    yields: bool
    raises: tuple[tuple[str, str], ...]
    """Exception and condition ("" where none stands directly above it)."""


def facts_of(node: Function, *, is_method: bool) -> Facts:
    yields = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in _own(node))
    return Facts(tuple(_parameters(node, is_method)), _returned(node, yields), yields, tuple(_raised(node)))


def _parameters(node: Function, is_method: bool) -> Iterator[Parameter]:
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
    static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
    pairs = list(zip(positional, defaults, strict=True))[1 if is_method and not static else 0 :]
    for each, default in pairs:
        yield _parameter(each.arg, each, default)
    if given.vararg is not None:
        yield _parameter(f"*{given.vararg.arg}", given.vararg, None)
    for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield _parameter(each.arg, each, default)
    if given.kwarg is not None:
        yield _parameter(f"**{given.kwarg.arg}", given.kwarg, None)


def _parameter(name: str, argument: ast.arg, default: ast.expr | None) -> Parameter:
    written = ast.unparse(argument.annotation) if argument.annotation is not None else ""
    return Parameter(name, written, ast.unparse(default) if default is not None else "")


def _returned(node: Function, yields: bool) -> str | None:
    if node.returns is not None:
        written = ast.unparse(node.returns)
        return None if written in {"None", "NoReturn", "Never"} else written
    gives = any(isinstance(each, ast.Return) and each.value is not None for each in _own(node))
    return "" if gives or yields else None


def _raised(node: Function) -> Iterator[tuple[str, str]]:
    """Each exception once for each condition, in the order of the source; what is only raised again is left out."""
    known: set[tuple[str, str]] = set()
    for block, condition in _blocks(node.body, ""):
        for statement in block:
            if isinstance(statement, ast.Raise) and statement.exc is not None:
                kind = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
                pair = (ast.unparse(kind), condition)
                if pair not in known and pair[0].rpartition(".")[2][:1].isupper():
                    known.add(pair)
                    yield pair


def _blocks(body: list[ast.stmt], condition: str) -> Iterator[tuple[list[ast.stmt], str]]:
    yield body, condition
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _blocks(statement.body, ast.unparse(statement.test))
            yield from _blocks(statement.orelse, "")
        elif not isinstance(statement, Function | ast.ClassDef):
            for field in ("body", "orelse", "finalbody"):
                yield from _blocks(getattr(statement, field, []), "")
            for handler in getattr(statement, "handlers", []):
                yield from _blocks(handler.body, "")


def _own(node: Function) -> Iterator[ast.AST]:
    """What belongs to the function itself, not to functions inside."""
    left: list[ast.AST] = list(node.body)
    while left:
        each = left.pop()
        yield each
        if not isinstance(each, Function | ast.Lambda | ast.ClassDef):
            left += ast.iter_child_nodes(each)
