"""What an editor may configure: `initializationOptions`, every one with a default. Reads them, does nothing with them.

A wrong or unknown option never stops the server: it falls back to its default, and a sentence says so.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

SOURCES = frozenset({"syntax", "lint", "tests", "suspect"})
"""The families of findings, as `tercet_shared.findings.Source` names them."""


@dataclass(frozen=True)
class Settings:
    """The options of one editor session."""

    trust: str | None = None
    """What the editor knows of the workspaces' trust: "trusted", "untrusted", or None to ask."""
    interpreter: str | None = None
    """The Python that the user chose in the editor."""
    tests_run: str = "onSave"
    """When to run the tests by oneself: "onSave" or "never"."""
    diagnostics_sources: frozenset[str] = SOURCES
    """The families of findings to show."""
    hover_symbols: bool = True
    """Whether a hover over a name says what it is and who uses it."""
    navigation: bool = False
    """Whether to answer definitions, references and calls: for languages that no other server of the editor serves."""
    failure_hints: bool = False
    """Whether to show as inlay hints what failing tests saw."""
    test_lenses: bool = True
    """Whether to show above a test how it went last, with commands that run and repair it."""
    documents_max_bytes: int = 1_000_000
    """Documents larger than this (UTF-8) are left alone."""
    log_level: int = logging.WARNING
    """What the editor's log shows of the server, as `logging` counts."""


DEFAULTS = Settings()

LOG_LEVELS = {
    "off": logging.CRITICAL + 1,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}


@dataclass(frozen=True)
class _Option:
    field: str
    accepts: Callable[[Any], bool]
    expected: str
    convert: Callable[[Any], Any] = lambda value: value


OPTIONS: Mapping[str, _Option] = {
    "trust": _Option("trust", lambda value: value in ("trusted", "untrusted"), '"trusted" or "untrusted"'),
    "interpreter": _Option("interpreter", lambda value: isinstance(value, str) and value != "", "a path"),
    "tests.run": _Option("tests_run", lambda value: value in ("onSave", "never"), '"onSave" or "never"'),
    "diagnostics.sources": _Option(
        "diagnostics_sources",
        lambda value: isinstance(value, list) and all(each in SOURCES for each in value),
        f"a list of {', '.join(sorted(SOURCES))}",
        frozenset,
    ),
    "hover.symbols": _Option("hover_symbols", lambda value: isinstance(value, bool), "true or false"),
    "navigation.enabled": _Option("navigation", lambda value: isinstance(value, bool), "true or false"),
    "inlayHints.failures": _Option("failure_hints", lambda value: isinstance(value, bool), "true or false"),
    "codeLens.tests": _Option("test_lenses", lambda value: isinstance(value, bool), "true or false"),
    "log.level": _Option(
        "log_level", lambda value: value in LOG_LEVELS, f"one of {', '.join(LOG_LEVELS)}", LOG_LEVELS.__getitem__
    ),
    "documents.maxBytes": _Option(
        "documents_max_bytes",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 10_000_000,
        "a whole number from 1 to 10000000",
    ),
}
"""Every option by its dotted name; editors nest them (`{"tests": {"run": "never"}}`) or not."""


def read(options: object, onto: Settings = DEFAULTS, *, knows_all: bool = True) -> tuple[Settings, list[str]]:
    """The settings that an editor gives, laid over `onto`, and a sentence about each one that could not be used.

    `knows_all` is false where others' options stand among ours.
    """
    if options is None:
        return onto, []
    if not isinstance(options, Mapping):
        return onto, ["Tercet's initializationOptions must be an object; the defaults are used."]
    settings, problems = onto, []
    for name, value in _flatten(options):
        option = OPTIONS.get(name)
        if option is None:
            if not knows_all:
                continue
            problems.append(f"Tercet knows no option {name!r}; it has: {', '.join(OPTIONS)}.")
        elif value == "" and option.field == "interpreter":
            continue  # how an editor's settings say "none chosen"
        elif value is not None and not _accepted(option, value):
            problems.append(f"Tercet's option {name!r} must be {option.expected}, not {value!r}; the default is used.")
        elif value is not None:
            settings = replace(settings, **{option.field: option.convert(value)})
    return settings, problems


def _accepted(option: _Option, value: Any) -> bool:
    try:
        return option.accepts(value)
    except TypeError:  # an unhashable value compared with a set
        return False


def _flatten(options: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in options.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and name not in OPTIONS and any(each.startswith(f"{name}.") for each in OPTIONS):
            yield from _flatten(value, f"{name}.")
        else:
            yield name, value
