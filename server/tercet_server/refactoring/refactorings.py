"""Answers what can be refactored at a range of one text: each with its edits, or with why it is not offered. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from tercet_shared.edits import Range, TextEdit
from tercet_shared.refactoring import Refactoring, RefactoringKind

from tercet_server.refactoring import extract_function, extract_variable, inline_variable
from tercet_server.refactoring.outcome import Change, Refused
from tercet_server.refactoring.selection import Selection, selection
from tercet_server.refactoring.source import Source

TEXT_CHARACTERS = 500_000
"""A longer text is left alone: reading it would hold up everybody else."""

_KINDS: tuple[tuple[RefactoringKind, str, Callable[[Selection], Change | None]], ...] = (
    (RefactoringKind.EXTRACT_VARIABLE, extract_variable.TITLE, extract_variable.extract_variable),
    (RefactoringKind.EXTRACT_FUNCTION, extract_function.TITLE, extract_function.extract_function),
    (RefactoringKind.INLINE_VARIABLE, inline_variable.TITLE, inline_variable.inline_variable),
)


def refactorings(text: str, where: Range) -> list[Refactoring]:
    """What the range may be meant for, in a fixed order; nothing for a text that is no whole Python.

    CPU-bound, some 30 ms for 5,000 lines that were not looked at just before: call it in a thread.
    """
    if len(text) > TEXT_CHARACTERS:
        return []
    try:
        source = _read(text)
        start, end = source.offset(*where.start.as_tuple()), source.offset(*where.end.as_tuple())
        selected = selection(source, start, end)
        answers = (_answer(selected, *each) for each in _KINDS)
        return [each for each in answers if each is not None]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # no Python, a newer one than ours, or nested deeper than can be followed


@lru_cache(maxsize=2)
def _read(text: str) -> Source:
    return Source.of(text)


def _answer(
    selected: Selection, kind: RefactoringKind, title: str, change_of: Callable[[Selection], Change | None]
) -> Refactoring | None:
    try:
        change = change_of(selected)
    except Refused as refused:
        return Refactoring(kind=kind, title=title, refusal=str(refused))
    return None if change is None else Refactoring(kind=kind, title=change.title, edits=_edits(selected.source, change))


def _edits(source: Source, change: Change) -> list[TextEdit]:
    """In the order of the text."""
    return [
        TextEdit(range=Range(start=source.position(each.start), end=source.position(each.end)), new_text=each.new_text)
        for each in sorted(change.replacements, key=lambda each: (each.start, each.end))
    ]
