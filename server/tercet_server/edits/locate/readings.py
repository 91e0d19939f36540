"""Further ways to take an edit's lines: without line numbers, HTML entities or fences that do not belong to the text."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tercet_server.edits.locate.folding import has_entities, line_number, without_entities, without_line_number
from tercet_server.edits.requests import Hunk, Reading


def all_readings(hunk: Hunk) -> list[Reading]:
    """The hunk's own first."""
    own = list(hunk.readings)
    return list(dict.fromkeys([*own, *(each for reading in own for each in _further(reading))]))


def _further(reading: Reading) -> Iterator[Reading]:
    for strip in (_without_fences, _without_numbers, _without_entities):
        stripped = strip(reading)
        if stripped is not None:
            yield stripped
            reading = stripped


def _without_fences(reading: Reading) -> Reading | None:
    old, new = _unfenced(reading.old), _unfenced(reading.new)
    if old is None:
        return None
    return Reading(old, reading.new if new is None else new)


def _unfenced(lines: Sequence[str]) -> tuple[str, ...] | None:
    filled = [at for at, line in enumerate(lines) if line.strip()]
    if len(filled) < 2 or not lines[filled[0]].lstrip().startswith("```") or lines[filled[-1]].strip() != "```":
        return None
    return tuple(lines[filled[0] + 1 : filled[-1]])


def _without_numbers(reading: Reading) -> Reading | None:
    """If every line that is looked for has one, counting up; new lines then have one or not."""
    numbers = [line_number(each) for each in reading.old if each.strip()]
    counting = all(one is not None and other is not None and one < other for one, other in pairwise(numbers))
    if not numbers or numbers[0] is None or not counting:
        return None
    old = tuple(without_line_number(each) for each in reading.old)
    numbered = sum(line_number(each) is not None for each in reading.new)
    new = tuple(without_line_number(each) for each in reading.new) if numbered * 2 > len(reading.new) else reading.new
    return Reading(old, new)


def _without_entities(reading: Reading) -> Reading | None:
    if not has_entities(reading.old):
        return None
    return Reading(without_entities(reading.old), without_entities(reading.new))
