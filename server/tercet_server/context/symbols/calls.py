"""Who calls a definition, and what a definition calls: uses of names that the grammar takes for calls, each looked up like any
other name (see `usages`, `definitions`).

A call through a variable that holds a function is none here, for it bears another name.
"""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tercet_shared.context import Call, Symbol
from tercet_shared.edits import Range, line_range

from tercet_server.context.answers import file_symbol, symbol_of
from tercet_server.context.code import innermost
from tercet_server.context.impact import CONSTRUCTORS
from tercet_server.context.packing import lines_of
from tercet_server.context.symbols.definitions import Known, find_definitions
from tercet_server.context.symbols.names import named_here, occurrences
from tercet_server.context.symbols.spot import Spot
from tercet_server.context.symbols.usages import find_usages
from tercet_server.context.texts import texts_of
from tercet_server.languages import Definition, Reference, tags

CALLABLE = frozenset({"function", "method", "constructor", "class", "struct", "macro"})
"""The kinds of definitions that are called; the rest (fields, headings ...) neither call nor are called."""

MOST_SITES = 300
"""Calls of one definition that are looked up."""

DEADLINE_S = 2.0
"""For looking up what a definition calls; what is not looked up by then is left out, and that is said."""

_OPENS = re.compile(r"\s*[(!<]")


@dataclass(frozen=True, slots=True)
class Calls:
    """In the order of their first places; `ranges` of incoming calls are in the caller's file, of outgoing in the asked."""

    calls: tuple[Call, ...] = ()
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class _Site:
    """A place that calls a name, and the innermost definition around it; None at the top of a file."""

    name: str
    line: int
    character: int
    around: Definition | None

    @property
    def range(self) -> Range:
        return line_range(self.line, self.character, self.character + len(self.name))


async def incoming_calls(known: Known, spot: Spot, limit: int) -> Calls:
    """Who calls what the name means, at most `limit` callers, the nearest files first."""
    spot = _class_of(spot) if spot.name in CONSTRUCTORS else spot
    found = await find_usages(known, spot, MOST_SITES)
    texts = await texts_of(known.read, (each.path for each in found.usages)) | {spot.path: spot.text}
    meant = {(each.path, each.range.start.as_tuple()) for each in found.usages}

    def callers() -> Calls:
        sites = ((path, site) for path, text in texts.items() for site in _sites(path, text, {spot.name}))
        callers: dict[Symbol, list[Range]] = {}
        for path, site in sites:
            if (path, (site.line, site.character)) in meant:
                caller = file_symbol(path) if site.around is None else symbol_of(path, site.around)
                callers.setdefault(caller, []).append(site.range)
        return _calls(callers, limit, found.truncated)

    return await asyncio.to_thread(callers)


async def outgoing_calls(known: Known, spot: Spot, limit: int) -> Calls:
    """What of the workspace the definition named at the spot calls in its own lines, nested definitions apart; at most `limit`."""
    own = spot.own
    if own is None:
        return Calls()
    sites = await asyncio.to_thread(lambda: [each for each in _sites(spot.path, spot.text) if each.around == own])
    ends = time.monotonic() + DEADLINE_S
    called: dict[Symbol, list[Range]] = {}
    for number, site in enumerate(sites):
        if number == MOST_SITES or time.monotonic() > ends:
            return _calls(called, limit, truncated=True)
        place = replace(spot, name=site.name, line=site.line, character=site.character)
        for symbol in (await find_definitions(known, place)).symbols:
            if symbol.kind in CALLABLE and _is_own(known, symbol):
                called.setdefault(symbol, []).append(site.range)
    return _calls(called, limit)


def _is_own(known: Known, symbol: Symbol) -> bool:
    """Not of a library that is installed in the workspace's folder: the index leaves those out, and so do incoming calls."""
    return known.code.snapshot.number_of(symbol.path) is not None


def _calls(found: dict[Symbol, list[Range]], limit: int, truncated: bool = False) -> Calls:
    calls = [Call(symbol=symbol, ranges=ranges) for symbol, ranges in found.items()]
    return Calls(tuple(calls[:limit]), truncated or len(calls) > limit)


def _sites(path: str, text: str, names: Iterable[str] | None = None) -> Iterator[_Site]:
    """Every place of the text that calls something (of these names, if given), in document order. CPU-bound."""
    read = tags(path, text)
    lines = lines_of(text)
    wanted = None if names is None else set(names)
    calling = dict.fromkeys((each.line, each.name) for each in read.references if _is_call(each, wanted))
    callers = [each for each in read.definitions if each.kind in CALLABLE]
    for line, name in sorted(calling, key=lambda each: each[0]):
        around = innermost(callers, line)
        for character in _called(lines[line], name):
            if named_here(read.definitions, name, line, character) is None:
                yield _Site(name, line, character, around)


def _is_call(reference: Reference, wanted: set[str] | None) -> bool:
    return reference.kind == "call" and (wanted is None or reference.name in wanted)


def _called(line: str, name: str) -> list[int]:
    """Where the name stands in a line that calls it: before a bracket, or anywhere where no place of it is before one."""
    places = [character for _, character in occurrences([line], name)]
    return [each for each in places if _OPENS.match(line, each + len(name))] or places


def _class_of(spot: Spot) -> Spot:
    """A constructor is called by the name of its class."""
    around = [each for each in spot.definitions if each.start <= spot.line <= each.end and each != spot.own]
    holder = innermost((each for each in around if each.kind in ("class", "struct")), spot.line)
    if holder is None:
        return spot
    return replace(spot, name=holder.name, line=holder.name_line, character=holder.name_character)
