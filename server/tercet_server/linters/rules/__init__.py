"""Tercet's own rules: habits that ruff does not mend, or does not look for unless it is told to. Pure; runs nothing.

A rule is a small class with a code, the code under which ruff knows the same (or ""), and `find`. Its findings and fixes have
ruff's shape. A new rule is a class here, a line in `RULES`, a row in `docs/rules.md` and a pair in its test.
"""

import re
from collections.abc import Iterator
from typing import Protocol

from tercet_server.linters.ruff import RuffFinding
from tercet_server.linters.rules import mistakes, queries, security
from tercet_server.linters.rules.source import Source
from tercet_server.linters.rules.sql import SqlByString

MOST_CHARACTERS = 1_000_000


class Rule(Protocol):
    code: str
    ruff: str
    """The code of ruff's rule about the same, "" if there is none: where ruff tells it, ours does not."""

    def find(self, source: Source) -> Iterator[RuffFinding]: ...


SECURITY: tuple[Rule, ...] = (
    security.YamlLoad(),
    security.ShellTrue(),
    security.WeakHash(),
    security.VerifyFalse(),
    security.Mktemp(),
    security.Pickle(),
    security.HardCodedSecret(),
    SqlByString(),
)
MISTAKES: tuple[Rule, ...] = (
    mistakes.MissingAwait(),
    mistakes.MutableDefault(),
    mistakes.BareExcept(),
    mistakes.MissingEncoding(),
    mistakes.NaiveDatetime(),
    mistakes.UnclosedFile(),
)
QUERIES: tuple[Rule, ...] = (
    queries.DjangoQueryInLoop(),
    queries.DjangoRelationInLoop(),
    queries.SqlAlchemyQueryInLoop(),
)
RULES = (*SECURITY, *MISTAKES, *QUERIES)
SECURITY_CODES = frozenset(each.code for each in SECURITY)

_NOQA = re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)


def own_findings(text: str, path: str = "", rules: tuple[Rule, ...] = RULES) -> list[RuffFinding]:
    """In the order of the text, without those that a noqa comment silences. Nothing for a text that is no Python.

    `path` in the workspace, with slashes: some rules pass over tests and migrations.
    """
    if len(text) > MOST_CHARACTERS:
        return []
    try:
        source = Source(text, path)
        found = [(rule, each) for rule in rules for each in rule.find(source)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    kept = [each for rule, each in found if not _is_silenced(source.line(each.location.row), rule)]
    return sorted(kept, key=lambda each: (each.location.row, each.location.column))


def _is_silenced(line: str, rule: Rule) -> bool:
    found = _NOQA.search(line)
    if found is None:
        return False
    codes = {each.upper() for each in re.split(r"[,\s]+", found["codes"] or "") if each}
    return not codes or bool(codes & {rule.code, rule.ruff})
