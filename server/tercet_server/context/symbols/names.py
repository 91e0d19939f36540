"""Names in texts: which one stands at a place, and where one occurs. Pure."""

import re
from collections.abc import Iterable, Iterator

from tercet_server.languages import Definition

MOST_CHARACTERS = 500
"""No name that anybody wrote is longer."""

_NAME = re.compile(r"(?<!\w)[^\W\d]\w*")


def name_at(line: str, character: int) -> tuple[str, int] | None:
    """The name that stands at a character of a line, or ends there, and where it begins."""
    for match in _NAME.finditer(line, max(0, character - MOST_CHARACTERS), character + MOST_CHARACTERS):
        if match.start() <= character <= match.end():
            return match[0], match.start()
    return None


def occurrences(lines: Iterable[str], name: str) -> Iterator[tuple[int, int]]:
    """Line and character of every place where the name stands as a whole word."""
    whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for number, line in enumerate(lines):
        if name in line:
            yield from ((number, match.start()) for match in whole.finditer(line))


def named_here(definitions: Iterable[Definition], name: str, line: int, character: int) -> Definition | None:
    """The definition whose own name stands at the place."""
    return next(
        (
            each
            for each in definitions
            if each.name == name and (each.name_line, each.name_character) == (line, character)
        ),
        None,
    )
