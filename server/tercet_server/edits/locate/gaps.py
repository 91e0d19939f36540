"""Finds lines that stand in a file with small gaps: blank lines more or less, a line of context that the model left out,
a comment that it reworded. Lines that the edit removes must all be there."""

from collections.abc import Iterator, Sequence

from tercet_server.edits.locate.alignment import Alignment, changes
from tercet_server.edits.locate.folding import Level, fold
from tercet_server.edits.locate.likeness import is_like, is_solid
from tercet_server.edits.locate.page import Page
from tercet_server.edits.requests import Reading

_MAX_STARTS = 200
_MAX_BLANKS = 3
_MAX_FAULTS = 2
_SOLID_PER_FAULT = 3


def gapped(page: Page, reading: Reading) -> list[Alignment]:
    """Every place where the lines stand so, each with its faults."""
    old = fold(reading.old, Level.TYPOGRAPHY)
    removed = _removed(reading, old)
    solid = sum(map(is_solid, old))
    allowed = min(_MAX_FAULTS, solid // _SOLID_PER_FAULT)
    anchor = _anchor(page, old, removed)
    if anchor is None:
        return []
    walker = _Walker(page.folded(Level.TYPOGRAPHY), old, removed)
    found: dict[tuple[int | None, ...], Alignment] = {}
    for place in page.places(old[anchor])[:_MAX_STARTS]:
        for places, faults in walker.from_anchor(anchor, place, allowed):
            found.setdefault(places, Alignment(reading, places, Level.TYPOGRAPHY, faults))
    return list(found.values())


def _removed(reading: Reading, old: Sequence[str]) -> frozenset[int]:
    return frozenset(
        at
        for change in changes(reading, Level.TYPOGRAPHY)
        for at in range(change.before_start, change.before_end)
        if old[at]
    )


def _anchor(page: Page, old: Sequence[str], removed: frozenset[int]) -> int | None:
    """The line that stands in the fewest places; none if a line to remove stands nowhere."""
    counts = {at: len(page.places(line)) for at, line in enumerate(old) if line}
    if any(not counts[at] for at in removed):
        return None
    present = {at: count for at, count in counts.items() if count}
    return min(present, key=lambda at: (present[at], -len(old[at])), default=None)


class _Walker:
    """Walks from one line found in the file to both sides, line by line.

    Where an edit only inserts, its context is all the evidence there is: then a line that says something must stand beyond
    one that was passed over.
    """

    def __init__(self, lines: Sequence[str], old: Sequence[str], removed: frozenset[int]) -> None:
        self._lines, self._old, self._removed = lines, old, removed
        self._sure = any(is_solid(old[at]) for at in removed)

    def from_anchor(self, anchor: int, place: int, allowed: int) -> Iterator[tuple[tuple[int | None, ...], int]]:
        down = self._walk(anchor, place, 1, allowed)
        if down is None:
            return
        up = self._walk(anchor, place, -1, allowed - down[1])
        if up is not None:
            places = (*reversed(up[0]), place, *down[0])
            yield places, up[1] + down[1]

    def _walk(self, anchor: int, place: int, step: int, allowed: int) -> tuple[list[int | None], int] | None:
        places: list[int | None] = []
        faults, at, blanks, reworded, proved = 0, place + step, 0, False, True
        index = anchor + step
        while 0 <= index < len(self._old):
            wanted, line = self._old[index], self._line(at)
            if line is not None and wanted == line:
                places.append(at)
                proved = proved or is_solid(wanted)
                index, at, blanks = index + step, at + step, 0
            elif not wanted:
                places.append(None)
                index += step
            elif line == "" and blanks < _MAX_BLANKS:
                at, blanks = at + step, blanks + 1
            elif line and faults < allowed and not reworded and index not in self._removed and is_like(wanted, line):
                places.append(at)
                faults, index, at, blanks, reworded = faults + 1, index + step, at + step, 0, True
            elif faults < allowed and line is not None:
                faults, at, proved = faults + 1, at + step, False
            else:
                return None
        return (places, faults) if proved or self._sure else None

    def _line(self, at: int) -> str | None:
        return self._lines[at] if 0 <= at < len(self._lines) else None
