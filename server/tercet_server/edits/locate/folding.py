"""How strictly lines are compared: each level folds away one kind of difference that models make without meaning it."""

import html
import re
from collections.abc import Iterable
from enum import IntEnum


class Level(IntEnum):
    """From the strictest on. A looser one counts only where the stricter ones find nothing."""

    EXACT = 0
    TRAILING = 1
    """White space at the end of a line, which no reader sees."""
    INDENTATION = 2
    """Depth and kind of indentation: models shift blocks to the margin and write blanks for tabs."""
    TYPOGRAPHY = 3
    """Typographic quotes, dashes and blanks for plain ones, and runs of blanks within a line."""


_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", None),
        "\u2026": "...",
    }
)
_LINE_NUMBER = re.compile(r"^\s*(\d{1,7})(?:\t|→| {0,3}[|│] ?|: ?)(.*)$", re.DOTALL)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,5});")


def fold(lines: Iterable[str], level: Level) -> list[str]:
    """The lines as they are compared at this level."""
    if level is Level.EXACT:
        return list(lines)
    if level is Level.TRAILING:
        return [each.rstrip() for each in lines]
    if level is Level.INDENTATION:
        return [each.strip() for each in lines]
    return [" ".join(plain(each).split()) for each in lines]


def plain(line: str) -> str:
    """With plain quotes, dashes and blanks in place of typographic ones."""
    return line if line.isascii() else line.translate(_TYPOGRAPHY)


def indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def has_entities(lines: Iterable[str]) -> bool:
    return any("&" in each and _ENTITY.search(each) for each in lines)


def without_entities(lines: Iterable[str]) -> tuple[str, ...]:
    """With the characters that HTML entities stand for; an entity that would break the line stays."""
    return tuple(_ENTITY.sub(_character, each) for each in lines)


def _character(match: re.Match[str]) -> str:
    character = html.unescape(match[0])
    return match[0] if character in "\r\n" else character


def line_number(line: str) -> int | None:
    """The number that a line is prefixed with: `12 | text`, `12: text`, `12<tab>text`."""
    match = _LINE_NUMBER.match(line)
    return int(match[1]) if match else None


def without_line_number(line: str) -> str:
    match = _LINE_NUMBER.match(line)
    return match[2] if match else line
