"""Puts the changed bodies of a variant into the functions that exist already, so that nothing is imported anew.

Every reference to a function stays valid: it is the same object with other code. What a variant changes outside of
functions, or in a function that ran while the tests were imported, cannot be had this way, and is refused.
"""

from __future__ import annotations
import __future__

import ast
import gc
import importlib.util
import os
import sys
from types import CodeType, FunctionType
from typing import Any, List, Tuple  # Python 3.8 has no list[...] outside annotations

from .places import Places

Key = Tuple[str, int, str]  # evaluated at run time, also by Python 3.8
"""path in the workspace, first line, name: what the code of a function is known by"""

_OPTIMIZED = 0x1
"""The flag of a function's code, which the body of a class or module does not have."""

Change = Tuple[List[FunctionType], CodeType]  # evaluated at run time, also by Python 3.8


class Refused(Exception):
    """The variant has to be imported."""


class Functions:
    """The workspace's functions in this process, and which of them have run since `watch`."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._ran_codes: dict[int, CodeType] = {}
        self._ran: set[Key] = set()
        self._known: dict[Key, list[FunctionType]] = {}
        self._sources: dict[str, _Source] = {}

    def watch(self) -> None:
        ran = self._ran_codes

        def on_call(frame: Any, event: str, argument: Any) -> None:
            if event == "call":
                ran[id(frame.f_code)] = frame.f_code

        sys.setprofile(on_call)

    def take_stock(self) -> None:
        """Ends the watch; to be called before the collector's objects are frozen, or they are not found."""
        sys.setprofile(None)
        self._ran = {key for key in map(self._key, self._ran_codes.values()) if key is not None}
        self._ran_codes.clear()
        for each in gc.get_objects():
            if type(each) is FunctionType:
                key = self._key(each.__code__)
                if key is not None:
                    self._known.setdefault(key, []).append(each)

    def _key(self, code: CodeType) -> Key | None:
        path = self._places.relative(code.co_filename)
        return None if path is None else (path, code.co_firstlineno, code.co_name)

    def only(self, code: CodeType) -> FunctionType | None:
        """The function that runs `code`, if there is one alone."""
        key = self._key(code)
        known = self._known.get(key, []) if key is not None else []
        return known[0] if len(known) == 1 else None

    def swap(self, path: str, text: str) -> None:
        """Makes this process's functions of `path` those of `text`. Raises Refused, then nothing is changed."""
        if path not in self._sources:
            self._sources[path] = _Source(os.path.join(self._places.root, path))
        if self._sources[path].is_same(text):
            return
        old, new = self._sources[path].statements(text)
        changes = [self._change(path, *pair) for pair in _changed(old, new, _Keys(old))]
        for functions, code in changes:
            for function in functions:
                function.__code__ = code

    def _change(self, path: str, old: CodeType, new: CodeType, own: bool) -> Change:
        key = (path, old.co_firstlineno, old.co_name)
        if own and key in self._ran:
            raise Refused
        functions = self._known.get(key, [])
        if any(each.__code__.co_freevars != new.co_freevars for each in functions):
            raise Refused
        return functions, new


class _Source:
    """A file as it was imported. Raises Refused if it cannot be parsed."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            with open(path, "rb") as file:
                text = importlib.util.decode_source(file.read())
            tree = ast.parse(text)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            raise Refused from None
        self._lines = text.split("\n")
        self._flags = _future_flags(tree)
        self._spans = [_span(each) for each in tree.body]
        self._compiled: dict[int, CodeType] = {}

    def is_same(self, text: str) -> bool:
        return self._lines == _lines(text)

    def statements(self, text: str) -> tuple[CodeType, CodeType]:
        """The statement of the module in which `text` differs from the file, compiled: before and after."""
        lines = _lines(text)
        first, last = _difference(self._lines, lines)
        for start, end in self._spans:
            if start <= first and last <= end and (first < last or start < first):
                after = self._compile(lines[start : end + len(lines) - len(self._lines)], start)
                if start not in self._compiled:
                    self._compiled[start] = self._compile(self._lines[start:end], start)
                return self._compiled[start], after
        raise Refused

    def _compile(self, lines: list[str], start: int) -> CodeType:
        source = "\n" * start + "\n".join(lines) + "\n"
        try:
            tree = ast.parse(source)
            if len(tree.body) != 1:
                raise Refused
            code: CodeType = compile(source, self._path, "exec", flags=self._flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise Refused from None
        return code


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _span(statement: ast.stmt) -> tuple[int, int]:
    """Its lines from zero, decorators included, the end not."""
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)]) - 1, statement.end_lineno or statement.lineno


def _difference(old: list[str], new: list[str]) -> tuple[int, int]:
    """The lines of `old` (from zero, the end not included) that are different in `new`; empty where lines were put in."""
    most = min(len(old), len(new))
    first = next((at for at in range(most) if old[at] != new[at]), most)
    same = next((at for at in range(most - first) if old[-1 - at] != new[-1 - at]), most - first)
    return first, len(old) - same


def _future_flags(tree: ast.Module) -> int:
    flags = 0
    for each in tree.body:
        if isinstance(each, ast.ImportFrom) and each.module == "__future__":
            for alias in each.names:
                flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
    return flags


class _Keys:
    """Refuses code that another one of its statement could be taken for (two lambdas in one line)."""

    def __init__(self, code: CodeType) -> None:
        self._counts: dict[tuple[int, str], int] = {}
        self._count(code)

    def _count(self, code: CodeType) -> None:
        key = (code.co_firstlineno, code.co_name)
        self._counts[key] = self._counts.get(key, 0) + 1
        for each in _inner(code):
            self._count(each)

    def check(self, code: CodeType) -> None:
        if self._counts[code.co_firstlineno, code.co_name] > 1:
            raise Refused


def _changed(old: CodeType, new: CodeType, keys: _Keys) -> list[tuple[CodeType, CodeType, bool]]:
    """The functions to change: old code, new code, and whether it is the function's own or that of one inside it."""
    is_function = bool(old.co_flags & _OPTIMIZED)
    if _own(old) != _own(new):
        if not is_function:
            raise Refused
        keys.check(old)
        return [(old, new, True)]
    inside = [
        each
        for before, after in zip(_inner(old), _inner(new))  # as many; Python 3.8 has no `strict`
        for each in _changed(before, after, keys)
    ]
    if inside and is_function:
        keys.check(old)
        return [(old, new, False), *inside]
    return inside


def _inner(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """What a code object does, but for where it stands and for the code inside it."""
    constants = ["" if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return (
        *(code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars),
        *(code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags, code.co_name),
        getattr(code, "co_exceptiontable", b""),
    )
