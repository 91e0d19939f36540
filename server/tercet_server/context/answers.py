"""From what the index says to what crosses the wire. Pure."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from tercet_shared.context import Affected, Outline, Symbol
from tercet_shared.edits import Position, Range, line_range, text_sha256

from tercet_server.context.code import Code, dotted_name
from tercet_server.context.impact import Touched
from tercet_server.languages import Definition

DOC_CHARACTERS = 400
"""Of a definition's documentation: the rest is in the file."""


def symbol_of(path: str, definition: Definition) -> Symbol:
    name_end = definition.name_character + len(definition.name)
    return Symbol(
        path=path,
        name=sayable(dotted_name(definition)),
        kind=definition.kind,
        range=Range(
            start=Position(line=definition.start, character=0), end=Position(line=definition.end + 1, character=0)
        ),
        name_range=line_range(definition.name_line, definition.name_character, name_end),
        signature=sayable(definition.signature),
        doc=sayable(definition.doc[:DOC_CHARACTERS]),
    )


def file_symbol(path: str) -> Symbol:
    """A whole file as a symbol: its top."""
    top = line_range(0)
    return Symbol(path=path, name="", kind="file", range=top, name_range=top, signature=PurePosixPath(path).name)


def outline_of(path: str, text: str, definitions: Sequence[Definition]) -> Outline:
    symbols = [symbol_of(path, each) for each in definitions]
    return Outline(path=path, text_sha256=text_sha256(text), symbols=symbols)


def affected_of(code: Code, touched: Touched) -> Affected:
    path = code.path(touched.file)
    symbol = file_symbol(path) if touched.definition is None else symbol_of(path, touched.definition)
    return Affected(symbol=symbol, distance=touched.distance, through=sayable(touched.through))


def is_sayable(path: str) -> bool:
    """Whether a path can be named on the wire: some that a file system allows cannot."""
    return "\\" not in path and ":" not in path.partition("/")[0] and sayable(path) == path


def sayable(text: str) -> str:
    """The text with what UTF-8 cannot hold (lone halves of surrogate pairs) replaced."""
    return text.encode("utf-8", "replace").decode()
