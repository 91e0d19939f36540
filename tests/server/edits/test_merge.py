"""Three-way merges: both sides' changes are kept, or nothing changes and the conflict names the lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.edits import merge3
from tercet_shared.errors import UndoConflict

TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "d\r", "\n", "e"]), max_size=10).map("".join)


@given(TEXTS, TEXTS)
def test_an_unchanged_side_gives_way_to_the_other(base: str, changed: str) -> None:
    assert merge3(base, base, changed) == changed
    assert merge3(base, changed, base) == changed
    assert merge3(base, changed, changed) == changed


@given(TEXTS, TEXTS, TEXTS)
def test_sides_may_be_exchanged(base: str, ours: str, theirs: str) -> None:
    def outcome(one: str, other: str) -> str | None:
        try:
            return merge3(base, one, other)
        except UndoConflict:
            return None

    assert outcome(ours, theirs) == outcome(theirs, ours)


@given(st.lists(st.integers(0, 9), unique=True, max_size=10), st.lists(st.integers(0, 9), unique=True, max_size=10))
def test_a_merge_loses_no_line_of_either_side(our_lines: list[int], their_lines: list[int]) -> None:
    base = [f"base {number}\n" for number in range(10)]
    ours = "".join(f"ours {number}\n" if number in our_lines else line for number, line in enumerate(base))
    theirs = "".join(f"theirs {number}\n" if number in their_lines else line for number, line in enumerate(base))
    try:
        merged = merge3("".join(base), ours, theirs)
    except UndoConflict as conflict:
        assert set(our_lines) & set(their_lines)
        reported = {line for start, end in conflict.data["ranges"] for line in range(start, end)}
        assert set(our_lines) & set(their_lines) <= reported
    else:
        assert not set(our_lines) & set(their_lines)
        assert all(f"ours {number}\n" in merged for number in our_lines)
        assert all(f"theirs {number}\n" in merged for number in their_lines)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"),
        ("a\nb\n", "A\nb\n", "a\nB\n", "A\nB\n"),
        ("a\nb\n", "a\nnew\nb\n", "a\nB\n", "a\nnew\nB\n"),
        ("a\nb\nc\n", "A\nb\nC\n", "A\nb\nc\n", "A\nb\nC\n"),
        ("a\nb\nc\nd\n", "a\nc\nd\n", "a\nb\nc\nd\ne\n", "a\nc\nd\ne\n"),
    ],
)
def test_changes_of_different_lines_are_both_kept(base: str, ours: str, theirs: str, merged: str) -> None:
    assert merge3(base, ours, theirs) == merged


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "sentence"),
    [
        ("a b\n", "A b\n", "a B\n", "line 1;"),
        ("a\nb\nc\n", "a\nX\nY\nc\n", "a\nc\n", "lines 2-3;"),
        ("a\nz\n", "a\nb\nz\n", "a\nc\nz\n", "line 2;"),
        ("x\na", "x\na\nb\n", "x\nc", "lines 2-3;"),
    ],
)
def test_different_changes_of_one_line_are_a_conflict(base: str, ours: str, theirs: str, sentence: str) -> None:
    with pytest.raises(UndoConflict, match=sentence):
        merge3(base, ours, theirs)


def test_undo_keeps_what_the_user_wrote_elsewhere() -> None:
    before = "def f(a, b):\n    return a < b\n\n\ndef g():\n    return 1\n"
    applied = before.replace("<", "<=")
    current = applied.replace("return 1", "return 2") + "# mine\n"
    assert merge3(applied, current, before) == current.replace("<=", "<")
