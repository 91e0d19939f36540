"""What comes of a refactoring: the replacements that make it, or a reason why it is not offered. Pure."""

from __future__ import annotations

from dataclasses import dataclass


class Refused(Exception):
    """It cannot be shown that the code would do the same. The sentence is for the user; it never leaves this package."""


@dataclass(frozen=True)
class Replacement:
    """A stretch of the text and what stands there afterwards."""

    start: int
    end: int
    new_text: str


@dataclass(frozen=True)
class Change:
    """A refactoring that was proved: `title` says what it does."""

    title: str
    replacements: tuple[Replacement, ...]


def applied(text: str, start: int, end: int, replacements: tuple[Replacement, ...]) -> str:
    """The stretch of the text from `start` to `end` after those replacements that are in it."""
    pieces, done = [], start
    for each in sorted(replacements, key=lambda each: each.start):
        if start <= each.start and each.end <= end:
            pieces += [text[done : each.start], each.new_text]
            done = each.end
    return "".join([*pieces, text[done:end]])
