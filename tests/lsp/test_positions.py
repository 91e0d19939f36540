"""Positions survive the way to an editor and back, in every encoding; documents follow an editor's edits exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec
from tercet_lsp.convert.positions import from_editor_position, from_editor_range, to_editor_position, to_editor_range
from tercet_lsp.convert.texts import Text
from tercet_lsp.documents import Document
from tercet_shared.edits import Position, Range

ENCODINGS = [types.PositionEncodingKind.Utf8, types.PositionEncodingKind.Utf16, types.PositionEncodingKind.Utf32]
WIDTHS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
UNIT_BYTES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}

texts = st.text(alphabet=st.sampled_from("ab\n\r\t é€😀𝒳\x0c\x85\u2028"), max_size=60)
encodings = st.sampled_from(ENCODINGS)


def naive_lines(text: str) -> list[str]:
    """The protocol's lines, worked out character by character."""
    lines, current, index = [], "", 0
    while index < len(text):
        end = "\r\n" if text[index : index + 2] == "\r\n" else text[index] if text[index] in "\r\n" else ""
        if end:
            lines.append(current + end)
            current = ""
            index += len(end)
        else:
            current += text[index]
            index += 1
    return [*lines, current]


def units(text: str, encoding: types.PositionEncodingKind) -> int:
    return len(text.encode(WIDTHS[encoding.value])) // UNIT_BYTES[encoding.value]


@given(texts)
def test_lines_end_where_the_protocol_says(text: str):
    assert Text(text).lines == naive_lines(text)


@given(texts, encodings, st.data())
def test_there_and_back_is_where_it_was(content: str, encoding: types.PositionEncodingKind, data: st.DataObject):
    text = Text(content)
    line = data.draw(st.integers(0, len(text.lines) - 1))
    character = data.draw(st.integers(0, len(text.line(line))))
    there = to_editor_position(Position(line=line, character=character), text, encoding)
    assert there == types.Position(line, units(text.line(line)[:character], encoding))
    assert from_editor_position(there, text, encoding) == (line, character)


@given(texts, encodings, st.integers(0, 99), st.integers(0, 99))
def test_any_position_of_an_editor_is_one_in_the_text(
    content: str, encoding: types.PositionEncodingKind, line: int, character: int
):
    text = Text(content)
    row, column = from_editor_position(types.Position(line, character), text, encoding)
    assert row <= line
    assert column <= len(text.line(row))
    assert 0 <= text.offset(row, column) <= len(content)


@pytest.mark.parametrize(("encoding", "units_before"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_an_astral_character_counts_as_the_encoding_says(encoding: str, units_before: int):
    text = Text("😀x\r\n")
    assert to_editor_position(Position(line=0, character=1), text, encoding).character == units_before
    assert from_editor_position(types.Position(0, units_before), text, encoding) == (0, 1)


def test_the_middle_of_a_surrogate_pair_is_the_character_s_start():
    assert from_editor_position(types.Position(0, 2), Text("a😀b"), "utf-16") == (0, 1)


def test_what_lies_beyond_is_the_end():
    text = Text("ab\ncd")
    assert from_editor_position(types.Position(0, 99), text, "utf-16") == (0, 2)
    assert from_editor_position(types.Position(9, 9), text, "utf-16") == (1, 2)
    assert to_editor_position(Position(line=9, character=9), text, "utf-16") == types.Position(1, 2)


def test_a_reversed_range_of_an_editor_is_put_in_order():
    backwards = types.Range(types.Position(0, 2), types.Position(0, 1))
    assert from_editor_range(backwards, Text("abc"), "utf-16") == ((0, 1), (0, 2))


def test_ranges_convert_by_their_ends():
    span = Range(start=Position(line=0, character=1), end=Position(line=1, character=0))
    assert to_editor_range(span, Text("😀😀\nx"), "utf-16") == types.Range(types.Position(0, 2), types.Position(1, 0))


@given(texts, encodings, st.data())
def test_a_document_follows_incremental_edits_exactly(
    content: str, encoding: types.PositionEncodingKind, data: st.DataObject
):
    """An editor edits by offsets and tells positions: both sides must end with the same text."""
    document = Document("file:///x.py", source=content, version=1, position_codec=PositionCodec(encoding))
    expected = content
    for _ in range(3):
        text = Text(expected)
        spots = [(line, character) for line in range(len(text.lines)) for character in range(len(text.line(line)) + 1)]
        start, end = sorted((data.draw(st.sampled_from(spots)), data.draw(st.sampled_from(spots))))
        new = data.draw(texts)
        change = types.TextDocumentContentChangePartial(
            range=types.Range(
                *(types.Position(row, units(text.line(row)[:column], encoding)) for row, column in (start, end))
            ),
            text=new,
        )
        expected = expected[: text.offset(*start)] + new + expected[text.offset(*end) :]
        document.apply_change(change)
        assert document.source == expected
        assert document.text.content == expected


def test_a_whole_new_text_replaces_the_document():
    document = Document("file:///x.py", source="a", version=1)
    assert document.text.content == "a"
    document.apply_change(types.TextDocumentContentChangeWholeDocument(text="b\n"))
    assert document.text.content == "b\n"
