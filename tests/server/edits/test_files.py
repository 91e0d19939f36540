"""Which file an edit means, and what of a file stays as it is: line ends, the final newline, everything not edited."""

import pytest
from tercet_server.edits import apply_edits, from_reply
from tercet_shared.errors import EditRefused

PATH = "src/app.py"
FUNCTION = "def first(items):\n    if not items:\n        return None\n    return items[0]\n"


def block(old: str, new: str, path: str = PATH) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def after(text: str, reply: str) -> str:
    (edit,) = from_reply(reply, {PATH: text}).changes.files
    return apply_edits(text, edit.edits)


@pytest.mark.parametrize(
    "named",
    [
        "src/app.py",
        "./src/app.py",
        "/home/me/project/src/app.py",
        "app.py",
        "src/App.py",
        "src\\app.py",
        "project/src/app.py",
    ],
)
def test_a_path_that_can_only_mean_one_file_is_corrected(named: str):
    files = {PATH: FUNCTION, "docs/index.md": "# Docs\n"}
    (edit,) = from_reply(block("    return items[0]\n", "    return 1\n", named), files).changes.files
    assert edit.path == PATH


@pytest.mark.parametrize(
    ("named", "candidates"),
    [
        ("app.py", ["lib/app.py", "src/app.py"]),
        ("src/ap.py", ["src/app.py"]),
        ("other/setup.py", ["setup.py"]),
        ("tests/app.py", ["lib/app.py", "src/app.py"]),
    ],
)
def test_a_path_that_means_no_file_or_several_is_refused_with_the_nearest(named: str, candidates: list[str]):
    files = {PATH: FUNCTION, "lib/app.py": FUNCTION, "setup.py": FUNCTION}
    with pytest.raises(EditRefused) as error:
        from_reply(block("    return items[0]\n", "    return 1\n", named), files)
    assert error.value.data["reason"] == "no_file"
    assert sorted(error.value.data["candidates"][: len(candidates)]) == candidates


@pytest.mark.parametrize("named", ["../x.py", "/etc/passwd", "C:/x.py", "a//b.py"])
def test_no_file_is_created_outside_the_workspace(named: str):
    with pytest.raises(EditRefused) as error:
        from_reply(f"*** Begin Patch\n*** Add File: {named}\n+x\n*** End Patch\n", {})
    assert error.value.data["reason"] == "no_file"


def test_an_edit_by_line_numbers_wants_the_exact_name_and_range():
    files = {PATH: FUNCTION, "b.py": "x\n"}
    for edit in (
        '{"path": "app.py", "start_line": 1, "end_line": 1, "new": "x"}',
        '{"start_line": 1, "end_line": 1, "new": "x"}',
    ):
        with pytest.raises(EditRefused) as error:
            from_reply(edit, files)
        assert error.value.data["reason"] == "no_file"
    with pytest.raises(EditRefused) as error:
        from_reply(f'{{"path": "{PATH}", "start_line": 9, "end_line": 12, "new": "x"}}', files)
    assert error.value.data["reason"] == "stale"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1\r\nb = 2\r\nc = 3\r\n", "a = 1\r\nb = 3\r\nd = 4\r\nc = 3\r\n"),
        ("a = 1\nb = 2\r\nc = 3\n", "a = 1\nb = 3\r\nd = 4\r\nc = 3\n"),
        ("a = 1\rb = 2\rc = 3\r", "a = 1\rb = 3\rd = 4\rc = 3\r"),
        ("a = 1\nb = 2\nc = 3", "a = 1\nb = 3\nd = 4\nc = 3"),
        ("a = 1\nb = 2", "a = 1\nb = 3\nd = 4"),
        ("b = 2", "b = 3\nd = 4"),
    ],
)
def test_line_ends_stay_as_they_are(text: str, expected: str):
    reply = block("b = 2\n", "b = 3\nd = 4\n")
    assert after(text, reply) == expected
    assert after(text, reply.replace("\n", "\r\n")) == expected


def test_a_whole_file_keeps_line_ends_and_what_did_not_change():
    text = "a\r\nb\nc\r\nd"
    assert after(text, f"{PATH}\n```\na\nb\nx\nc\nd\n```\n") == "a\r\nb\nx\nc\r\nd"


@pytest.mark.parametrize(
    ("text", "body", "expected"),
    [
        ("a\nb", "-b\n\\ No newline at end of file\n+c\n", "a\nc\n"),
        ("a\nb\n", "-b\n+c\n\\ No newline at end of file\n", "a\nc"),
        ("a\nb", "-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n", "a\nc"),
    ],
)
def test_a_diff_may_change_the_final_newline(text: str, body: str, expected: str):
    assert after(text, f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1,2 +1,2 @@\n a\n{body}") == expected


def test_an_empty_file_and_the_end_of_a_file_are_places_without_context():
    assert after("", f"--- a/{PATH}\n+++ b/{PATH}\n@@ -0,0 +1,1 @@\n+a = 1\n") == "a = 1\n"
    appended = f"*** Begin Patch\n*** Update File: {PATH}\n@@\n+b = 2\n*** End of File\n*** End Patch\n"
    assert after("a = 1\n", appended) == "a = 1\nb = 2\n"
