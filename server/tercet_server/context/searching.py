"""Searches, and sections of prompts made from them: the ranking's order turned into answers and packed texts."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tercet_shared.context import ContextSection, FileHit, Reason, SearchAnswer, SearchHit, SectionFile, Symbol
from tercet_shared.edits import text_sha256

from tercet_server.context.answers import file_symbol, is_sayable, sayable, symbol_of
from tercet_server.context.code import Code, dotted_name
from tercet_server.context.indexes import LiveIndex
from tercet_server.context.packing import Block, PackedFile, Place, Section, Source, header_end, lines_of, pack
from tercet_server.context.texts import ReadText, definitions_in, texts_of
from tercet_server.languages import Definition

if TYPE_CHECKING:
    from tercet_server.context.ranking import Ranked

MOST_PLACES = 80
"""Ranked definitions that a section is packed from."""


def source_of(code: Code, path: str, text: str) -> Source:
    """A text with its definitions, to be packed. CPU-bound."""
    lines = lines_of(text)
    blocks = tuple(block_of(each, lines) for each in definitions_in(code, path, text, lines))
    return Source(path, text, blocks)


def block_of(definition: Definition, lines: Sequence[str]) -> Block:
    whole = range(definition.start, definition.end + 1)
    end = header_end(lines, whole, definition.name_line, definition.signature)
    return Block(dotted_name(definition), definition.start, end, definition.end)


def top_of(source: Source) -> Block:
    """What stands before the first definition: imports, a module's documentation; in prose the whole text."""
    last = len(lines_of(source.text)) - 1
    end = max(0, min([last, *(block.start - 1 for block in source.blocks)]))
    return Block("", 0, 0, end)


def block_named(source: Source, definition: Definition) -> Block | None:
    """The definition in a text that may be newer: of several of its name the one nearest to where it was."""
    same = [block for block in source.blocks if block.name == dotted_name(definition)]
    return min(same, key=lambda block: abs(block.start - definition.start), default=None)


def search(live: LiveIndex, words: str, limit: int) -> SearchAnswer:
    """Files and definitions, each best first. Reads the index: call it in a thread."""
    code = live.code()
    found = live.locate(code, words, limit)
    files = [
        FileHit(path=code.path(each.number), score=each.score, reasons=_reasons(each))
        for each in found.files
        if is_sayable(code.path(each.number))
    ]
    definitions = [
        SearchHit(symbol=symbol, score=each.score, reasons=_reasons(each))
        for each in found.documents
        if (symbol := _symbol(code, each.number)) is not None
    ]
    return SearchAnswer(files=files, definitions=definitions, coverage=live.coverage())


async def section(live: LiveIndex, words: str, budget: int, read: ReadText) -> ContextSection:
    """The best places, packed. Raises nothing for a file that is gone: it is left out."""
    code = await asyncio.to_thread(live.code)
    wanted = await asyncio.to_thread(_ranked_places, live, code, words)
    texts = await texts_of(read, (path for path, _ in wanted))
    packed, sources = await asyncio.to_thread(_packed, code, wanted, texts, budget)
    return ContextSection(
        text=packed.text,
        tokens=packed.tokens,
        budget=budget,
        files=[_file(each, sources[each.path]) for each in packed.files],
        left_out=packed.left_out,
        coverage=live.coverage(),
    )


def _ranked_places(live: LiveIndex, code: Code, words: str) -> list[tuple[str, Definition | None]]:
    found = live.locate(code, words, MOST_PLACES)
    places = [_located(code, each.number) for each in found.documents]
    return [(path, definition) for path, definition in places if is_sayable(path)]


def _packed(
    code: Code, wanted: Sequence[tuple[str, Definition | None]], texts: Mapping[str, str], budget: int
) -> tuple[Section, dict[str, Source]]:
    sources = {path: source_of(code, path, text) for path, text in texts.items()}
    found = [_place(sources.get(path), definition) for path, definition in wanted]
    places = [place for place in found if place is not None]
    return pack(places, sources.values(), budget), sources


def _located(code: Code, document: int) -> tuple[str, Definition | None]:
    snapshot = code.snapshot
    return code.path(int(snapshot.doc_file[document])), snapshot.definition(document)


def _symbol(code: Code, document: int) -> Symbol | None:
    path, definition = _located(code, document)
    if not is_sayable(path):
        return None
    return file_symbol(path) if definition is None else symbol_of(path, definition)


def _place(source: Source | None, definition: Definition | None) -> Place | None:
    """The ranked definition where the text has it now."""
    if source is None:
        return None
    block = top_of(source) if definition is None else block_named(source, definition)
    return None if block is None else Place(source.path, block)


def _file(packed: PackedFile, source: Source) -> SectionFile:
    return SectionFile(
        path=packed.path,
        text_sha256=text_sha256(source.text),
        bodies=[sayable(name) for name in packed.bodies],
        signatures=[sayable(name) for name in packed.signatures],
    )


def _reasons(ranked: "Ranked") -> list[Reason]:
    return [Reason(signal=each.signal, share=each.share, detail=each.detail) for each in ranked.reasons]
