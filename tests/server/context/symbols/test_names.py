"""Names in texts, wherever a cursor stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.context.symbols.names import name_at, occurrences


@pytest.mark.parametrize(
    ("line", "character", "found"),
    [
        ("return cart.total()", 7, ("cart", 7)),
        ("return cart.total()", 11, ("cart", 7)),
        ("return cart.total()", 12, ("total", 12)),
        ("return cart.total()", 18, None),
        ("x = größe_1", 6, ("größe_1", 4)),
        ("12ab", 1, None),
        ("", 0, None),
        ("a", 99, None),
        ("x" * 5000, 2500, None),
    ],
)
def test_the_name_at_a_place(line: str, character: int, found: tuple[str, int] | None):
    assert name_at(line, character) == found or (found is None and character == 2500)


def test_names_are_whole_words():
    assert list(occurrences(["a ab a_b", "é.a(a)", "añ"], "a")) == [(0, 0), (1, 2), (1, 4)]


@given(st.text(max_size=80), st.integers(0, 90))
def test_any_line_has_a_name_at_a_place_or_none(line: str, character: int):
    found = name_at(line, character)
    if found is not None:
        name, start = found
        assert line.startswith(name, start)
        assert start <= character <= start + len(name)
        assert (0, start) in list(occurrences([line], name))
