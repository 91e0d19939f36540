"""Repairs what a model nearly repaired: its edits that landed and did not pass say where to look, and are what to mutate.

Goes on where the model stopped: a small mutation of its edit, or of the lines that it held to be the cause.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from tercet_shared.edits import ChangeSet, FileEdit
from tercet_shared.errors import NotFound, StaleText, TooLarge, Unsupported
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, Progress

from tercet_server.edits import apply_file_edit
from tercet_server.ports import PrivateCopy, ProposerTask, ReportProgress
from tercet_server.proposers.repair.proposer import NAME, repairs
from tercet_server.proposers.suspicion import suspicious_lines

MOST_SEEDS = 3
"""Edits that are mutated, the latest ones: each gets an even share of the time that is left."""


class NearMissProposer:
    """Asked after the model: a second search of the `repair` proposer, with the model's edits as its seeds."""

    name = NAME
    intents = frozenset({Intent.FIX})

    def __init__(self, cost: int, in_flight: int = 4) -> None:
        """`cost`: just above the model's. `in_flight` as for the repair proposer."""
        self.cost = cost
        self._in_flight = in_flight

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        """Candidates that pass the failing tests and the passing ones of the same files."""
        if not task.step.tests:
            return
        seeds = await _seeds(task)
        for number, (path, text, lines) in enumerate(seeds):
            await progress(Progress(message=f"Looking for edits near what the model changed in {path}"))
            part = replace(task, deadline_s=task.deadline_s / (len(seeds) - number) if seeds else task.deadline_s)
            weights = {path: dict.fromkeys(lines, 1.0)}
            async with aclosing(repairs(part, {path: text}, weights, self._in_flight, progress)) as found:
                async for candidate in found:
                    yield candidate


async def _seeds(task: ProposerTask) -> list[tuple[str, str, list[int]]]:
    """(path, text, lines to suspect): first the lines it changed where nobody has looked, in the text as it was, for one small
    change is likelier right than two; then its edits, the latest first."""
    suspected = suspicious_lines(task)
    seeds: list[tuple[str, str, list[int]]] = []
    unlooked: dict[str, tuple[str, list[int]]] = {}
    for change in reversed(task.near_misses[-MOST_SEEDS:]):
        edit = _only_python_edit(change)
        before = None if edit is None else await _text(task.copy, edit.path)
        if edit is None or before is None:
            continue
        try:
            after = apply_file_edit(edit, before).after
        except StaleText:
            continue
        seeds.append((edit.path, after, _changed_lines(edit)))
        new = [line for line in _replaced_lines(edit) if line not in suspected.get(edit.path, {})]
        if new:
            unlooked[edit.path] = (before, sorted({*unlooked.get(edit.path, (before, []))[1], *new}))
    return [*((path, text, lines) for path, (text, lines) in unlooked.items()), *seeds]


def _only_python_edit(change: ChangeSet) -> FileEdit | None:
    """The search mutates one file at a time."""
    edit = change.files[0]
    return edit if len(change.files) == 1 and edit.path.endswith(".py") and edit.base_sha256 is not None else None


async def _text(copy: PrivateCopy, path: str) -> str | None:
    try:
        return await copy.read_text(path)
    except (NotFound, TooLarge, Unsupported):
        return None


def _changed_lines(edit: FileEdit) -> list[int]:
    """The lines of the text afterwards that the edit wrote, or between which it took something out."""
    lines: list[int] = []
    shift = 0
    for each in sorted(edit.edits, key=lambda each: each.range.start.as_tuple()):
        start, end = each.range.start.line, each.range.end.line
        written = each.new_text.count("\n")
        lines += range(start + shift, start + shift + written + 1)
        shift += written - (end - start)
    return lines


def _replaced_lines(edit: FileEdit) -> list[int]:
    """The lines of the text before that the edit changed."""
    return [line for each in edit.edits for line in range(each.range.start.line, each.range.end.line + 1)]
