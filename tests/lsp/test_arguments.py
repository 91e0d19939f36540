"""Commands' arguments are one object, and what is wrong with it is said in words."""

import pytest
from lsprotocol import types
from tercet_lsp.convert.arguments import Arguments, Command, read
from tercet_shared.errors import InvalidRequest

FIX = frozenset({"finding", "uri", "range", "tests"})


def test_no_argument_is_fine():
    assert read(Command.FIX, [], FIX) == read(Command.FIX, [None], FIX) == read(Command.FIX, [{}], FIX) == Arguments()


def test_fields_are_read():
    span = {"start": {"line": 1, "character": 2}, "end": {"line": 3, "character": 4}}
    assert read(Command.FIX, [{"uri": "file:///a.py", "range": span, "tests": ["t.py::test"]}], FIX) == Arguments(
        uri="file:///a.py", range=types.Range(types.Position(1, 2), types.Position(3, 4)), tests=("t.py::test",)
    )
    assert read(Command.TRUST, [{"trusted": False}], frozenset({"trusted"})).trusted is False


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([1], "takes one object"),
        ([{}, {}], "takes one object"),
        ([{"file": "x"}], "does not know file"),
        ([{"finding": 3}], "`finding` of `tercet.fix` must be a non-empty string"),
        ([{"finding": ""}], "non-empty"),
        ([{"tests": "t.py"}], "list of test ids"),
        ([{"tests": [1]}], "list of test ids"),
        ([{"range": {"start": {"line": -1, "character": 0}, "end": {"line": 0, "character": 0}}}], "range"),
        ([{"range": "all"}], "range"),
        ([{1: 2}], "does not know 1"),
    ],
)
def test_a_bad_argument_is_an_error_that_a_person_can_read(given: list[object], says: str):
    with pytest.raises(InvalidRequest, match=r"tercet\.fix") as caught:
        read(Command.FIX, given, FIX)
    assert says in caught.value.sentence


def test_flags_are_true_or_false():
    with pytest.raises(InvalidRequest, match="true or false"):
        read(Command.SHOW, [{"open": "yes"}], frozenset({"open"}))


def test_no_path_at_all_is_not_taken_for_every_file():
    """A part of a proposal that turns out to be empty must not discard or apply the whole."""
    with pytest.raises(InvalidRequest, match="for all of them leave it out"):
        read(Command.DISCARD, [{"proposal": "p1", "paths": []}], frozenset({"proposal", "paths"}))
