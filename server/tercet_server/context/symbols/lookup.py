"""Where a name is defined and who uses it: by the language's own rules where there is an analysis, else by the index's names.

Every position that is answered has been looked up in the text as it is now.
"""

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.context import FoundBy, Symbol, Usage
from tercet_shared.edits import line_range

from tercet_server.context.answers import is_sayable, sayable, symbol_of
from tercet_server.context.code import Code, dotted_name, innermost, nearest
from tercet_server.context.packing import lines_of
from tercet_server.context.symbols.names import name_at, named_here, occurrences
from tercet_server.context.texts import ReadText, text_of
from tercet_server.languages import Definition, tags
from tercet_server.ports import CodePosition, CodeRoot, DefinitionSite, Occurrences, SymbolAnalysis

DEFINITION_DEADLINE_S = 1.5
REFERENCES_DEADLINE_S = 3.0

MOST_FILES = 150
"""Files that are read for the uses of one name, the nearest to the asker first."""

MOST_DEFINITIONS = 50
LINE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Spot:
    """A name at a place of a text."""

    path: str
    text: str
    lines: tuple[str, ...]
    name: str
    line: int
    character: int
    definitions: tuple[Definition, ...]

    @classmethod
    def of(cls, path: str, text: str, line: int, character: int) -> "Spot | None":
        """None if no name stands there. CPU-bound."""
        lines = tuple(lines_of(text))
        found = name_at(lines[line], character) if line < len(lines) else None
        if found is None:
            return None
        return cls(path, text, lines, found[0], line, found[1], tags(path, text).definitions)

    @property
    def own(self) -> Definition | None:
        """The definition that is named at this very place."""
        return named_here(self.definitions, self.name, self.line, self.character)

    @property
    def position(self) -> CodePosition:
        return CodePosition(self.path, self.text, self.line, self.character)


@dataclass(frozen=True, slots=True)
class Defined:
    symbols: tuple[Symbol, ...]
    found_by: FoundBy
    note: str = ""
    sites: tuple[DefinitionSite, ...] = ()
    """The same in the analysis' words; none where names were all there was to go by."""


@dataclass(frozen=True, slots=True)
class Used:
    usages: tuple[Usage, ...]
    found_by: FoundBy
    truncated: bool = False


class Lookup:
    """Of one workspace, for one asker."""

    def __init__(self, code: Code, root: CodeRoot, analysis: SymbolAnalysis, read: ReadText) -> None:
        self._code = code
        self._root = root
        self._analysis = analysis
        self._read = read

    async def definitions(self, spot: Spot) -> Defined:
        if spot.own is not None:
            site = await asyncio.to_thread(self._own_site, spot, spot.own)
            return Defined((symbol_of(spot.path, spot.own),), FoundBy.ANALYSIS, sites=(site,))
        if self._analysis.understands(spot.path):
            sites = await self._analysis.definitions(self._root, spot.position, DEFINITION_DEADLINE_S)
            if sites:
                return await self._of_sites(sites)
        return Defined(await self._by_names(spot), FoundBy.NAMES)

    async def references(self, spot: Spot, limit: int) -> Used:
        defined = await self.definitions(spot)
        places = await self._occurrences(spot)
        verdicts: list[list[bool | None]] = [[None] * len(each.positions) for each in places]
        found_by = FoundBy.NAMES
        if defined.sites and self._analysis.understands(spot.path):
            verdicts = await self._analysis.same(self._root, defined.sites, places, REFERENCES_DEADLINE_S)
            found_by = FoundBy.ANALYSIS
        judged = list(zip(places, verdicts, strict=True))
        return await asyncio.to_thread(self._used, spot, defined, judged, found_by, limit)

    # -- definitions ------------------------------------------------------------------------------------------------

    def _own_site(self, spot: Spot, own: Definition) -> DefinitionSite:
        path = os.path.realpath(self._root.root / spot.path)
        return DefinitionSite(path, spot.line, spot.character, spot.name, own.kind)

    async def _of_sites(self, sites: Sequence[DefinitionSite]) -> Defined:
        symbols: list[Symbol] = []
        outside: list[str] = []
        for site in sites[:MOST_DEFINITIONS]:
            path = _inside(self._root.root, site.path)
            if path is None:
                outside.append(site.full_name or site.name)
            elif (symbol := await self._symbol(path, site)) is not None:
                symbols.append(symbol)
        note = f"{', '.join(dict.fromkeys(outside))}: defined outside of the workspace." if outside else ""
        return Defined(tuple(dict.fromkeys(symbols)), FoundBy.ANALYSIS, sayable(note), tuple(sites))

    async def _symbol(self, path: str, site: DefinitionSite) -> Symbol | None:
        """The site as the text has it now: what was analysed on disk may stand elsewhere in an unsaved text."""
        text = await text_of(self._read, path)
        return None if text is None else await asyncio.to_thread(_symbol_in, path, text, site)

    async def _by_names(self, spot: Spot) -> tuple[Symbol, ...]:
        found = await asyncio.to_thread(self._meanings, spot)
        symbols = []
        for path, definition in found:
            text = await text_of(self._read, path)
            current = None if text is None else await asyncio.to_thread(_moved, path, text, definition)
            if current is not None:
                symbols.append(symbol_of(path, current))
        return tuple(symbols)

    def _meanings(self, spot: Spot) -> list[tuple[str, Definition]]:
        file = self._code.snapshot.number_of(spot.path)
        if file is None:
            found = self._code.snapshot.named(spot.name)
        else:
            ranked = self._code.meanings(spot.name, file, spot.line)
            found = nearest(ranked) or [each for _, each in ranked]
        named = [(self._code.path(each.file), each.definition) for each in found[:MOST_DEFINITIONS]]
        return [each for each in named if is_sayable(each[0])]

    # -- uses -------------------------------------------------------------------------------------------------------

    async def _occurrences(self, spot: Spot) -> list[Occurrences]:
        """Everywhere that the name stands, in the asker's file and in the nearest of those that the index names."""
        found = [await asyncio.to_thread(_occurrences, spot.path, spot.text, spot.name)]
        for path in await asyncio.to_thread(self._files_with, spot):
            text = await text_of(self._read, path)
            if text is not None and spot.name in text:
                found.append(await asyncio.to_thread(_occurrences, path, text, spot.name))
        return found

    def _files_with(self, spot: Spot) -> list[str]:
        snapshot = self._code.snapshot
        own = snapshot.number_of(spot.path)
        files = {each.file for each in snapshot.references(spot.name)} | {
            each.file for each in snapshot.named(spot.name)
        }
        near = {} if own is None else self._code.nearby(own)
        ordered = sorted(files - {own}, key=lambda file: (near.get(file, 99), self._code.path(file)))
        return [path for file in ordered[: MOST_FILES + 1] if is_sayable(path := self._code.path(file))]

    def _used(
        self,
        spot: Spot,
        defined: Defined,
        judged: Sequence[tuple[Occurrences, list[bool | None]]],
        found_by: FoundBy,
        limit: int,
    ) -> Used:
        usages: list[Usage] = []
        for place, verdicts in judged:
            wanted = self._plausible(spot, place, verdicts, defined)
            usages += _usages(place, wanted, spot.name)
        return Used(tuple(usages[:limit]), found_by, len(usages) > limit or len(judged) > MOST_FILES)

    def _plausible(
        self, spot: Spot, place: Occurrences, verdicts: Sequence[bool | None], defined: Defined
    ) -> list[tuple[int, int, bool]]:
        """Positions that mean the name, each with whether that is certain: analysed, or else real uses by what is nearest."""
        sure = [(*position, True) for position, verdict in zip(place.positions, verdicts, strict=True) if verdict]
        open_ones = [position for position, verdict in zip(place.positions, verdicts, strict=True) if verdict is None]
        if not open_ones:
            return sure
        lines = self._lines_that_mean_it(spot, place, defined)
        return sorted([*sure, *((line, character, False) for line, character in open_ones if line in lines)])

    def _lines_that_mean_it(self, spot: Spot, place: Occurrences, defined: Defined) -> set[int]:
        found = tags(place.path, place.text)
        own = {each.name_line for each in found.definitions if each.name == spot.name}
        used = {each.line for each in found.references if each.name == spot.name}
        if not defined.symbols:
            return self._local_lines(spot, place) or used
        targets = {(each.path, each.name) for each in defined.symbols}
        file = self._code.snapshot.number_of(place.path)
        if file is None:
            return own | used
        return {line for line in own | used if self._means(spot.name, file, line, targets)}

    def _means(self, name: str, file: int, line: int, targets: set[tuple[str, str]]) -> bool:
        ranked = nearest(self._code.meanings(name, file, line))
        return any((self._code.path(each.file), dotted_name(each.definition)) in targets for each in ranked)

    def _local_lines(self, spot: Spot, place: Occurrences) -> set[int]:
        """A name that nothing defines is most likely local to the definition around it."""
        around = innermost(spot.definitions, spot.line)
        if place.path != spot.path:
            return set()
        return set(range(len(spot.lines))) if around is None else set(range(around.start, around.end + 1))


def _occurrences(path: str, text: str, name: str) -> Occurrences:
    return Occurrences(path, text, tuple(occurrences(lines_of(text), name)))


def _usages(place: Occurrences, wanted: Iterable[tuple[int, int, bool]], name: str) -> list[Usage]:
    positions = list(wanted)
    if not positions:
        return []
    lines, definitions = lines_of(place.text), tags(place.path, place.text).definitions
    usages = []
    for line, character, certain in positions:
        around = innermost(definitions, line)
        usages.append(
            Usage(
                path=place.path,
                range=line_range(line, character, character + len(name)),
                within=sayable(dotted_name(around)) if around is not None else "",
                text=sayable(lines[line].strip()[:LINE_CHARACTERS]),
                certain=certain,
            )
        )
    return usages


def _symbol_in(path: str, text: str, site: DefinitionSite) -> Symbol | None:
    definitions = tags(path, text).definitions
    exact = named_here(definitions, site.name, site.line, site.character)
    if exact is not None:
        return symbol_of(path, exact)
    lines = lines_of(text)
    if site.kind == "module":
        return Symbol(
            path=path, name="", kind="module", range=line_range(0), name_range=line_range(0), signature=site.full_name
        )
    if site.line < len(lines) and lines[site.line].startswith(site.name, site.character):
        return _plain_symbol(path, lines[site.line], site, innermost(definitions, site.line))
    moved = [each for each in definitions if each.name == site.name]
    return symbol_of(path, moved[0]) if len(moved) == 1 else None


def _plain_symbol(path: str, line: str, site: DefinitionSite, around: Definition | None) -> Symbol:
    """A variable, parameter or attribute: what no outline lists."""
    name = f"{dotted_name(around)}.{site.name}" if around is not None else site.name
    where = line_range(site.line, site.character, site.character + len(site.name))
    signature = sayable(line.strip()[:LINE_CHARACTERS])
    return Symbol(path=path, name=sayable(name), kind=site.kind, range=where, name_range=where, signature=signature)


def _moved(path: str, text: str, definition: Definition) -> Definition | None:
    """The definition as the text has it now, should the index be a moment behind."""
    same = [
        each for each in tags(path, text).definitions if (each.name, each.scope) == (definition.name, definition.scope)
    ]
    return min(same, key=lambda each: abs(each.start - definition.start), default=None)


def _inside(root: Path, path: str) -> str | None:
    if not path:
        return None
    try:
        relative = Path(path).relative_to(root).as_posix()
    except ValueError:
        return None
    return relative if is_sayable(relative) else None
