"""Bytes to text and back: not a byte changes that was not edited, and what cannot be told is refused."""

import codecs
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tercet_server.edits import DecodedText, decode, encode, encoding_for_new
from tercet_shared.errors import Unsupported

STARTS = [
    b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE,
    b"# coding: latin-1\n", b"#!/usr/bin/python\r\n# -*- coding: cp1252 -*-\r\n", b"# coding: shift_jis\n",
    b"# coding: utf-7\n", b"# coding: klingon\n", b"# coding: rot13\n", b"# coding: unicode_escape\n", b"# coding: iso2022_jp\r",
]  # fmt: skip


@given(st.sampled_from(STARTS), st.binary() | st.text().map(str.encode))
@example(b"", b"a\r\nb\rc\x0cd")
@example(b"", b"\xff\xfe\x00")
def test_a_file_comes_out_byte_by_byte_or_is_refused(start: bytes, rest: bytes) -> None:
    try:
        decoded = decode(start + rest)
    except Unsupported:
        return
    assert encode(decoded) == start + rest


@given(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_every_utf_8_text_is_supported(text: str) -> None:
    if not text.startswith("\ufeff") and "coding" not in text:
        assert decode(text.encode()) == DecodedText(text)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\r\n", DecodedText("a\r\n")),
        (codecs.BOM_UTF8 + b"a", DecodedText("a", "utf-8", bom=True)),
        (codecs.BOM_UTF16_LE + b"a\x00", DecodedText("a", "utf-16-le", bom=True)),
        (codecs.BOM_UTF32_LE + b"a\x00\x00\x00", DecodedText("a", "utf-32-le", bom=True)),
        (b"# coding: latin-1\n\xe9", DecodedText("# coding: latin-1\n\xe9", "iso8859-1")),
        (b"#!x\n# vim: set fileencoding=latin-1 :\n\xe9", DecodedText("#!x\n# vim: set fileencoding=latin-1 :\n\xe9", "iso8859-1")),
        (b"# coding: klingon\nq", DecodedText("# coding: klingon\nq")),
    ],
)  # fmt: skip
def test_the_encoding_is_marked_or_declared_or_utf_8(content: bytes, expected: DecodedText) -> None:
    assert decode(content) == expected


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x7fELF\x00\x01", "binary"),
        (codecs.BOM_UTF16_LE + b"a\x00\x00\x00", "binary"),
        (b"caf\xe9\n", "not UTF-8"),
        (b"x = 1\n# coding: latin-1\n\xe9", "not UTF-8"),
        (b"\n\n# coding: latin-1\n\xe9", "not UTF-8"),
    ],
)
def test_what_is_not_text_in_a_known_encoding_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(Unsupported, match=sentence):
        decode(content)


@pytest.mark.parametrize(
    ("content", "text", "sentence"),
    [
        (b"# coding: latin-1\n\xe9", "# coding: latin-1\n\u20ac", "cannot store"),
        (b"# coding: latin-1\n\xe9", "# coding: utf-8\n\xe9", "contradicts the encoding"),
        (b"x", "\ud800", "cannot store"),
        (b"x", "\x00", "NUL"),
    ],
)
def test_a_change_that_the_encoding_cannot_hold_is_refused(content: bytes, text: str, sentence: str) -> None:
    with pytest.raises(Unsupported, match=sentence):
        encode(replace(decode(content), text=text))


def test_a_new_file_is_stored_as_it_declares() -> None:
    assert encode(encoding_for_new("# coding: latin-1\n\xe9\n")) == b"# coding: latin-1\n\xe9\n"
    assert encode(encoding_for_new("\xe9\n")) == "\xe9\n".encode()
