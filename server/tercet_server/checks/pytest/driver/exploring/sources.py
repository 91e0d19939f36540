"""Writes values as Python source that gives an equal value again: what a test says a call returns."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import math
import pathlib
import re
import sys
import types
import uuid
from dataclasses import fields, is_dataclass
from typing import Any

MOST_CHARACTERS = 400
"""A longer value is no longer read by a person."""

_DEPTH = 5
_STANDARD = (
    datetime.date, datetime.time, datetime.timedelta, datetime.timezone, fractions.Fraction, decimal.Decimal,
    uuid.UUID, pathlib.PurePath, range, slice, complex,
)  # fmt: skip
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+|object at ")


class Opaque(Exception):
    """A value that no short expression gives."""


class Source:
    """An expression, what it has to have imported (name → module, "" for the module itself), and whether a float is in it."""

    def __init__(self) -> None:
        self.imports: dict[str, str] = {}
        self.approximate = False
        self.text = ""


def source_of(value: Any) -> Source:
    """Raises Opaque."""
    source = Source()
    try:
        source.text = _write(value, source, _DEPTH)
    except RecursionError:
        raise Opaque from None
    if len(source.text) > MOST_CHARACTERS:
        raise Opaque
    return source


def _write(value: Any, source: Source, depth: int) -> str:
    kind = type(value)
    if value is None or kind in (bool, int, str, bytes):
        return _plain(value)
    if kind is float:
        return _float(value, source)
    if depth == 0:
        raise Opaque
    return _composed(value, source, depth)


def _composed(value: Any, source: Source, depth: int) -> str:
    kind = type(value)
    if kind in (list, tuple, set, frozenset, dict, collections.deque):
        return _container(value, source, depth - 1)
    if isinstance(value, enum.Enum):
        return _name(kind, source) + "." + _plain_word(value.name)
    if isinstance(value, (type, types.FunctionType)):
        return _name(value, source)
    if isinstance(value, types.BuiltinFunctionType) and value.__module__ == "builtins":
        return value.__name__
    return _object(value, source, depth - 1)


def _plain(value: Any) -> str:
    text = repr(value)
    if len(text) > MOST_CHARACTERS:
        raise Opaque
    return text


def _plain_word(name: Any) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        raise Opaque
    return name


def _float(value: float, source: Source) -> str:
    if math.isnan(value):
        raise Opaque
    if math.isinf(value):
        return "float('inf')" if value > 0 else "-float('inf')"
    source.approximate = source.approximate or value != int(value) or abs(value) > 1e15
    return repr(value)


def _container(value: Any, source: Source, depth: int) -> str:
    kind = type(value)
    if kind is dict:
        pairs = [_write(key, source, depth) + ": " + _write(each, source, depth) for key, each in value.items()]
        return "{" + ", ".join(pairs) + "}"
    items = [_write(each, source, depth) for each in value]
    if kind is list:
        return "[" + ", ".join(items) + "]"
    if kind is tuple:
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
    if kind is collections.deque:
        return _name(kind, source) + "([" + ", ".join(items) + "])"
    inner = "{" + ", ".join(sorted(items)) + "}" if items else ""
    if kind is set:
        return inner or "set()"
    return "frozenset(" + inner + ")"


def _object(value: Any, source: Source, depth: int) -> str:
    kind = type(value)
    if isinstance(value, _STANDARD) and _is_standard(kind):
        return _standard(value, source)
    if isinstance(value, (collections.Counter, collections.OrderedDict)) and kind.__module__ == "collections":
        return _name(kind, source) + "(" + (_container(dict(value), source, depth) if value else "") + ")"
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return _call(kind, [(name, getattr(value, name)) for name in kind._fields], source, depth)
    if is_dataclass(value) and kind.__dataclass_params__.eq:
        given = [(each.name, getattr(value, each.name)) for each in fields(value) if each.init]
        return _same(_call(kind, given, source, depth), value, source)
    if all(getattr(kind, name) is not getattr(object, name) for name in ("__eq__", "__repr__")):
        _name(kind, source)
        return _same(_plain_repr(value), value, source)
    raise Opaque


def _standard(value: Any, source: Source) -> str:
    kind = type(value)
    if kind.__module__ == "datetime":
        source.imports["datetime"] = ""
        return repr(value)
    if kind.__module__ != "builtins":
        if isinstance(value, pathlib.PurePath):
            kind = pathlib.PurePath if not isinstance(value, pathlib.Path) else pathlib.Path
            _name(kind, source)
            return kind.__name__ + "(" + repr(str(value)) + ")"
        _name(kind, source)
    return repr(value)


def _call(kind: type, given: list[tuple[str, Any]], source: Source, depth: int) -> str:
    arguments = ", ".join(name + "=" + _write(each, source, depth) for name, each in given)
    return _name(kind, source) + "(" + arguments + ")"


def _plain_repr(value: Any) -> str:
    text = repr(value)
    if _ADDRESS.search(text) or len(text) > MOST_CHARACTERS:
        raise Opaque
    return text


def _same(text: str, value: Any, source: Source) -> str:
    """The text, if evaluating it gives an equal value of the same type."""
    scope = {name: _found(name, module) for name, module in source.imports.items()}
    try:
        again = eval(text, dict(scope))  # noqa: S307  # in the sandbox, where this code runs anyway
        if type(again) is type(value) and bool(again == value):
            return text
    except Exception:  # noqa: BLE001  # foreign code
        raise Opaque from None
    raise Opaque


def _name(value: Any, source: Source) -> str:
    """The name under which a class or function is imported; one that cannot be found again is opaque."""
    name, module = getattr(value, "__qualname__", ""), getattr(value, "__module__", "") or ""
    top = name.partition(".")[0]
    if not all(part.isidentifier() for part in name.split(".")) or not module:
        raise Opaque
    found = _found(top, module)
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
    if found is not value:
        raise Opaque
    if module != "builtins":
        source.imports[top] = module
    return name


def _found(name: str, module: str) -> Any:
    return getattr(sys.modules.get(module), name, None) if module else sys.modules.get(name)


def _is_standard(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("builtins", "datetime", "fractions", "decimal", "uuid", "pathlib")
