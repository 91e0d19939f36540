"""What a model nearly repaired is repaired by the search, from the model's own edit on."""

from dataclasses import replace
from pathlib import Path

from tercet_server.edits import apply_edits, file_edit
from tercet_server.ports import ProposerTask
from tercet_server.proposers import NearMissProposer, RepairProposer
from tercet_shared.edits import ChangeSet
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Suspect

from tests.doubles.executed_tests import ExecutedTests
from tests.server.proposers.test_repair_proposer import PATH, TEXT, at_limit, below_limit, no_progress, task

TWO_BUGS = TEXT.replace("result = 0", "result = 1")
HALF_RIGHT = TWO_BUGS.replace("price < limit", "price <= limit")
RIGHT = TEXT.replace("price < limit", "price <= limit")


def given(folder: Path, *misses: str, text: str = TWO_BUGS, **step: object) -> ProposerTask:
    made = task(folder, ExecutedTests(PATH, text, {"at": at_limit, "below": below_limit}), text=text, **step)
    return replace(made, near_misses=[ChangeSet(files=[file_edit(PATH, text, each)]) for each in misses])


async def candidates(task: ProposerTask) -> list[Candidate]:
    return [each async for each in NearMissProposer(21).propose(task, no_progress)]


async def test_a_model_that_mends_one_of_two_faults_is_helped_out(tmp_path: Path):
    assert [each async for each in RepairProposer().propose(given(tmp_path), no_progress)] == []
    [found, *_] = await candidates(given(tmp_path, HALF_RIGHT))
    assert apply_edits(TWO_BUGS, found.change_set.files[0].edits) == RIGHT
    assert found.proposer == "repair"


async def test_lines_that_only_the_model_suspects_are_looked_at(tmp_path: Path):
    wrong, elsewhere = TEXT.replace("price < limit", "price < limit - 1"), Suspect(path=PATH, line=1, score=0.5)
    [found, *_] = await candidates(given(tmp_path, wrong, text=TEXT, suspects=[elsewhere]))
    assert "<=" in apply_edits(TEXT, found.change_set.files[0].edits)


async def test_without_near_misses_or_with_unreadable_ones_nothing_is_searched(tmp_path: Path):
    assert await candidates(given(tmp_path)) == []
    assert await candidates(given(tmp_path, "def total(:\n")) == []
    stale = [ChangeSet(files=[file_edit(PATH, "another text\n", "x\n")])]
    gone = [ChangeSet(files=[file_edit("gone.py", "x\n", "y\n")])]
    new = [ChangeSet(files=[file_edit("new.py", None, "y\n")])]
    both = [ChangeSet(files=[*gone[0].files, *new[0].files])]
    for misses in (stale, gone, new, both):
        assert await candidates(replace(given(tmp_path), near_misses=misses)) == []
