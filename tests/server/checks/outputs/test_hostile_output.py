"""No tool output, however made up, breaks a parser, names a path outside the workspace or lets a failure pass for none."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tercet_server.checks.outputs import Within, finding_parser
from tercet_server.checks.outputs import outcomes as read
from tercet_server.checks.suites.frames import named_in, of_go, of_javascript
from tercet_shared.edits import RelativePath

WITHIN = Within("/w/p", "sub")
GCC = r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<severity>\w+): (?P<message>.*)$"
PARSERS = [finding_parser("sarif"), finding_parser("cargo"), finding_parser("eslint"), finding_parser("pattern", GCC)]
READERS: list[Callable[[bytes], object]] = [
    read.junit, read.tap, read.libtest, read.go_test, read.jest, read.mocha, read.node, read.cargo_tests, read.minitest,
]  # fmt: skip

words = st.sampled_from(
    ["runs", "results", "locations", "physicalLocation", "artifactLocation", "uri", "region", "startLine", "message",
     "spans", "file_name", "line_start", "is_primary", "messages", "filePath", "line", "testResults", "name", "status",
     "assertionResults", "tests", "err", "stack", "Action", "Package", "Test", "Output", "Elapsed", "kind", "outcome", "failed"]
)  # fmt: skip
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | words
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=5), max_leaves=25
)
texts = (
    st.binary(max_size=400)
    | documents.map(lambda value: json.dumps(value).encode())
    | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass"))
)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_nothing_breaks_a_parser(output: bytes):
    for parser in PARSERS:
        for found in parser(output, WITHIN):
            TypeAdapter(RelativePath).validate_python(found.path)
            assert found.line >= 0
    for reader in READERS:
        reader(output)
    text = output.decode("utf-8", "replace")
    of_javascript(text, WITHIN)
    of_go(text, WITHIN)
    named_in(text, WITHIN, frozenset({"a.c"}))


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("./ap%2e\\:~w\0"), max_size=30))
def test_no_path_leads_out_of_the_workspace(named: str):
    for name in (named, f"/w/p/{named}", f"file:///w/p/{named}", f"/w/{named}"):
        path = WITHIN.path(name)
        if path is not None:
            assert ".." not in path.split("/")
            assert not path.startswith("/")


@pytest.mark.parametrize("named", ["/etc/passwd", "../../x", "file:///etc/passwd", "/w/p2/a", "..", "/w/p", "", "a\0b"])
def test_what_lies_outside_is_dropped(named: str):
    assert WITHIN.path(named) is None
    assert PARSERS[3](f"{named}:1:1: error: no".encode(), WITHIN) == []


def test_a_path_is_taken_from_the_commands_folder():
    assert WITHIN.path("a.c") == "sub/a.c"
    assert WITHIN.path("../a.c") == "a.c"
    assert WITHIN.path("file:///w/p/a%20b.c") == "a b.c"


def test_long_lines_and_many_findings_are_cut():
    output = b"a.c:1:1: error: " + b"x" * 100_000 + b"\n" + b"a.c:2:1: error: y\n" * 10_000
    found = PARSERS[3](output, WITHIN)
    assert len(found) == 2000
    assert max(len(each.message) for each in found) <= 1000
