"""Positions and ranges between an editor's encoding (UTF-8, UTF-16 or UTF-32 code units) and code points.

What points beyond a line means its end, beyond the text the text's end, into the middle of a character its start.
"""

from typing import Protocol

from lsprotocol import types

from tercet_lsp.convert.texts import Text

Encoding = types.PositionEncodingKind | str | None


class Point(Protocol):
    """Anything that has a line and a character from zero, counted in code points: `tercet_shared.edits.Position`."""

    @property
    def line(self) -> int: ...
    @property
    def character(self) -> int: ...


class Span(Protocol):
    """Anything that has a start and an end: `tercet_shared.edits.Range`."""

    @property
    def start(self) -> Point: ...
    @property
    def end(self) -> Point: ...


def to_editor_position(point: Point, text: Text, encoding: Encoding) -> types.Position:
    if point.line >= len(text.lines):
        last = len(text.lines) - 1
        return types.Position(last, _units(text.line(last), encoding))
    return types.Position(point.line, _units(text.line(point.line)[: point.character], encoding))


def to_editor_range(span: Span, text: Text, encoding: Encoding) -> types.Range:
    return types.Range(to_editor_position(span.start, text, encoding), to_editor_position(span.end, text, encoding))


def from_editor_position(position: types.Position, text: Text, encoding: Encoding) -> tuple[int, int]:
    """Line and character in code points."""
    if position.line >= len(text.lines):
        last = len(text.lines) - 1
        return last, len(text.line(last))
    return position.line, _code_points(text.line(position.line), position.character, encoding)


def from_editor_range(
    editor_range: types.Range, text: Text, encoding: Encoding
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Start and end, each a line and a character in code points, in order."""
    ends = (
        from_editor_position(editor_range.start, text, encoding),
        from_editor_position(editor_range.end, text, encoding),
    )
    return min(ends), max(ends)


def _units(text: str, encoding: Encoding) -> int:
    if text.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return len(text)
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(each > "\uffff" for each in text)


def _code_points(line: str, units: int, encoding: Encoding) -> int:
    if line.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return min(units, len(line))
    seen = 0
    for index, character in enumerate(line):
        seen += _units(character, encoding)
        if seen > units:
            return index
    return len(line)
