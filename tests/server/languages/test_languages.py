"""The catalogue, syntax errors and outlines."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.languages import (
    grammar_errors,
    grammar_problem,
    language_of,
    languages,
    outline,
    parse,
    syntax_errors,
)
from tercet_server.languages.definitions import read
from tercet_shared.edits import Position


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.py", "python"), ("src/b.PYI", "python"), ("SConstruct", "python"), ("a.txt", None), ("py", None), ("", None)],
)
def test_the_language_of_a_path(path, name):
    language = language_of(path)
    assert (language and language.name) == name


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("bin/run", "#!/bin/sh\n", "bash"),
        ("run", "#!/usr/bin/env -S python3.12 -u\n", "python"),
        ("run", "#! /usr/local/bin/node --inspect\r\n", "javascript"),
        ("run.txt", "#!/bin/sh\n", None),
        ("run", "#!/usr/bin/env\n", None),
        ("run", "#!unheard-of\n", None),
        ("run", "x = 1\n", None),
    ],
)
def test_a_path_without_a_suffix_is_judged_by_its_first_line(path, text, name):
    language = language_of(path, text)
    assert (language and language.name) == name


def test_at_least_25_languages_are_read():
    assert len(languages()) >= 25


@pytest.mark.parametrize("language", languages(), ids=lambda each: each.name)
def test_every_row_of_the_catalogue_is_sound(language):
    assert grammar_problem(language) is None
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in language.suffixes)
    for path in (*(f"a{suffix}" for suffix in language.suffixes), *language.file_names):
        assert language_of(path) == language, "two rows claim it"
    assert language.dialect is None or language.dialect in {each.name for each in languages()}
    assert language.title
    assert language.line_comment or language.block_comment or language.name == "json"


@pytest.mark.parametrize(
    ("grammar", "function", "said"),
    [
        ("tree_sitter_unheard_of", "language", "No module named"),
        ("tree_sitter_python", "language_of_another_version", "has no attribute"),
        ("json", "loads", "cannot be used"),
        ("tree_sitter_json", "language", "is another than Tercet knows"),
    ],
)
def test_a_grammar_that_cannot_be_used_says_why_and_breaks_nothing(grammar, function, said):
    language = replace(languages()[0], name="other", grammar=grammar, grammar_function=function)
    assert said in (grammar_problem(language) or "")
    parsed = parse("x", language)
    assert (grammar_errors("x", language) is None) == (parsed is None)
    assert parsed is None or read(parsed).definitions == []


@pytest.mark.parametrize(
    ("text", "message", "start", "end"),
    [
        ("def f(:\n    pass\n", "invalid syntax", (0, 6), (0, 7)),
        ("é = '😀'; x = )\n", "unmatched ')'", (0, 13), (0, 14)),
        ("if x:\npass\n", "expected an indented block after 'if' statement on line 1", (1, 0), (1, 4)),
        ("print 'x'\n", "Missing parentheses in call to 'print'. Did you mean print(...)?", (0, 0), (0, 9)),
        ("return 1\n", "'return' outside function", (0, 0), (0, 8)),
        ("x = (\r\n", "'(' was never closed", (0, 4), (0, 5)),
    ],
)
def test_a_syntax_error_is_said_in_pythons_words_at_its_place(text, message, start, end):
    (problem,) = syntax_errors("a.py", text)
    assert problem.message == message
    assert problem.range.start.as_tuple() == start
    assert problem.range.end.as_tuple() == end


@pytest.mark.parametrize(
    "text",
    ["", "x = 1\n", "type X = int\n", "def f[T](x: T) -> T: return x\n", "match x:\n    case 1: pass\n", "x = '\\d'\n"],
)
def test_python_of_any_version_has_no_syntax_error(text):
    assert syntax_errors("a.py", text) == []


def test_a_null_character_is_a_syntax_error_and_an_unknown_language_has_none():
    assert len(syntax_errors("a.py", "x = 1\x00")) == 1
    assert syntax_errors("a.unknown", "(((") == []
    assert syntax_errors("a.py", "(" * 2_000_001) == []


def test_the_grammar_names_what_is_missing_or_unexpected():
    language = language_of("a.py")
    assert language is not None
    assert grammar_errors("x = 1\n", language) == []
    messages = [each.message for each in grammar_errors("def f(:\n    é = (1,\n", language) or ()]
    assert any("unexpected" in message for message in messages)


@given(st.text())
def test_any_text_is_judged_without_breaking_down(text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for problem in syntax_errors("a.py", text):
        for position in (problem.range.start, problem.range.end):
            assert position.line < len(lines)
            assert position.character <= len(lines[position.line])
    outline("a.py", text)


def test_the_outline_names_definitions_with_those_around_them():
    text = "class Shelf:\r\n    @property\r\n    def é(self):\r\n        def inner(): pass\r\n\r\nasync def find(): pass\r\n"
    symbols = outline("a.py", text)
    assert [(each.name, each.kind) for each in symbols] == [
        ("Shelf", "class"),
        ("Shelf.é", "method"),
        ("Shelf.é.inner", "function"),
        ("find", "function"),
    ]
    assert symbols[1].name_range.start == Position(line=2, character=8)
    assert symbols[1].name_range.end == Position(line=2, character=9)
    assert outline("a.txt", "class A: pass") == []
