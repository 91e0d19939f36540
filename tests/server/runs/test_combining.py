"""Several accepted changes become one, or it is said that they cannot."""

import pytest
from tercet_server.edits import apply_edits, file_edit
from tercet_server.runs.combining import combine
from tercet_shared.edits import ChangeSet, FileEdit, text_sha256
from tercet_shared.errors import EditRefused

BASE = "a\nb\nc\nd\n"


def change(path: str, after: str, before: str | None = BASE) -> ChangeSet:
    return ChangeSet(files=[file_edit(path, before, after)])


def test_changes_of_different_files_stand_side_by_side():
    joint = combine([change("one.py", "x\n"), change("two.py", "y\n")], {"one.py": BASE, "two.py": BASE})
    assert joint.paths == ["one.py", "two.py"]


def test_changes_of_different_lines_of_a_file_are_both_made():
    joint = combine([change("one.py", "A\nb\nc\nd\n"), change("one.py", "a\nb\nc\nD\n")], {"one.py": BASE})
    [edit] = joint.files
    assert edit.base_sha256 == text_sha256(BASE)
    assert apply_edits(BASE, edit.edits) == "A\nb\nc\nD\n"


def test_the_same_change_twice_is_made_once():
    joint = combine([change("one.py", "A\nb\nc\nd\n")] * 2, {"one.py": BASE})
    assert apply_edits(BASE, joint.files[0].edits) == "A\nb\nc\nd\n"


@pytest.mark.parametrize(
    "second",
    [
        change("one.py", "a\nBB\nc\nd\n"),
        change("one.py", "new\n", None),
        ChangeSet(files=[FileEdit(path="one.py", base_sha256="0" * 64, edits=change("one.py", "x").files[0].edits)]),
    ],
    ids=["the same line", "a creation", "another base"],
)
def test_what_cannot_be_made_together_is_refused(second):
    with pytest.raises(EditRefused):
        combine([change("one.py", "a\nB\nc\nd\n"), second], {"one.py": BASE})
