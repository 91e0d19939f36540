"""Three-way merge by lines: two sets of changes to one base, or a conflict that names the lines. No I/O.

Algorithm: diff3 (Khanna, Kunal, Pierce: "A formal investigation of Diff3", 2007), strict: changes conflict where they share
a line of the base or insert at one place, and are both kept where they merely touch.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tercet_shared.errors import UndoConflict

from tercet_server.edits.diff import Hunk, line_hunks
from tercet_server.edits.lines import split_lines


class _Change(NamedTuple):
    """Lines `start:end` of the base become `lines`; `at` is where these stand in the changed text."""

    start: int
    end: int
    lines: tuple[str, ...]
    at: int

    def conflicts_with(self, other: "_Change") -> bool:
        if self.start == self.end == other.start == other.end:
            return True
        return self.start < other.end and other.start < self.end


def merge3(base: str, ours: str, theirs: str) -> str:
    """`base` with the changes of both; what both changed alike is taken once.

    Raises UndoConflict where they changed the same lines differently: `data["ranges"]` holds [first, end) pairs of lines
    of `ours`, from zero.
    """
    if theirs in (ours, base):
        return ours
    if base == ours:
        return theirs
    base_lines, our_lines = split_lines(base), split_lines(ours)
    our_changes = _changes(base_lines, our_lines)
    their_changes = [each for each in _changes(base_lines, split_lines(theirs)) if not _among(each, our_changes)]
    if ranges := list(_conflicts(our_changes, their_changes)):
        raise UndoConflict(
            f"Later edits overlap the ones to undo in {_in_words(ranges)}; nothing was changed. "
            "Undo those later edits first, or change the lines by hand.",
            ranges=[[start, end] for start, end in ranges],
        )
    return "".join(_applied(base_lines, sorted([*our_changes, *their_changes])))


def _changes(base: list[str], changed: list[str]) -> list[_Change]:
    def change(hunk: Hunk) -> _Change:
        lines = tuple(changed[hunk.after_start : hunk.after_end])
        return _Change(hunk.before_start, hunk.before_end, lines, hunk.after_start)

    return [change(hunk) for hunk in line_hunks(base, changed)]


def _among(change: _Change, others: list[_Change]) -> bool:
    """Whether the others have made the same change."""
    return any(change[:3] == other[:3] for other in others)


def _conflicts(ours: list[_Change], theirs: list[_Change]) -> Iterator[tuple[int, int]]:
    """Line ranges of our text that a change of theirs conflicts with."""
    for mine in ours:
        if any(mine.conflicts_with(other) for other in theirs):
            yield (mine.at, mine.at + len(mine.lines))


def _applied(base: list[str], changes: list[_Change]) -> Iterator[str]:
    done = 0
    for change in changes:
        yield from base[done : change.start]
        yield from change.lines
        done = change.end
    yield from base[done:]


def _in_words(ranges: list[tuple[int, int]]) -> str:
    """Lines as a person counts them: "line 3, lines 7-9"."""
    return ", ".join(f"line {start + 1}" if end <= start + 1 else f"lines {start + 1}-{end}" for start, end in ranges)
