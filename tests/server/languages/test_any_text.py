"""Whatever a file holds, reading it ends, raises nothing and points into the text."""

import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tercet_server.languages import Tags, errors_of_change, languages, outline, tags

CASES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in Path(__file__).with_name("cases").glob("*.toml")}
LANGUAGES = [each.name for each in languages()]

pieces = st.sampled_from(
    [*"(){}[]<>\"'`;:,.=#@$\\/*|&!?-+~% \t\n\r\x00\x0c\u2028é😀\ud800", "/*", "*/", "<<", "${", "\r\n", "'''"]
)


def check(path: str, text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = tags(path, text)
    for each in found.definitions:
        assert 0 <= each.start <= each.name_line <= each.end < len(lines)
        assert each.name_character <= len(lines[each.name_line])
        assert len(each.signature) <= 240
        assert len(each.doc) <= 2000
        "".join((each.name, each.signature, each.doc, each.scope)).encode()
    assert all(0 <= each.line < len(lines) for each in found.references)
    for symbol in outline(path, text):
        assert symbol.range.end.line < len(lines)
        assert symbol.name_range.end.character <= len(lines[symbol.name_range.end.line])
    for problem in errors_of_change(path, "", text) or ():
        assert problem.range.end.line < len(lines)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=15, deadline=None)
@given(text=st.one_of(st.text(), st.lists(pieces, max_size=60).map("".join)))
def test_any_text(language: str, text: str):
    check(CASES[language]["path"], text)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(), piece=st.lists(pieces, max_size=4).map("".join))
def test_a_real_text_that_was_damaged(language: str, seed: int, piece: str):
    text = CASES[language]["text"]
    chance = random.Random(seed)
    for _ in range(3):
        start = chance.randrange(len(text) + 1)
        text = text[:start] + piece + text[start + chance.randrange(40) :]
    check(CASES[language]["path"], text)


def test_a_byte_order_mark_tabs_and_wide_characters_move_no_position():
    text = "\ufeffdef 𝑥(): pass\n\nif 1:\n\tclass Größe: '''é'''; d = '😀'; e = 1\n"
    first, second, third, fourth = tags("a.py", text).definitions
    assert (first.name, first.name_line, first.name_character) == ("𝑥", 0, 5)
    assert (second.name, second.name_line, second.name_character) == ("Größe", 3, 7)
    assert (third.name, third.name_character, fourth.name, fourth.name_character) == ("d", 23, "e", 32)


def test_lines_end_where_the_protocol_ends_them():
    text = "var a = 1;\rvar b = 2;\r\nvar c = '\x0b\x0c\u2028';\nvar d = 4"
    assert [(each.name, each.name_line) for each in tags("a.js", text).definitions] == [
        ("a", 0),
        ("b", 1),
        ("c", 2),
        ("d", 3),
    ]


def test_an_unknown_language_and_a_text_that_is_too_long_have_no_tags():
    assert tags("a.unknown", "def f(): pass") == Tags()
    assert tags("a.py", "x = 1\n" * 400_000) == Tags()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_of_a_million_characters_is_read(language: str):
    text = " ".join(CASES[language]["text"].split())
    found = tags(CASES[language]["path"], text * (1_000_000 // len(text)))
    assert all(each.start == each.end == 0 for each in found.definitions)


@pytest.mark.parametrize("piece", ["(", "[", "{", "a<", "<a>", "a.", "if a:", "${", "/*"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_grammar_cannot_find_a_way_through_ends(language: str, piece: str):
    check(CASES[language]["path"], piece * (8000 // len(piece)))


@pytest.mark.parametrize("piece", ["a<", "[", "("])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_million_brackets_are_not_read(language: str, piece: str):
    text = piece * (1_000_000 // len(piece))
    assert tags(CASES[language]["path"], text) == Tags()
