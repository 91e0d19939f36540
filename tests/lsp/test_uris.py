"""File URIs of every platform, read and written on every platform."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_lsp.convert import uris


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/me/a.py", PurePosixPath("/home/me/a.py")),
        ("file://localhost/home/a.py", PurePosixPath("/home/a.py")),
        ("file:///with%20space/%C3%A9.py", PurePosixPath("/with space/é.py")),
        ("file:///a%23b%3Fc.py", PurePosixPath("/a#b?c.py")),
        ("file:///c%3A/Users/me/a.py", PureWindowsPath("c:/Users/me/a.py")),
        ("file:///C:/Users/me/a.py", PureWindowsPath("C:/Users/me/a.py")),
        ("file://server/share/a.py", PureWindowsPath("//server/share/a.py")),
        ("file:///bad%FFbyte.py", PurePosixPath("/bad\udcffbyte.py")),
    ],
)
def test_file_uris_are_paths(uri: str, path: object):
    assert uris.to_path(uri) == path


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1",
        "vscode-notebook-cell:/x.ipynb#a",
        "git:/x.py",
        "file:",
        "file:relative",
        "",
        "http://[",
        "file:///a%00b",
    ],
)
def test_everything_else_is_none_of_ours(uri: str):
    assert uris.to_path(uri) is None


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PurePosixPath("/a b/é#.py"), "file:///a%20b/%C3%A9%23.py"),
        (PureWindowsPath("C:/Users/me/a b.py"), "file:///c%3A/Users/me/a%20b.py"),
        (PureWindowsPath("//server/share/x.py"), "file://server/share/x.py"),
    ],
)
def test_paths_are_written_as_the_usual_editors_write_them(path: object, uri: str):
    assert uris.from_path(path) == uri  # type: ignore[arg-type]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1), min_size=1, max_size=4))
def test_a_posix_path_survives_the_round_trip(parts: list[str]):
    path = PurePosixPath("/" + "/".join(part for part in parts))
    if ".." in path.parts or uris._DRIVE.match(str(path)):
        return
    assert uris.to_path(uris.from_path(path)) == path


def test_windows_paths_compare_without_regard_to_case():
    assert uris.to_path("file:///C:/Users/A.py") == uris.to_path("file:///c%3A/users/a.py")


def test_a_file_below_a_folder_begins_as_the_folder_does():
    assert uris.below("file:///c%3A/x/", "a b/é.py") == "file:///c%3A/x/a%20b/%C3%A9.py"


def test_a_system_s_path_tells_which_system_it_is_of():
    assert uris.path_of("/home/me") == PurePosixPath("/home/me")
    assert uris.path_of("C:\\Users") == PureWindowsPath("C:/Users")
    assert uris.path_of("\\\\server\\share") == PureWindowsPath("//server/share")
