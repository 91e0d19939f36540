"""Finding edits: what is found, applied, gives the text after, and no more than what differs is touched."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.edits import apply_edits, apply_file_edit, diff_edits, file_edit
from tercet_shared.errors import EditRefused

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="ab\r\n", max_size=30),
    st.lists(st.sampled_from(["a\n", "b\r\n", "c\r", "\n", "\r\n", "\f\n", "é\u2028", "x"]), max_size=12).map("".join),
)


def shown(before: str, after: str) -> list[tuple[tuple[int, int], tuple[int, int], str]]:
    return [
        (each.range.start.as_tuple(), each.range.end.as_tuple(), each.new_text) for each in diff_edits(before, after)
    ]


@given(TEXTS, TEXTS)
def test_applying_the_edits_gives_the_text_after(before: str, after: str) -> None:
    assert apply_edits(before, diff_edits(before, after)) == after


@given(TEXTS, TEXTS)
def test_edits_are_in_order_and_do_not_touch(before: str, after: str) -> None:
    edits = diff_edits(before, after)
    for one, next_one in pairwise(edits):
        assert one.range.end.as_tuple() < next_one.range.start.as_tuple()


@given(TEXTS)
def test_equal_texts_need_no_edit(text: str) -> None:
    assert diff_edits(text, text) == []


@pytest.mark.parametrize(
    ("before", "after", "edits"),
    [
        ("if a < b:\n", "if a <= b:\n", [((0, 6), (0, 6), "=")]),
        ("a\nb\nc\n", "a\nc\n", [((1, 0), (2, 0), "")]),
        ("one\ntwo\nsix\n", "One\ntwo\nSix\n", [((0, 0), (0, 1), "O"), ((2, 0), (2, 1), "S")]),
        ("a\r\nb", "a\rb", [((0, 1), (1, 0), "\r")]),
        ("a\rb", "a\r\nb", [((1, 0), (1, 0), "\n")]),
        ("a", "a\n", [((0, 1), (0, 1), "\n")]),
        ("\U0001f600x", "\U0001f600y", [((0, 1), (0, 2), "y")]),
    ],
)
def test_only_what_differs_is_edited(before: str, after: str, edits: list[object]) -> None:
    assert shown(before, after) == edits


@given(st.none() | TEXTS, TEXTS)
def test_a_file_edit_leads_from_before_to_after(before: str | None, after: str) -> None:
    if before == after:
        with pytest.raises(EditRefused, match="changes nothing"):
            file_edit("a/b.py", before, after)
    else:
        assert apply_file_edit(file_edit("a/b.py", before, after), before) == ("a/b.py", before, after)


def test_many_equal_lines_take_no_quadratic_time() -> None:
    before = "\n" * 20_000
    after = "x\n" + "\n" * 10_000 + "y\n" + "\n" * 9_000
    started = time.perf_counter()
    assert apply_edits(before, diff_edits(before, after)) == after
    assert time.perf_counter() - started < 5
