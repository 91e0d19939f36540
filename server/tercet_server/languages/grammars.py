"""Loads grammars and their queries when they are first needed, once each. What cannot be loaded says why, and breaks nothing."""

import importlib
import threading
from dataclasses import dataclass
from importlib.resources import files

from tree_sitter import Language as Grammar
from tree_sitter import Query, QueryError

from tercet_server.languages.catalogue import Language


@dataclass(frozen=True)
class Loaded:
    """What a language's wheel and query files gave. `problem` is a sentence for a person, or None."""

    grammar: Grammar | None
    query: Query | None
    problem: str | None = None


def load(language: Language) -> Loaded:
    """Never raises. The first call for a language imports its grammar (some 10 ms); safe from any thread."""
    loaded = _loaded.get(language)
    if loaded is None:
        with _lock:
            loaded = _loaded.get(language) or _loaded.setdefault(language, _load(language))
    return loaded


def grammar_problem(language: Language) -> str | None:
    """Why the syntax of a language cannot be read here, in a sentence; None if it can."""
    return load(language).problem


_lock = threading.Lock()
_loaded: dict[Language, Loaded] = {}


def _load(language: Language) -> Loaded:
    try:
        grammar = Grammar(getattr(importlib.import_module(language.grammar), language.grammar_function)())
    except (ImportError, AttributeError, ValueError, TypeError, OSError) as error:
        return Loaded(None, None, f"The grammar of {language.title} ({language.grammar}) cannot be used: {error}")
    try:
        return Loaded(grammar, Query(grammar, _source(language)))
    except QueryError as error:
        return Loaded(grammar, None, f"The grammar of {language.title} is another than Tercet knows: {error}")


def _source(language: Language) -> str:
    folder = files("tercet_server.languages").joinpath("queries")
    return "\n".join(folder.joinpath(f"{name}.scm").read_text("utf-8") for name in language.queries)
