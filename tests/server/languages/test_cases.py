"""Every language of the catalogue, read from a small realistic text. The texts and what is expected stand in `cases/`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from tercet_server.languages import (
    Definition,
    Language,
    errors_of_change,
    language_of,
    languages,
    outline,
    syntax_errors,
    tags,
)

CASES = Path(__file__).with_name("cases")


@dataclass(frozen=True)
class Case:
    """`definitions` are "kind scope.name first-last", `references` "kind name", both as `tags` has them."""

    path: str
    text: str
    definitions: list[str]
    references: list[str]
    imports: list[str]
    broken: str
    broken_line: int
    signatures: dict[str, str]
    docs: dict[str, str]


def case(language: str) -> Case:
    return Case(**tomllib.loads((CASES / f"{language}.toml").read_text("utf-8")))


def dotted(definition: Definition) -> str:
    return f"{definition.scope}.{definition.name}" if definition.scope else definition.name


def check(path: str, text: str, expected: Case) -> None:
    found = tags(path, text)
    shown = [f"{each.kind} {dotted(each)} {each.start}-{each.end}" for each in found.definitions]
    assert shown == expected.definitions
    assert sorted({f"{each.kind} {each.name}" for each in found.references}) == expected.references
    assert list(found.imports) == expected.imports
    assert {dotted(each): each.doc for each in reversed(found.definitions) if each.doc} == expected.docs
    signatures = {dotted(each): each.signature for each in reversed(found.definitions)}
    assert {name: signatures[name] for name in expected.signatures} == expected.signatures


LANGUAGES = [each.name for each in languages()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tags_are_what_a_reader_of_the_text_would_name(language: str):
    expected = case(language)
    assert (known := language_of(expected.path, expected.text)) is not None
    assert known.name == language
    check(expected.path, expected.text, expected)


@pytest.mark.parametrize("language", LANGUAGES)
def test_windows_line_ends_change_nothing(language: str):
    expected = case(language)
    check(expected.path, expected.text.replace("\n", "\r\n"), expected)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_outline_has_the_names_at_their_places(language: str):
    expected = case(language)
    lines = expected.text.split("\n")
    symbols = outline(expected.path, expected.text)
    assert [each.name for each in symbols] == [
        each.split(" ", 1)[1].rpartition(" ")[0] for each in expected.definitions
    ]
    for each in symbols:
        start, end = each.name_range.start, each.name_range.end
        assert each.name.endswith(lines[start.line][start.character : end.character].strip('":'))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_that_breaks_the_syntax_is_told_its_line(language: str):
    expected = case(language)
    assert errors_of_change(expected.path, expected.text, expected.text) == []
    problems = errors_of_change(expected.path, expected.text, expected.broken)
    assert any(each.range.start.line <= expected.broken_line <= each.range.end.line for each in problems or ())


@pytest.mark.parametrize("language", languages(), ids=lambda each: each.name)
def test_a_grammar_that_errs_by_itself_has_no_say_of_a_text_by_itself(language: Language):
    expected = case(language.name)
    assert bool(syntax_errors(expected.path, expected.broken)) == (language.syntax_check == "always")
    told = errors_of_change(expected.path, expected.broken, expected.broken)
    assert bool(told) == (language.syntax_check == "always")
    assert (told is None) == (language.syntax_check == "changes")
    assert (errors_of_change(expected.path, None, expected.text) is None) == (language.syntax_check == "changes")
