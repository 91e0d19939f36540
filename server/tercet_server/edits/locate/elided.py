"""Finds an edit that leaves lines out: its parts, in order, with anything between them."""

from collections.abc import Sequence

from tercet_server.edits.locate.alignment import Alignment
from tercet_server.edits.locate.elision import is_elision
from tercet_server.edits.locate.folding import Level, fold
from tercet_server.edits.locate.hints import block_end
from tercet_server.edits.locate.page import Page
from tercet_server.edits.requests import Reading

_MAX_PLACES = 50
_MAX_PARTS = 20


def elided(page: Page, reading: Reading) -> list[Alignment]:
    """Every place where all parts stand, at the strictest level at which they do; the last part decides, and the others
    stand as near before it as they can."""
    parts = _parts(reading.old)
    if not 0 < len(parts) <= _MAX_PARTS or len(parts[0]) == len(reading.old):
        return []
    for level in Level:
        places = [page.find(fold([reading.old[at] for at in part], level), level, _MAX_PLACES) for part in parts]
        chains = [chain for last in places[-1] if (chain := _chain(parts, places, last))] if all(places) else []
        if chains:
            within = [chain for chain in chains if chain[-1] < block_end(page, chain[0])]
            return [_alignment(reading, parts, chain, level) for chain in (within or chains)]
    return []


def _parts(old: Sequence[str]) -> list[list[int]]:
    """The indexes of the lines between the marks of omission."""
    parts: list[list[int]] = [[]]
    for at, line in enumerate(old):
        if is_elision(line):
            parts.append([])
        else:
            parts[-1].append(at)
    return [each for each in parts if each]


def _chain(parts: Sequence[Sequence[int]], places: Sequence[Sequence[int]], last: int) -> list[int] | None:
    """Where each part stands if the last one stands at `last`."""
    chain = [last]
    for part, found in zip(reversed(parts[:-1]), reversed(places[:-1]), strict=True):
        fitting = [each for each in found if each + len(part) <= chain[0]]
        if not fitting:
            return None
        chain.insert(0, fitting[-1])
    return chain


def _alignment(reading: Reading, parts: Sequence[Sequence[int]], chain: Sequence[int], level: Level) -> Alignment:
    places: list[int | None] = [None] * len(reading.old)
    for part, start in zip(parts, chain, strict=True):
        for offset, at in enumerate(part):
            places[at] = start + offset
    return Alignment(reading, tuple(places), level)
