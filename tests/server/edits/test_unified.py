"""Unified diffs: `git apply` turns the files before into the files after."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tercet_server.edits import unified_diff
from tercet_shared.edits import FileTexts

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git judges the diffs")

TEXTS = st.lists(
    st.sampled_from(["a\n", "b\r\n", "c\r", "\n", " x\t\n", "é\f\n", "\u2028", "--- a\n", "\\ No\n"]), max_size=30
)


def check(folder: Path, files: list[FileTexts]) -> None:
    """`git apply` makes `after` of `before` in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    for file in files:
        if file.before is not None:
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).write_text(file.before, newline="")
    folder.mkdir(exist_ok=True)
    diff = unified_diff(files)
    if diff:
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        outside = {"GIT_CEILING_DIRECTORIES": str(folder.parent), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, cwd=folder, input=diff.encode(), capture_output=True, check=False, env=outside)
        assert done.returncode == 0, done.stderr.decode() + diff
    for file in files:
        assert (folder / file.path).read_bytes().decode() == file.after


@needs_git
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(before=TEXTS, after=TEXTS)
def test_git_accepts_the_diff_of_any_two_texts(tmp_path: Path, before: list[str], after: list[str]) -> None:
    check(tmp_path / "tree", [FileTexts("a.py", "".join(before), "".join(after))])


@needs_git
@pytest.mark.parametrize(
    "path",
    ["new.py", "deep/er/new.py", "with space.py", 'quo"te.py', "tab\there.py", "é.py", "line\nend.py", "a /b .py"],
)
@pytest.mark.parametrize("before", [None, "a\nb", "a\n"])
def test_git_accepts_every_name_and_created_files(tmp_path: Path, path: str, before: str | None) -> None:
    check(tmp_path / "tree", [FileTexts(path, before, "x\ny"), FileTexts("other.py", "1\n", "2\n")])


@needs_git
def test_git_accepts_a_created_empty_file(tmp_path: Path) -> None:
    check(tmp_path / "tree", [FileTexts("pkg/__init__.py", None, ""), FileTexts("b.py", "1\n", "2\n")])


def test_a_person_reads_the_change_in_its_context() -> None:
    before = "".join(f"{number}\n" for number in range(1, 13))
    after = before.replace("2\n", "two\n", 1).replace("12\n", "12")
    assert unified_diff([FileTexts("a.py", before, after), FileTexts("same.py", "x", "x")]) == (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n"
        "@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n"
        "@@ -9,4 +9,4 @@\n 9\n 10\n 11\n-12\n+12\n\\ No newline at end of file\n"
    )
