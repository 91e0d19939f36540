"""The catalogue of languages: which language a path is in, and what is known of it. The data is `catalogue.toml`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Literal

_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+)*)?(?:\S*/)?([A-Za-z-]+)")


@dataclass(frozen=True)
class Language:
    """One row of the catalogue; what each column means stands at the top of `catalogue.toml`."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    grammar: str
    grammar_function: str = "language"
    file_names: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    dialect: str | None = None
    line_comment: tuple[str, ...] = ()
    block_comment: tuple[str, str] | None = None
    annotation: tuple[str, ...] = ()
    syntax_check: Literal["always", "changes"] = "always"
    linter: str | None = None


def language_of(path: str, text: str = "") -> Language | None:
    """The language of a path by its name or suffix (case does not matter in a suffix); None if the catalogue has none.

    A path without a suffix is judged by the first line of its text, where that names an interpreter (`#!/bin/sh`).
    The first call reads the catalogue from disk: from a coroutine call it in a thread.
    """
    known = _known()
    name = PurePosixPath(path).name
    suffix = PurePosixPath(path).suffix.lower()
    found = known.by_file_name.get(name) or known.by_suffix.get(suffix)
    if found is None and not suffix and (shebang := _SHEBANG.match(text)):
        found = known.by_interpreter.get(shebang[1])
    return found


def language_named(name: str) -> Language:
    """The language with this name in the catalogue; KeyError if there is none."""
    return _known().by_name[name]


def languages() -> tuple[Language, ...]:
    """Every language of the catalogue."""
    return tuple(_known().by_name.values())


@dataclass(frozen=True)
class _Known:
    by_name: Mapping[str, Language]
    by_file_name: Mapping[str, Language]
    by_suffix: Mapping[str, Language]
    by_interpreter: Mapping[str, Language]


@cache
def _known() -> _Known:
    rows = tomllib.loads(files("tercet_server.languages").joinpath("catalogue.toml").read_text("utf-8"))
    known = {name: _language(name, row) for name, row in rows.items()}
    return _Known(
        by_name=MappingProxyType(known),
        by_file_name={key: each for each in known.values() for key in each.file_names},
        by_suffix={key: each for each in known.values() for key in each.suffixes},
        by_interpreter={key: each for each in known.values() for key in each.interpreters},
    )


def _language(name: str, row: Mapping[str, object]) -> Language:
    columns = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Language(name=name, **{"queries": (name,), **columns})  # type: ignore[arg-type]  # a test reads every row
