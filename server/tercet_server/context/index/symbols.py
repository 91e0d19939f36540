"""Finds definitions by what somebody types of their names."""

import re

import sqlite_utils

_CANDIDATES = 5_000
_WORD_START = re.compile(r"(?:^|[_\W])(\w)|(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])")


def matching(database: sqlite_utils.Database, typed: str, limit: int) -> list[tuple[str, int, int]]:
    """Name, content and ordinal of the definitions whose names have the characters of `typed` in that order; best first.

    A name that is equal comes before one that begins with it, then one with a word that does, one that has it anywhere, one
    whose words have these initials, and the rest; shorter names first.
    """
    if not typed.strip():
        return []
    pattern = "%" + "%".join(_escaped(character) for character in typed.strip()) + "%"
    found = database.conn.execute(
        "SELECT name, content, ordinal FROM definitions WHERE name LIKE ? ESCAPE '\\' ORDER BY length(name) LIMIT ?",
        (pattern, max(limit, _CANDIDATES)),
    ).fetchall()
    found.sort(key=lambda row: (_distance(row[0], typed.strip()), len(row[0]), row[0]))
    return found[:limit]


def _escaped(character: str) -> str:
    return f"\\{character}" if character in "%_\\" else character


def _distance(name: str, typed: str) -> int:
    folded, sought = name.lower(), typed.lower()
    if name == typed:
        return 0
    if folded == sought:
        return 1
    if folded.startswith(sought):
        return 2
    starts = [match.start() + len(match[0]) - 1 for match in _WORD_START.finditer(name)]
    if any(folded.startswith(sought, start) for start in starts):
        return 3
    if sought in folded:
        return 4
    return 5 if "".join(folded[start] for start in starts).startswith(sought) else 6
