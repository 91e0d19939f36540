"""The lines of a file that are nearest to an edit that does not fit: for the sentence that tells the model what to do."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tercet_server.edits.locate.folding import Level, fold
from tercet_server.edits.locate.page import Page

_MAX_LINES = 20_000
_MAX_SHOWN = 12
_MIN_SCORE = 60
_MAX_PLACES_OF_LINE = 20


class Place(NamedTuple):
    """Lines `start:end`, and a sentence on the first line that differs."""

    start: int
    end: int
    difference: str


def nearest(page: Page, old: Sequence[str]) -> Place | None:
    """Where most of the lines stand in a row; else where the longest of them nearly stands."""
    folded = fold(old, Level.TYPOGRAPHY)
    votes = Counter(
        place - at for at, line in enumerate(folded) if line for place in page.places(line)[:_MAX_PLACES_OF_LINE]
    )
    start = votes.most_common(1)[0][0] if votes else _alike(page, folded)
    if start is None:
        return None
    first, end = max(0, start), min(len(page.lines), max(start, 0) + len(old))
    return Place(first, end, _difference(page, folded, old, start))


def shown(page: Page, start: int, end: int) -> list[str]:
    """The lines with their numbers, as in `12 | text`; a long stretch is cut."""
    end = min(end, start + _MAX_SHOWN, len(page.lines))
    return [f"{at + 1} | {page.lines[at][:200]}" for at in range(start, end)]


def _alike(page: Page, folded: Sequence[str]) -> int | None:
    """Where the longest line would have to begin the lines, if some line of the file is at least similar to it."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415  # only a refusal needs it

    at, longest = max(enumerate(folded), key=lambda each: len(each[1]))
    lines = page.folded(Level.TYPOGRAPHY)[:_MAX_LINES]
    found = process.extractOne(
        longest[:500], [line[:500] for line in lines], scorer=fuzz.ratio, score_cutoff=_MIN_SCORE
    )
    return None if found is None else found[2] - at


def _difference(page: Page, folded: Sequence[str], old: Sequence[str], start: int) -> str:
    lines = page.folded(Level.TYPOGRAPHY)
    for at, line in enumerate(folded):
        if line and not (0 <= start + at < len(lines) and lines[start + at] == line):
            return f"The first that differs is `{old[at].strip()[:120]}`."
    return "They differ in white space alone."
