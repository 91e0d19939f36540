"""Where an extracted function goes and what it is called: at the top of the file, above what it came from. Pure.

Also out of a class: a function of the file is found whatever the instance is, and no subclass, decorator or metaclass meets it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from tercet_server.refactoring.naming import function_name
from tercet_server.refactoring.outcome import Refused
from tercet_server.refactoring.places import function_around
from tercet_server.refactoring.selection import Selection
from tercet_server.refactoring.source import FUNCTIONS, Source

_PRIVATE = re.compile(r"\b__(?!\w*__\b)\w+")
_WORDS = re.compile(r"[a-z]+")
_COMPILING = frozenset(
    {"jit", "njit", "pjit", "vectorize", "guvectorize", "stencil", "kernel", "script", "compile", "cuda"}
)
"""Words in decorators that compile a function from its source, together with nothing that it calls."""


@dataclass(frozen=True)
class Home:
    """`offset` is the start of a line."""

    name: str
    offset: int


def home_of(selected: Selection) -> Home:
    """Raises Refused where there is none."""
    _refuse_compiled(selected)
    function, code = function_around(selected), selected.source.text[slice(*selected.span)]
    if _PRIVATE.search(code) and any(isinstance(each, ast.ClassDef) for each in selected.path):
        raise Refused("It uses private names of the class, which a function outside has not.")
    top = selected.path[1]
    assert isinstance(top, ast.stmt)
    return Home(function_name(selected.source, function.name if function else ""), _above(selected.source, top))


def _above(source: Source, top: ast.stmt) -> int:
    """Before a statement at the top of the file and the comments that belong to it."""
    start, _ = source.whole_span(top)
    if source.indent(start) != "" or source.text[: source.line_start(start)].rstrip("\r\n").endswith("\\"):
        raise Refused("Its statement shares a line with another one.")
    offset = above = source.line_start(start)
    while above > 0 and source.text[source.line_start(above - 1) :].startswith("#"):
        above = source.line_start(above - 1)
    return above if above > 0 and source.text[source.line_start(above - 1) : above].isspace() else offset


def _refuse_compiled(selected: Selection) -> None:
    around = (each for each in selected.path if isinstance(each, (*FUNCTIONS, ast.ClassDef)))
    decorators = (selected.source.code(decorator) for each in around for decorator in each.decorator_list)
    if any(_COMPILING & set(_WORDS.findall(each.lower())) for each in decorators):
        raise Refused("A decorator compiles the function from its source.")
