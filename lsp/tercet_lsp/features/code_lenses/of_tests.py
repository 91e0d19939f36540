"""Code lenses of tests: how each went last, if that is known of its lines, with the commands that run and repair it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.arguments import Command
from tercet_lsp.convert.positions import to_editor_range
from tercet_lsp.documents import Document

if TYPE_CHECKING:
    from tercet_shared.outcomes import TestOutcome, TestOutcomes


def of(found: TestOutcomes, document: Document) -> Iterator[types.CodeLens]:
    """For the text that `found` is of."""
    for each in found.tests:
        where = to_editor_range(each.name_range, document.text, document.encoding)
        title = " · ".join(part for part in (_went(each), "run test") if part)
        yield _lens(where, f"Tercet: {title}", Command.RUN_TESTS, document.uri, each)
        if each.failed:
            yield _lens(where, "repair", Command.FIX, document.uri, each)


def is_current(outcome: TestOutcome) -> bool:
    """Whether it says how the test goes with everything as it is now."""
    return bool(_cases(outcome)) and not outcome.outdated


def _lens(where: types.Range, title: str, command: Command, uri: str, outcome: TestOutcome) -> types.CodeLens:
    arguments = [{"uri": uri, "tests": [outcome.test]}]
    return types.CodeLens(where, types.Command(title=title, command=command.value, arguments=arguments))


def _went(outcome: TestOutcome) -> str:
    told = _cases(outcome)
    if not told:
        return "changed since it ran" if outcome.outdated else ""
    if sum(told.values()) == 1:
        (words,) = told
    else:
        words = ", ".join(f"{number} {word}" for word, number in told.items())
    return f"{words} before a later change" if outcome.outdated else words


def _cases(outcome: TestOutcome) -> dict[str, int]:
    numbers = {"passed": outcome.passed, "failed": outcome.failed, "skipped": outcome.skipped}
    return {word: number for word, number in numbers.items() if number}
