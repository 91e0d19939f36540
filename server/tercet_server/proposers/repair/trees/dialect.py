"""What the search knows of a language: a row of `dialects.toml`, whose words are explained there."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Dialect:
    languages: tuple[str, ...]
    binary: frozenset[str]
    unary: frozenset[str]
    call: frozenset[str]
    callee: str
    member: frozenset[str]
    index: frozenset[str]
    slice: frozenset[str]
    name: frozenset[str]
    number: frozenset[str]
    string: frozenset[str]
    truth: tuple[str, ...]
    function: frozenset[str]
    block: frozenset[str]
    statement: frozenset[str]
    condition: frozenset[str]
    assign: frozenset[str]
    equality: tuple[tuple[str, str], ...]
    terminator: str
    guard: str
    empty: tuple[str, ...]
    nothing: tuple[str, ...]
    extremes: tuple[str, ...]
    families: tuple[tuple[str, ...], ...]
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further operators that may have been meant for one."""

    def relatives(self, name: str) -> list[str]:
        """Names of which `name` is often written in place."""
        return [each for family in self.families if name in family for each in family if each != name]


@cache
def dialect_of(language: str) -> Dialect | None:
    """None for a language that the search does not know. The first call reads the table from disk."""
    return next((each for each in _dialects() if language in each.languages), None)


@cache
def _dialects() -> tuple[Dialect, ...]:
    source = files("tercet_server.proposers.repair.trees").joinpath("dialects.toml").read_text("utf-8")
    return tuple(_dialect(row) for row in tomllib.loads(source).values())


_SETS = frozenset(name for name, kind in Dialect.__annotations__.items() if kind == frozenset[str])


def _dialect(row: Mapping[str, object]) -> Dialect:
    columns: dict[str, Any] = {key: _frozen(value) for key, value in row.items()}  # a test reads every row
    columns.update({key: frozenset(columns[key]) for key in _SETS})
    return Dialect(**columns)


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items()}
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
