"""Names for what is extracted: telling where the code tells, and never one that is used already where they are seen. Pure."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Callable, Sequence
from itertools import count

from tercet_server.refactoring.scopes import names_in
from tercet_server.refactoring.source import Source

_VERBS = ("get_", "compute_", "make_", "build_", "find_", "load_", "read_", "create_", "to_", "is_")
_TAKEN = frozenset({*dir(builtins), *keyword.kwlist, *keyword.softkwlist})


def variable_name(value: ast.expr, seen_by: Sequence[ast.stmt], prefix: str = "") -> str:
    """`seen_by`: the code that sees the variable; whatever names it has are not taken."""
    wanted = _telling(value).strip("_").lower()
    is_fine = wanted.isascii() and wanted.isidentifier() and wanted not in _TAKEN
    return _fresh(prefix + (wanted if is_fine else "value"), names_in(seen_by).__contains__)


def function_name(source: Source, of: str) -> str:
    """For a part of the function `of`, "" for one of the file's top."""
    stem = of.strip("_")
    return _fresh(f"_{stem}_part" if stem else "_extracted", source.mentions)


def _telling(value: ast.expr) -> str:
    match value:
        case ast.Await(value=inner) | ast.Call(func=inner) if isinstance(inner, ast.expr):
            found = _telling(inner)
            verb = next((each for each in _VERBS if found.startswith(each) and len(found) > len(each)), "")
            return found.removeprefix(verb)
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case _:
            return ""


def _fresh(wanted: str, is_used: Callable[[str], bool]) -> str:
    numbered = (wanted if number == 1 else f"{wanted}_{number}" for number in count(1))
    return next(each for each in numbered if not is_used(each))
