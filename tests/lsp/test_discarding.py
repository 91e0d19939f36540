"""Discarding in an editor, whole, by file and by hunk: what is left takes the old proposal's place at once."""

from typing import Any

import pytest
from tercet_shared.edits import Position, Range, TextEdit

from tests.lsp.test_claims import TWO, TwoBuffers, proposal


@pytest.fixture
async def buffers() -> TwoBuffers:
    buffers = TwoBuffers()
    buffers.ls.session.mirror.put_proposal(proposal())
    return buffers


async def run(buffers: TwoBuffers, command: str, **argument: Any) -> Any:
    params = {"command": command, "arguments": [argument]}
    buffers.wire.say(id=9, method="workspace/executeCommand", params=params)
    answer = await buffers.outcome()
    return answer.get("result") or answer["error"]["message"]


def offered(buffers: TwoBuffers) -> list[str]:
    return [each.id for each in buffers.ls.session.mirror.offered()]


async def test_the_whole_is_discarded(buffers: TwoBuffers):
    assert await run(buffers, "tercet.discard", proposal="p1") == {"proposal": "p1", "state": "discarded"}
    assert (buffers.daemon.discarded, offered(buffers)) == ([None], [])


async def test_of_a_file_the_rest_is_offered_in_its_place(buffers: TwoBuffers):
    answer = await run(buffers, "tercet.discard", proposal="p1", paths=["a.py"])
    assert answer == {"proposal": "p2", "state": "offered"}
    assert (buffers.daemon.discarded, offered(buffers)) == ([{"a.py": None}], ["p2"])


async def test_a_hunk_is_named_by_its_file_and_number(buffers: TwoBuffers):
    answer = await run(buffers, "tercet.discardHunk", proposal="p1", uri="file:///p/b.py", hunk=0)
    assert answer == {"proposal": "p2", "state": "offered"}
    assert buffers.daemon.discarded == [{"b.py": [0]}]


@pytest.mark.parametrize("missing", ["uri", "hunk"])
async def test_a_hunk_that_is_not_named_whole_discards_nothing(buffers: TwoBuffers, missing: str):
    named = {"proposal": "p1", "uri": "file:///p/b.py", "hunk": 0}
    del named[missing]
    assert "counted from 0" in await run(buffers, "tercet.discardHunk", **named)
    assert (buffers.daemon.discarded, offered(buffers)) == ([], ["p1"])


async def test_each_hunk_has_a_lens_to_discard_it(buffers: TwoBuffers):
    one = proposal()
    [file, other] = one.change_set.files
    start = Position(line=0, character=0)
    edits = [TextEdit(range=Range(start=start, end=start), new_text="#\n"), TextEdit(range=TWO, new_text="2")]
    files = [file.model_copy(update={"edits": edits}), other]
    change_set = one.change_set.model_copy(update={"files": files})
    buffers.ls.session.mirror.put_proposal(one.model_copy(update={"change_set": change_set}))
    lenses = buffers.wire.ask("textDocument/codeLens", textDocument={"uri": "file:///p/a.py"})
    hunks = [each["command"]["arguments"][0]["hunk"] for each in lenses if "this hunk" in each["command"]["title"]]
    discards = [each for each in lenses if each["command"]["command"] == "tercet.discardHunk"]
    assert hunks == [0, 0, 1, 1]
    assert [each["range"]["start"]["line"] for each in discards] == [0, 1]
    assert discards[1]["command"]["arguments"] == [{"proposal": "p1", "uri": "file:///p/a.py", "hunk": 1}]
