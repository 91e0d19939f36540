"""The tags of a text: what it defines, refers to and imports. Pure and CPU-bound, made for worker processes."""

from dataclasses import dataclass
from typing import NamedTuple

from tercet_server.languages.catalogue import language_of
from tercet_server.languages.comments import above, docstring
from tercet_server.languages.definitions import Found, read
from tercet_server.languages.import_paths import import_paths
from tercet_server.languages.parsing import ParsedText, parse
from tercet_server.languages.signatures import signature

_HEAD_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Definition:
    """Lines count from zero, `end` is the last one; `name_character` counts code points.

    `kind`: function, method, constructor, class, struct, interface, trait, enum, type, module, macro, constant,
    variable, field; and in data and markup key, table, selector, heading.
    """

    name: str
    kind: str
    start: int
    """The first line, decorators and annotations included."""
    end: int
    name_line: int
    name_character: int
    scope: str
    """The dotted names of the definitions around it, or ""."""
    signature: str
    """The head on one line, at most 240 characters."""
    doc: str
    """The docstring or the comment above it, without marks, at most 2000 characters."""


class Reference(NamedTuple):
    """A use of a name. A named tuple, for there are many: it is made and sent between processes several times faster."""

    name: str
    line: int
    kind: str
    """call, class, type, implementation, import, module, constant, table, selector."""


@dataclass(frozen=True, slots=True)
class Tags:
    """All in document order. `imports`: modules or paths as written, with the name that is taken from a module."""

    definitions: tuple[Definition, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[str, ...] = ()


def tags(path: str, text: str) -> Tags:
    """Empty for an unknown language, more than 2 million characters, or a grammar that cannot be used. Never raises."""
    language = language_of(path, text)
    parsed = parse(text, language) if language is not None else None
    if parsed is None:
        return Tags()
    reading = read(parsed)
    line = parsed.positions.line
    return Tags(
        definitions=tuple(_definition(parsed, each) for each in reading.definitions),
        references=tuple(Reference(name, line(offset), kind) for name, offset, kind in reading.references),
        imports=tuple(dict.fromkeys(path for each in reading.imports for path in import_paths(*each))),
    )


def _definition(parsed: ParsedText, found: Found) -> Definition:
    positions = parsed.positions
    start, doc = above(parsed.data, positions, parsed.language, found.start)
    if found.doc is not None:
        doc = docstring(parsed.source(found.doc.start_byte, min(found.doc.end_byte, found.doc.start_byte + 8000)))
    end = min(found.body or found.end, found.name_end + _HEAD_BYTES)
    head_start = max(found.declaration, found.name_start - _HEAD_BYTES)
    head = parsed.source(head_start, found.name_end)
    return Definition(
        name=found.name,
        kind=found.kind,
        start=positions.line(start),
        end=positions.line(max(found.start, found.end - 1)),
        name_line=positions.line(found.name_start),
        name_character=positions.character(found.name_start),
        scope=found.scope,
        signature=signature(head + parsed.source(found.name_end, end), len(head), found.kind),
        doc=doc,
    )
