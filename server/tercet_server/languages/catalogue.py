"""The catalogue of languages: which language a path is in, and what is known of it. The data is `catalogue.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Language:
    """One row of the catalogue. `outline` maps node types of the grammar to kinds of symbols."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    grammar: str
    file_names: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    linter: str | None = None
    outline: Mapping[str, str] = field(default_factory=dict, hash=False)


def language_of(path: str) -> Language | None:
    """The language of a path by its name or suffix (case does not matter in a suffix); None if the catalogue has none.

    The first call reads the catalogue from disk: from a coroutine call it in a thread.
    """
    name = PurePosixPath(path).name
    suffix = PurePosixPath(path).suffix.lower()
    for language in languages():
        if name in language.file_names or (suffix and suffix in language.suffixes):
            return language
    return None


@cache
def languages() -> tuple[Language, ...]:
    """Every language of the catalogue."""
    rows = tomllib.loads(files("tercet_server.languages").joinpath("catalogue.toml").read_text("utf-8"))
    return tuple(
        Language(
            name=name,
            title=row["title"],
            suffixes=tuple(row["suffixes"]),
            grammar=row["grammar"],
            file_names=tuple(row.get("file_names", ())),
            interpreters=tuple(row.get("interpreters", ())),
            linter=row.get("linter"),
            outline=row.get("outline", {}),
        )
        for name, row in rows.items()
    )
