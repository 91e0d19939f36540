"""What the index keeps of a content: definitions, references, imports, lengths, words. Pure and CPU-bound, for worker processes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from tercet_shared.errors import Unsupported

from tercet_server.context.digesting.inversion import FIELDS, LENGTH_LIMIT, MAX_ORDINAL, Inverted, Inverter
from tercet_server.context.digesting.marks import looks_minified, says_generated
from tercet_server.edits import decode
from tercet_server.languages import Definition, Reference, Tags, language_of, tags

_LINE_END = re.compile(r"\r\n|\r|\n")

_NAME, _SIGNATURE, _DOC, _BODY = range(len(FIELDS))


@dataclass(frozen=True, slots=True)
class Source:
    """A content to digest. `content` is the number it will have; `path` one that it was found at."""

    content: int
    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Digest:
    """`defined`, `parents` and `lengths`: arrays as bytes; the key of each definition's name (int64), the document around
    each document (uint16, of document 0 itself), and a row of four counts for each document (uint16)."""

    content: int
    language: str | None
    is_text: bool
    lines: int
    generated: bool
    minified: bool
    definitions: tuple[Definition, ...]
    defined: bytes
    parents: bytes
    lengths: bytes
    references: "References"
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class References:
    """Grouped by name. Arrays as bytes: the names' keys and counts; then, group by group, lines and places in `kinds`."""

    names: bytes = b""
    counts: bytes = b""
    lines: bytes = b""
    kind_of: bytes = b""
    kinds: str = ""


@dataclass(frozen=True, slots=True)
class Digested:
    """The digests of several contents, and their postings together."""

    digests: list[Digest]
    inverted: Inverted


def digest(sources: Sequence[Source]) -> Digested:
    """About 10 µs a line."""
    inverter = Inverter()
    return Digested([_digest(source, inverter) for source in sources], inverter.finish())


def undigestible(source: Source) -> Digested:
    """Of what cannot be digested: nothing but that it is there."""
    return Digested([_unread(source, None)], Inverted([], [0], b""))


def _unread(source: Source, language: str | None) -> Digest:
    return Digest(source.content, language, False, 0, False, False, (), b"", b"", b"", References(), ())


def name_key(name: str) -> int:
    """A name as 64 bits, signed: arrays of these are joined where texts would be slow. Two names never meet in practice."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little", signed=True)


def _digest(source: Source, inverter: Inverter) -> Digest:
    text = _text(source.data)
    language = language_of(source.path, text or "")
    language_name = None if language is None else language.name
    if text is None:
        return _unread(source, language_name)
    starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
    lines = len(starts) - (starts[-1] == len(text))
    minified = language is not None and looks_minified(text, lines)
    found = Tags() if minified else tags(source.path, text)
    definitions = found.definitions[:MAX_ORDINAL]
    owners, parents = _owners(len(starts), definitions)
    lengths = [0] * (len(FIELDS) * (len(definitions) + 1))
    if not minified:
        for ordinal, field, piece in _fields(text, starts, owners, definitions):
            if field == _NAME or ordinal == 0:
                inverter.begin(source.content, ordinal)
            lengths[ordinal * len(FIELDS) + field] = inverter.add(field, piece)
    return Digest(
        content=source.content,
        language=language_name,
        is_text=True,
        lines=lines,
        generated=says_generated(text),
        minified=minified,
        definitions=definitions,
        defined=np.array([name_key(each.name) for each in definitions], np.int64).tobytes(),
        parents=parents.tobytes(),
        lengths=np.minimum(np.array(lengths, np.int64), LENGTH_LIMIT).astype(np.uint16).tobytes(),
        references=_grouped(found.references),
        imports=found.imports,
    )


def _text(data: bytes) -> str | None:
    """None for what is binary. What is not in the encoding that it should be in is read as far as that goes."""
    try:
        return decode(data).text
    except Unsupported:
        return None if b"\x00" in data else data.decode("utf-8", "replace")


def _owners(lines: int, definitions: Sequence[Definition]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint16]]:
    """The document of each line (of the innermost definition around it, else 0), and the document around each document."""
    owners = np.zeros(lines, np.int32)
    parents = np.zeros(len(definitions) + 1, np.uint16)
    for ordinal, each in enumerate(definitions, 1):  # in document order: what is inside comes later
        parents[ordinal] = owners[each.start]
        owners[each.start : each.end + 1] = ordinal
    return owners, parents


def _fields(
    text: str, starts: list[int], owners: npt.NDArray[np.int32], definitions: Sequence[Definition]
) -> Iterator[tuple[int, int, str]]:
    """Document, field and text, document by document, each definition's beginning with its name."""
    bodies: list[list[str]] = [[] for _ in range(len(definitions) + 1)]
    cuts = [0, *(np.flatnonzero(np.diff(owners)) + 1).tolist()]
    for first, after in zip(cuts, [*cuts[1:], len(starts)], strict=True):
        end = starts[after] if after < len(starts) else len(text)
        bodies[owners[first]].append(text[starts[first] : end])
    yield 0, _BODY, "".join(bodies[0])
    for ordinal, each in enumerate(definitions, 1):
        yield ordinal, _NAME, each.name
        yield ordinal, _SIGNATURE, each.signature
        yield ordinal, _DOC, each.doc
        yield ordinal, _BODY, "".join(bodies[ordinal])


def _grouped(references: Sequence[Reference]) -> References:
    by_name: dict[str, list[Reference]] = {}
    for reference in references:
        by_name.setdefault(reference.name, []).append(reference)
    kinds = {kind: number for number, kind in enumerate(dict.fromkeys(each.kind for each in references))}
    in_order = [each for group in by_name.values() for each in group]
    return References(
        names=np.array([name_key(name) for name in by_name], np.int64).tobytes(),
        counts=np.array([len(group) for group in by_name.values()], np.int32).tobytes(),
        lines=np.array([each.line for each in in_order], np.int32).tobytes(),
        kind_of=np.array([kinds[each.kind] for each in in_order], np.uint8).tobytes(),
        kinds=" ".join(kinds),
    )
