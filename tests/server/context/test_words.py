"""Searching finds `parseHTMLPage` by each of its words, in any spelling and inflection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.context.words import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("parseHTMLPage", ["parsehtmlpage", "pars", "html", "page"]),
        ("status_code == 1223", ["status_code", "status", "code", "1223"]),
        ("connections", ["connect"]),
        ("__init__(self, x)", ["init", "self"]),
        ("$Gson$Types", ["$gson$types", "gson", "type"]),
        ("größe_ändern", ["größe_ändern", "größe", "ändern"]),
        ("utf8", ["utf8", "utf"]),
        ("a" * 100, []),
        ("", []),
    ],
)
def test_an_identifier_is_found_whole_and_by_its_parts(text: str, expected: list[str]):
    assert words(text) == expected


def test_the_spellings_of_a_name_share_its_words():
    camel, snake, plural = words("ConnectTimeout")[1:], words("connect_timeout")[1:], words("connected timeouts")
    assert camel == snake == plural


@given(st.text())
def test_any_text_has_words_without_white_space(text: str):
    assert all(word and not any(each.isspace() for each in word) for word in words(text))
