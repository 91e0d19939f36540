"""Who uses a name: the index says in which files it stands, the analysis which of those places mean it.

Where there is no analysis, or no time for it, a place counts if the language's grammar calls it a use of the name and the
nearest definition of the name is the one that was asked about.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tercet_shared.context import FoundBy, Usage
from tercet_shared.edits import line_range

from tercet_server.context.answers import is_sayable, sayable
from tercet_server.context.code import Code, dotted_name, innermost
from tercet_server.context.packing import lines_of
from tercet_server.context.symbols.definitions import LINE_CHARACTERS, Defined, Known, find_definitions
from tercet_server.context.symbols.names import occurrences
from tercet_server.context.symbols.spot import Spot
from tercet_server.context.texts import definitions_in, texts_of
from tercet_server.languages import tags
from tercet_server.ports import Occurrences

DEADLINE_S = 2.0

MOST_FILES = 100
"""Files that are read for the uses of one name, the nearest to the asker first."""


@dataclass(frozen=True, slots=True)
class Used:
    usages: tuple[Usage, ...]
    found_by: FoundBy
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    """The places of one file that mean the name, each with whether that is certain."""

    place: Occurrences
    meant: tuple[tuple[int, int, bool], ...]


async def find_usages(known: Known, spot: Spot, limit: int) -> Used:
    """At most `limit`, the nearest files first."""
    defined = await find_definitions(known, spot)
    paths = await asyncio.to_thread(_files_with, known.code, spot)
    texts = {spot.path: spot.text} | await texts_of(known.read, paths[:MOST_FILES])
    places = await asyncio.to_thread(
        lambda: [_occurrences(path, text, spot.name) for path, text in texts.items() if spot.name in text]
    )
    verdicts: list[list[bool | None]] = [[None] * len(each.positions) for each in places]
    by_analysis = bool(defined.sites) and known.analysis.understands(spot.path)
    if by_analysis:
        verdicts = await known.analysis.same(known.root, defined.sites, places, DEADLINE_S)

    def used() -> Used:
        judged = (_judged(known.code, spot, defined, place, said) for place, said in zip(places, verdicts, strict=True))
        usages = _usages(known.code, spot.name, judged, limit + 1)
        found_by = FoundBy.ANALYSIS if by_analysis else FoundBy.NAMES
        return Used(tuple(usages[:limit]), found_by, len(usages) > limit or len(paths) > MOST_FILES)

    return await asyncio.to_thread(used)


def _files_with(code: Code, spot: Spot) -> list[str]:
    own = code.snapshot.number_of(spot.path)
    files = {each.file for each in code.snapshot.references(spot.name)} | {each.file for each in code.named(spot.name)}
    near = {} if own is None else code.nearby(own)
    ordered = sorted(files - {own}, key=lambda file: (near.get(file, 99), code.path(file)))
    return [path for file in ordered if is_sayable(path := code.path(file))]


def _occurrences(path: str, text: str, name: str) -> Occurrences:
    return Occurrences(path, text, tuple(occurrences(lines_of(text), name)))


def _judged(code: Code, spot: Spot, defined: Defined, place: Occurrences, verdicts: Sequence[bool | None]) -> _Judged:
    said = list(zip(place.positions, verdicts, strict=True))
    sure = [(*position, True) for position, verdict in said if verdict]
    unknown = [position for position, verdict in said if verdict is None]
    lines = _lines_that_mean_it(code, spot, defined, place) if unknown else set()
    return _Judged(place, tuple(sorted([*sure, *((*each, False) for each in unknown if each[0] in lines)])))


def _lines_that_mean_it(code: Code, spot: Spot, defined: Defined, place: Occurrences) -> set[int]:
    if not defined.symbols:
        return _local_lines(spot, place)
    found = tags(place.path, place.text)
    own = {each.name_line for each in found.definitions if each.name == spot.name}
    lines = own | {each.line for each in found.references if each.name == spot.name}
    file = code.snapshot.number_of(place.path)
    if file is None:
        return lines
    targets = {(each.path, each.name) for each in defined.symbols}
    return {line for line in lines if _is_meant(code, spot.name, file, line, targets)}


def _is_meant(code: Code, name: str, file: int, line: int, targets: set[tuple[str, str]]) -> bool:
    near = code.nearest(name, file, line)
    return any((code.path(each.file), dotted_name(each.definition)) in targets for each in near)


def _local_lines(spot: Spot, place: Occurrences) -> set[int]:
    """A name that nothing defines is most likely local to the definition around it."""
    if place.path != spot.path:
        return set()
    around = innermost(spot.definitions, spot.line)
    return set(range(len(spot.lines))) if around is None else set(range(around.start, around.end + 1))


def _usages(code: Code, name: str, judged: Iterable[_Judged], limit: int) -> list[Usage]:
    """Stops judging once there are enough."""
    usages: list[Usage] = []
    for each in judged:
        if each.meant:
            lines = lines_of(each.place.text)
            definitions = definitions_in(code, each.place.path, each.place.text, lines)
        for line, character, certain in each.meant:
            around = innermost(definitions, line)
            usages.append(
                Usage(
                    path=each.place.path,
                    range=line_range(line, character, character + len(name)),
                    within=sayable(dotted_name(around)) if around is not None else "",
                    text=sayable(lines[line].strip()[:LINE_CHARACTERS]),
                    certain=certain,
                )
            )
        if len(usages) >= limit:
            break
    return usages
