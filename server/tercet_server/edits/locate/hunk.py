"""Finds the one place of a hunk, from strict to loose, or refuses: several places, none, or done already."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tercet_server.edits.locate.alignment import Alignment, splices
from tercet_server.edits.locate.elided import elided
from tercet_server.edits.locate.folding import Level, fold
from tercet_server.edits.locate.fragment import in_lines
from tercet_server.edits.locate.gaps import gapped
from tercet_server.edits.locate.hints import chosen, is_hinted, is_out_of_scope
from tercet_server.edits.locate.likeness import says_nothing, word_characters
from tercet_server.edits.locate.nearest import nearest, shown
from tercet_server.edits.locate.page import Page, Splice
from tercet_server.edits.locate.presence import applied_at, is_there_already
from tercet_server.edits.locate.readings import all_readings
from tercet_server.edits.refusal import Reason, refusal
from tercet_server.edits.requests import Hunk, Reading

_MAX_PLACES = 100
_MIN_WORD_CHARACTERS = 10
"""With fewer, the lines to change are only looked for as they are written: `}` and `return x` stand at many depths."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a hunk lands (`line`, from zero), what it changes there, and how: `exact`, `trailing`, `indentation`,
    `typography`, `elided` or `gapped`. `final_newline` if it changes whether the file ends in one."""

    line: int
    splices: tuple[Splice, ...]
    how: str
    final_newline: bool | None = None


def locate(page: Page, hunk: Hunk) -> Located:
    """Raises EditRefused with the reason and the nearest lines, without a path."""
    if hunk.fragment is not None and (located := in_lines(page, hunk)):
        return Located(located[0].start, tuple(located), "exact")
    if not any(each.strip() for reading in hunk.readings for each in reading.old):
        return _without_context(page, hunk)
    readings = all_readings(hunk)
    for how, found in _tiers(page, readings):
        if not found:
            continue
        left = _distinct(page, chosen(page, hunk, found))
        if len(left) > 1:
            raise _ambiguous(page, [alignment for alignment, _ in left])
        alignment, changed = left[0]
        if all(map(says_nothing, alignment.reading.old)) and not is_hinted(page, hunk, alignment):
            raise _says_nothing(alignment)
        if is_out_of_scope(page, hunk, alignment):
            raise _out_of_scope(hunk, alignment)
        if hunk.cut_off and any(each.strip() for each in page.lines[alignment.end :]):
            raise _cut_off(alignment)
        final_newline = hunk.final_newline if alignment.end >= len(page.lines) else None
        if final_newline in (None, page.final_newline) and (not changed or is_there_already(page, alignment)):
            raise _already_applied(alignment.start)
        return Located(alignment.start, tuple(changed), how, final_newline)
    raise _missing(page, readings)


def _tiers(page: Page, readings: Sequence[Reading]) -> Iterator[tuple[str, list[Alignment]]]:
    telling = [each for each in readings if sum(map(word_characters, each.old)) >= _MIN_WORD_CHARACTERS]
    for level in Level:
        for reading in readings if level < Level.INDENTATION else telling:
            yield level.name.lower(), _contiguous(page, reading, level)
    if (line := applied_at(page, readings)) is not None:
        raise _already_applied(line)
    for reading in telling:
        yield "elided", elided(page, reading)
    for reading in telling:
        found = gapped(page, reading)
        least = min((each.faults for each in found), default=0)
        yield "gapped", [each for each in found if each.faults == least]


def _contiguous(page: Page, reading: Reading, level: Level) -> list[Alignment]:
    starts = page.find(fold(reading.old, level), level, _MAX_PLACES)
    length = len(reading.old)
    return [Alignment(reading, tuple(range(start, start + length)), level) for start in starts]


def _distinct(page: Page, found: Sequence[Alignment]) -> list[tuple[Alignment, list[Splice]]]:
    """One for each different outcome."""
    outcomes: dict[tuple[Splice, ...], tuple[Alignment, list[Splice]]] = {}
    for each in found:
        changed = splices(page, each)
        outcomes.setdefault(tuple(changed), (each, changed))
    return list(outcomes.values())


def _without_context(page: Page, hunk: Hunk) -> Located:
    """Only an empty file, or the end that the edit itself names, is a place without any line of it."""
    new = hunk.readings[0].new
    if hunk.at_end or not page.text.strip():
        end = len(page.lines)
        return Located(end, (Splice(end if page.text.strip() else 0, end, new),), "exact", hunk.final_newline)
    raise refusal(
        Reason.NO_CONTEXT,
        "The edit only adds lines and does not say where; send it with two or three unchanged lines before and after them.",
    )


def _ambiguous(page: Page, found: Sequence[Alignment]) -> Exception:
    lines = [each.start + 1 for each in found]
    listed = ", ".join(map(str, lines[:10])) + (" and more" if len(lines) > 10 else "")
    return refusal(
        Reason.AMBIGUOUS,
        f"The lines to change stand in {len(lines)} places (from line {listed}), and nothing says which is meant; send the edit "
        "with more of the unchanged lines around, so that it fits only one.",
        line=found[0].start,
        candidates=[text for each in found[:3] for text in shown(page, each.start, each.end)],
    )


def _already_applied(line: int) -> Exception:
    return refusal(
        Reason.ALREADY_APPLIED,
        f"The new text stands there already, from line {line + 1}; leave this edit out.",
        line=line,
    )


def _out_of_scope(hunk: Hunk, alignment: Alignment) -> Exception:
    return refusal(
        Reason.STALE,
        f"The lines stand at line {alignment.start + 1}, which is above `{hunk.scopes[-1][:120]}`, where the edit wants them; "
        "check which place is meant, and send the edit with the lines as they are there.",
        line=alignment.start,
    )


def _says_nothing(alignment: Alignment) -> Exception:
    return refusal(
        Reason.NO_CONTEXT,
        f"The lines by which the edit is placed say nothing (`{alignment.reading.old[0].strip()}` and the like; they stand at line "
        f"{alignment.start + 1}, maybe by chance); send it with two or three lines of code before and after.",
        line=alignment.start,
    )


def _cut_off(alignment: Alignment) -> Exception:
    return refusal(
        Reason.TRUNCATED,
        f"The diff breaks off in its last hunk, at line {alignment.end} of the file: the hunk's head promised more lines. "
        "Send it again, complete.",
        line=alignment.start,
    )


def _missing(page: Page, readings: Sequence[Reading]) -> Exception:
    place = nearest(page, readings[0].old)
    wanted = next((each.strip() for each in readings[0].old if each.strip()), "")[:120]
    if place is None:
        return refusal(
            Reason.STALE,
            f"Nothing in the file is like the lines to change (the first is `{wanted}`); read the file again, for it may have "
            "changed, or the edit is for another file.",
        )
    candidates = shown(page, place.start, place.end)
    listing = "\n".join(candidates)
    return refusal(
        Reason.STALE,
        f"The lines to change (the first is `{wanted}`) are not in the file as the edit has them. {place.difference} The nearest "
        f"lines are:\n{listing}\nSend the edit again with the lines exactly as they are.",
        line=place.start,
        candidates=candidates,
    )
