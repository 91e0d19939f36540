"""What a prompt of the Agent Client Protocol is read as."""

import contextlib
from pathlib import Path

import acp
import pytest
from acp.schema import AvailableCommand, EmbeddedResourceContentBlock, TextResourceContents
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.cli.acp.prompt import DESCRIPTIONS, Wish, commands, read
from tercet_shared.edits import line_range
from tercet_shared.errors import InvalidRequest, TercetError
from tercet_shared.runs import Intent, Target


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = (tmp_path / "my shop").resolve()
    (folder / "src").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "src/cart.py").write_text("def total(): ...\n")
    (folder / "tests/test_cart.py").write_text("def test_total(): ...\n")
    (tmp_path / "other.py").write_text("")
    return folder


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("/fix", Wish(Intent.FIX, Target())),
        ("/fix tests/test_cart.py::test_total", Wish(Intent.FIX, Target(tests=["tests/test_cart.py::test_total"]))),
        ("/test the boundaries  ", Wish(Intent.TEST, Target(), "the boundaries")),
        (
            "/test src/cart.py::total the\nedges",
            Wish(Intent.TEST, Target(path="src/cart.py", symbol="total"), "the\nedges"),
        ),
        ("/test ../other.py", Wish(Intent.TEST, Target(), "../other.py")),
        ("/test /etc/passwd", Wish(Intent.TEST, Target(), "/etc/passwd")),
        ("/explain total", Wish(Intent.EXPLAIN, Target(symbol="total"))),
        ("/explain who calls it?", Wish(Intent.EXPLAIN, Target(), "who calls it?")),
        ("/explain tests/test_cart.py", Wish(Intent.EXPLAIN, Target(path="tests/test_cart.py"))),
        ("Add a discount", Wish(None, Target(), "Add a discount")),
        ("src/cart.py is slow", Wish(None, Target(), "src/cart.py is slow")),
        ("fix /fix", Wish(None, Target(), "fix /fix")),
        ("/etc/passwd is read", Wish(None, Target(), "/etc/passwd is read")),
    ],
)
def test_a_word_behind_a_slash_is_an_intent_and_files_behind_it_are_places(root: Path, words: str, wish: Wish):
    assert read([acp.text_block(words)], root) == wish


def test_lines_of_a_file_are_a_place(root: Path):
    target = read([acp.text_block("/document src/cart.py:1 briefly")], root).target
    assert target.path == "src/cart.py"
    assert target.range is not None
    assert target.range.start == line_range(0).start


def links(uri: str) -> list[object]:
    embedded = EmbeddedResourceContentBlock(type="resource", resource=TextResourceContents(uri=uri, text="x"))
    return [acp.resource_link_block("a file", uri), embedded]


@pytest.mark.parametrize(("lines", "first"), [("", None), ("#L1", 0), ("#L1:1", 0)])
def test_a_linked_file_of_the_folder_is_what_it_is_about(root: Path, tmp_path: Path, lines: str, first: int | None):
    (tmp_path / "link").symlink_to(root)
    for folder in (root, tmp_path / "link"):
        for block in links(folder.as_uri() + "/src/cart.py" + lines):
            target = read([acp.text_block("Make it faster"), block], root).target
            assert target.path == "src/cart.py"
            assert (target.range and target.range.start.line) == first


@pytest.mark.parametrize("name", ["../other.py", "src/gone.py"])
def test_a_linked_file_that_is_not_there_never_widens_what_is_asked(root: Path, name: str):
    for block in links(root.as_uri() + "/" + name):
        with pytest.raises(InvalidRequest, match="There is no file"):
            read([acp.text_block("/fix"), block], root)


@pytest.mark.parametrize("uri", ["https://example.org/src/cart.py", "file://[", "", "nonsense"])
def test_other_links_are_no_files(root: Path, uri: str):
    assert read([acp.text_block("/fix"), acp.resource_link_block("x", uri)], root) == Wish(Intent.FIX, Target())


@pytest.mark.parametrize("words", ["", "  \n", "/nonsense x", "/explain"])
def test_what_cannot_be_done_is_said_with_what_can(root: Path, words: str):
    with pytest.raises(InvalidRequest, match=r"/fix|what to explain"):
        read([acp.text_block(words)], root)


def test_more_words_than_a_request_may_have_are_refused(root: Path):
    with pytest.raises(InvalidRequest, match="at most 100000"):
        read([acp.text_block("x" * 100_001)], root)


@given(words=st.text(max_size=400), intent=st.sampled_from(["", "/fix ", "/explain ", "/test "]))
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(words: str, intent: str):
    with contextlib.suppress(TercetError):
        assert read([acp.text_block(intent + words)], Path("/nowhere/at all")).intent in {None, *Intent}


def test_every_intent_is_offered():
    assert set(DESCRIPTIONS) == set(Intent)
    assert [(type(each), each.name) for each in commands()] == [(AvailableCommand, each.value) for each in DESCRIPTIONS]
