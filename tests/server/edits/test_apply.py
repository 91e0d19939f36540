"""Applying edits: all or none, positions as the Language Server Protocol counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.edits import apply_edits, apply_file_edit
from tercet_shared.edits import FileEdit, FileTexts, Position, Range, TextEdit, text_sha256
from tercet_shared.errors import EditRefused, StaleText


def edit(start: tuple[int, int], end: tuple[int, int], new_text: str) -> TextEdit:
    first, last = (Position(line=line, character=character) for line, character in (start, end))
    return TextEdit(range=Range(start=first, end=last), new_text=new_text)


@pytest.mark.parametrize(
    ("text", "edits", "after"),
    [
        ("", [edit((0, 0), (0, 0), "a")], "a"),
        ("ab\ncd", [edit((1, 0), (1, 1), "X")], "ab\nXd"),
        ("ab\r\ncd\r\n", [edit((0, 2), (1, 0), "")], "abcd\r\n"),
        ("a\rb", [edit((1, 0), (1, 1), "c")], "a\rc"),
        ("a\n", [edit((1, 0), (1, 0), "b")], "a\nb"),
        ("a\fb\x0bc\u2028d\x85e\nf", [edit((1, 0), (1, 1), "g")], "a\fb\x0bc\u2028d\x85e\ng"),
        ("\U0001f600x", [edit((0, 1), (0, 2), "y")], "\U0001f600y"),
        ("abc", [edit((0, 2), (0, 3), "Z"), edit((0, 0), (0, 1), "X")], "XbZ"),
        ("abc", [edit((0, 1), (0, 1), "1"), edit((0, 1), (0, 1), "2")], "a12bc"),
        ("abc", [edit((0, 1), (0, 2), "B"), edit((0, 1), (0, 1), "+")], "a+Bc"),
        ("abc", [edit((0, 0), (0, 1), "A"), edit((0, 1), (0, 2), "B")], "ABc"),
    ],
)
def test_edits_mean_positions_of_the_text_before(text: str, edits: list[TextEdit], after: str) -> None:
    assert apply_edits(text, edits) == after


@pytest.mark.parametrize(
    ("text", "edits", "sentence"),
    [
        ("a", [edit((1, 0), (1, 0), "b")], "line 2"),
        ("a\n", [edit((2, 0), (2, 0), "b")], "line 3"),
        ("a\r\n", [edit((0, 2), (0, 2), "b")], "column 3 of line 1"),
        ("abc", [edit((0, 0), (0, 2), "x"), edit((0, 1), (0, 3), "y")], "overlap in line 1"),
        ("abc", [edit((0, 0), (0, 3), "x"), edit((0, 1), (0, 1), "y")], "overlap"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(text: str, edits: list[TextEdit], sentence: str) -> None:
    with pytest.raises(EditRefused, match=sentence):
        apply_edits(text, edits)


@given(st.text(alphabet="ab\r\n\f", max_size=12), st.integers(0, 5), st.integers(0, 5), st.text(max_size=3))
def test_a_position_is_refused_or_inserted_at(text: str, line: int, character: int, new_text: str) -> None:
    """An insertion never loses a character and never stands inside a `\\r\\n`."""
    try:
        after = apply_edits(text, [edit((line, character), (line, character), new_text)])
    except EditRefused:
        return
    assert len(after) == len(text) + len(new_text)
    marked = apply_edits(text, [edit((line, character), (line, character), "|")])
    assert "\r|\n" not in marked


def test_a_file_edit_applies_to_the_text_that_it_was_made_for() -> None:
    made = FileEdit(path="a.py", base_sha256=text_sha256("x\n"), edits=[edit((0, 0), (0, 1), "y")])
    assert apply_file_edit(made, "x\n") == FileTexts("a.py", "x\n", "y\n")


@pytest.mark.parametrize(
    ("base", "current", "sentence"),
    [
        ("x\n", "z\n", "has changed"),
        ("x\n", None, "does not exist any more"),
        (None, "", "exists by now"),
    ],
)
def test_a_file_edit_refuses_any_other_text(base: str | None, current: str | None, sentence: str) -> None:
    sha256 = None if base is None else text_sha256(base)
    made = FileEdit(path="a.py", base_sha256=sha256, edits=[edit((0, 0), (0, 0), "y")])
    with pytest.raises(StaleText, match=sentence):
        apply_file_edit(made, current)
