"""Where a name is defined: by the language's own rules where there is an analysis, else by what the index has of that name.

Every position that is answered has been looked up in the text as it is now.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.context import FoundBy, Symbol
from tercet_shared.edits import line_range

from tercet_server.context.answers import is_sayable, sayable, symbol_of
from tercet_server.context.code import Code, dotted_name, innermost
from tercet_server.context.packing import lines_of
from tercet_server.context.symbols.names import named_here
from tercet_server.context.symbols.spot import Spot
from tercet_server.context.texts import ReadText, definitions_in, text_of, texts_of
from tercet_server.languages import Definition
from tercet_server.ports import CodeRoot, DefinitionSite, SymbolAnalysis

DEADLINE_S = 1.5
MOST_DEFINITIONS = 50
LINE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Defined:
    """`sites` is the same in the analysis' words; none where names were all there was to go by."""

    symbols: tuple[Symbol, ...]
    found_by: FoundBy
    note: str = ""
    sites: tuple[DefinitionSite, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What questions about one workspace are answered from, for one asker."""

    code: Code
    root: CodeRoot
    analysis: SymbolAnalysis
    read: ReadText


async def find_definitions(known: Known, spot: Spot) -> Defined:
    if spot.own is not None:
        site = await asyncio.to_thread(_own_site, known.root, spot, spot.own)
        return Defined((symbol_of(spot.path, spot.own),), FoundBy.ANALYSIS, sites=(site,))
    if known.analysis.understands(spot.path):
        sites = await known.analysis.definitions(known.root, spot.position, DEADLINE_S)
        if sites:
            return await _of_sites(known, sites[:MOST_DEFINITIONS])
    return Defined(await _by_names(known, spot), FoundBy.NAMES)


def _own_site(root: CodeRoot, spot: Spot, own: Definition) -> DefinitionSite:
    path = os.path.realpath(root.root / spot.path)
    return DefinitionSite(path, spot.line, spot.character, spot.name, own.kind)


# -- by analysis ----------------------------------------------------------------------------------------------------------


async def _of_sites(known: Known, sites: Sequence[DefinitionSite]) -> Defined:
    symbols: list[Symbol] = []
    outside: list[str] = []
    for site in sites:
        path = _inside(known.root.root, site.path)
        if path is None:
            outside.append(site.full_name or site.name)
            continue
        text = await text_of(known.read, path)
        symbol = None if text is None else await asyncio.to_thread(_symbol_in, known.code, path, text, site)
        if symbol is not None:
            symbols.append(symbol)
    note = f"{', '.join(dict.fromkeys(outside))}: defined outside of the workspace." if outside else ""
    return Defined(tuple(dict.fromkeys(symbols)), FoundBy.ANALYSIS, sayable(note), tuple(sites))


def _inside(root: Path, path: str) -> str | None:
    if not path:
        return None
    try:
        relative = Path(path).relative_to(root).as_posix()
    except ValueError:
        return None
    return relative if is_sayable(relative) else None


def _symbol_in(code: Code, path: str, text: str, site: DefinitionSite) -> Symbol | None:
    """The site in the text as it is now: what was analysed on disk may stand elsewhere in an unsaved text."""
    lines = lines_of(text)
    if site.kind == "module":
        top = line_range(0)
        return Symbol(path=path, name="", kind="module", range=top, name_range=top, signature=sayable(site.full_name))
    definitions = definitions_in(code, path, text, lines)
    exact = named_here(definitions, site.name, site.line, site.character)
    if exact is not None:
        return symbol_of(path, exact)
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


# -- by names -------------------------------------------------------------------------------------------------------------


async def _by_names(known: Known, spot: Spot) -> tuple[Symbol, ...]:
    found = await asyncio.to_thread(_meanings, known.code, spot)
    texts = await texts_of(known.read, (path for path, _ in found))

    def current() -> tuple[Symbol, ...]:
        symbols = (_moved(known.code, path, texts[path], each) for path, each in found if path in texts)
        return tuple(symbol for symbol in symbols if symbol is not None)

    return await asyncio.to_thread(current)


def _meanings(code: Code, spot: Spot) -> list[tuple[str, Definition]]:
    file = code.snapshot.number_of(spot.path)
    if file is None:
        found = code.named(spot.name)
    else:
        found = code.nearest(spot.name, file, spot.line) or code.meanings(spot.name, file, spot.line)
    named = [(code.path(each.file), each.definition) for each in found[:MOST_DEFINITIONS]]
    return [each for each in named if is_sayable(each[0])]


def _moved(code: Code, path: str, text: str, definition: Definition) -> Symbol | None:
    """The definition as the text has it now, should the index be a moment behind."""
    now = definitions_in(code, path, text, lines_of(text))
    same = [each for each in now if (each.name, each.scope) == (definition.name, definition.scope)]
    nearest = min(same, key=lambda each: abs(each.start - definition.start), default=None)
    return None if nearest is None else symbol_of(path, nearest)
