"""What a Python module offers to others: its public functions, classes and methods with their parameters. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Offered:
    """`positional` are names in order, `required` those without a default; both are empty for a class."""

    name: str
    line: int
    node: Function | ast.ClassDef
    positional: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    takes_anything: bool = False
    asynchronous: bool = False


def interface(tree: ast.Module) -> dict[str, Offered]:
    """By name, "Class.method" for methods."""
    return {each.name: each for each in _offered(tree.body, "")}


def _offered(body: list[ast.stmt], owner: str) -> Iterator[Offered]:
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and _is_public(node.name, owner):
            name = f"{owner}{node.name}"
            if isinstance(node, ast.ClassDef):
                yield Offered(name, node.lineno - 1, node)
                yield from _offered(node.body, f"{name}.")
            else:
                yield _of_function(name, node, bool(owner))


def _is_public(name: str, owner: str) -> bool:
    return not name.startswith("_") or bool(owner and name in {"__init__", "__call__", "__enter__", "__iter__"})


def _of_function(name: str, node: Function, is_method: bool) -> Offered:
    given = node.args
    positional = [each.arg for each in (*given.posonlyargs, *given.args)]
    static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
    own = 1 if is_method and not static else 0
    required = positional[own : len(positional) - len(given.defaults)]
    named = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    required += [each.arg for each, default in named if default is None]
    names = frozenset([*positional[own:], *(each.arg for each in given.kwonlyargs)])
    anything = given.vararg is not None or given.kwarg is not None
    return Offered(
        name, node.lineno - 1, node, tuple(positional[own:]), frozenset(required), names, anything,
        isinstance(node, ast.AsyncFunctionDef),
    )  # fmt: skip


def breaks(before: dict[str, Offered], after: dict[str, Offered]) -> Iterator[tuple[int, str]]:
    """Line (of the new text) and sentence for each promise that no longer holds."""
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            owner = name.rpartition(".")[0]
            if not owner or owner in after:
                yield (after[owner].line if owner else 0), f"`{name}` is gone; whoever uses it breaks."
            continue
        yield from ((new.line, sentence) for sentence in _changes(old, new))


def _changes(old: Offered, new: Offered) -> Iterator[str]:
    if isinstance(old.node, ast.ClassDef) or isinstance(new.node, ast.ClassDef):
        return
    added = sorted(new.required - old.names)
    if added:
        yield f"`{old.name}` now demands {_listed(added)}; older calls do not give that."
    removed = [] if new.takes_anything else sorted(old.names - new.names)
    if removed:
        yield f"`{old.name}` no longer takes {_listed(removed)}."
    kept = [each for each in old.positional if each in new.positional]
    if not removed and kept != [each for each in new.positional if each in old.positional]:
        yield f"`{old.name}` takes its parameters in another order."
    demanded = sorted((new.required & old.names) - old.required)
    if demanded:
        yield f"`{old.name}` has no default for {_listed(demanded)} any more."
    if old.asynchronous != new.asynchronous:
        yield f"`{old.name}` is {'now a coroutine' if new.asynchronous else 'no coroutine any more'}."


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)
