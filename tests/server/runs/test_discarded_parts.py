"""A part of a proposal is discarded: what is left is offered in its place, and nothing says that it was proved."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.runs.claiming import all_but, part_of
from tercet_server.runs.narrowing import LEFT_OVER
from tercet_shared.edits import ChangeSet, FileEdit, TextEdit, line_range
from tercet_shared.errors import AlreadyClaimed, Conflict, InvalidRequest, StaleText
from tercet_shared.events import EventType
from tercet_shared.proposals import (
    CheckStatus,
    ClaimKind,
    ClaimReport,
    ClaimRequest,
    DiscardRequest,
    Part,
    Proposal,
    ProposalState,
)
from tercet_shared.runs import RunState

from tests.server.runs.conftest import World, write_project
from tests.server.runs.test_applier import offered, read, state_of

ONE = "a\nb\nc\nd\ne\n"
TWO = "1\n2\n3\n"
FIRST_HUNK = Part(path="one.py", edits=[0])
SECOND_HUNK = Part(path="one.py", edits=[1])


@pytest.fixture(autouse=True)
def lines(project):
    write_project(project, {"one.py": ONE, "two.py": TWO})


async def of_three_hunks(world: World) -> Proposal:
    return await offered(world, one="A\nb\nc\nd\nE\n", two="1\n2\n")


async def discard(world: World, proposal: Proposal, *parts: Part) -> Proposal:
    request = DiscardRequest(client_id=world.client, parts=list(parts))
    return await world.applier.discard(proposal.id, request)


async def test_what_is_left_is_offered_applied_and_undone(world):
    whole = await of_three_hunks(world)
    left = await discard(world, whole, FIRST_HUNK)
    assert left.state is ProposalState.OFFERED
    assert left.title == "a change (in part)"
    assert "-e\n+E\n" in left.diff
    assert "+A" not in left.diff
    assert (await world.ledger.run(whole.run_id)).proposal_id == left.id
    assert await state_of(world, whole) == (ProposalState.SUPERSEDED, RunState.PROPOSED)
    await world.applier.apply(left.id, world.client)
    assert (read(world, "one"), read(world, "two")) == ("a\nb\nc\nd\nE\n", "1\n2\n")
    await world.applier.undo(left.id, world.client)
    assert (read(world, "one"), read(world, "two")) == (ONE, TWO)
    assert await state_of(world, left) == (ProposalState.UNDONE, RunState.UNDONE)


async def test_nothing_of_the_evidence_says_that_what_is_left_was_proved(world):
    retired = []
    world.board.retire = lambda _, tests: retired.extend(tests)
    left = await discard(world, await of_three_hunks(world), Part(path="two.py"))
    evidence = left.evidence
    assert not evidence.verified
    assert evidence.unverified_reason == LEFT_OVER
    [check] = evidence.checks
    assert (check.status, check.passed, check.exit_code) == (CheckStatus.SKIPPED, [], None)
    assert check.not_run == ["test_calc.py::test_add"]
    assert "Of the whole change: passed" in check.summary
    assert "whole change" in left.verdict.reasons[0]
    await world.applier.apply(left.id, world.client)
    assert retired == [], "no failing test counts as repaired"


async def test_discarding_part_after_part_says_so_once_and_ends_as_discarded(world):
    whole = await of_three_hunks(world)
    first = await discard(world, whole, FIRST_HUNK)
    second = await discard(world, first, FIRST_HUNK)  # of what is left, the hunk that was the second one
    assert second.change_set.paths == ["two.py"]
    assert (second.title, second.evidence, second.verdict) == (first.title, first.evidence, first.verdict)
    last = await discard(world, second, Part(path="two.py"))
    assert (last.id, last.state) == (second.id, ProposalState.DISCARDED)
    assert await state_of(world, last) == (ProposalState.DISCARDED, RunState.DISCARDED)
    assert (read(world, "one"), read(world, "two")) == (ONE, TWO)


async def test_the_events_tell_what_took_whose_place(world):
    whole = await of_three_hunks(world)
    left = await discard(world, whole, FIRST_HUNK)
    offer, state = (await world.ledger.events(0, run_id=whole.run_id))[-2:]
    assert (offer.type, state.type) == (EventType.PROPOSAL_OFFERED, EventType.PROPOSAL_STATE)
    assert (offer.data["proposal_id"], offer.data["replaces"]) == (left.id, whole.id)
    assert offer.data["paths"] == ["one.py", "two.py"]
    assert (state.data["proposal_id"], state.data["state"]) == (whole.id, "superseded")
    assert left.id in state.data["reason"]
    [past] = (await world.ledger.outcomes(whole.workspace_id)).proposals
    assert past.id == left.id, "they are one change to learn from"


async def test_of_two_editors_at_once_one_is_told_to_look_again(world):
    whole = await of_three_hunks(world)
    outcomes = await asyncio.gather(
        *(discard(world, whole, part) for part in (FIRST_HUNK, SECOND_HUNK)), return_exceptions=True
    )
    [left] = [each for each in outcomes if isinstance(each, Proposal)]
    [refusal] = [each for each in outcomes if isinstance(each, Conflict)]
    assert f"What is left of it is proposal {left.id}" in refusal.sentence
    assert len(await world.ledger.proposals(states=[ProposalState.OFFERED])) == 1


async def test_whoever_saw_the_whole_applies_nothing_else_instead(world):
    whole = await of_three_hunks(world)
    left = await discard(world, whole, FIRST_HUNK)
    request = ClaimRequest(client_id=world.client, parts=[FIRST_HUNK])
    for act in (
        lambda: world.applier.apply(whole.id, world.client),
        lambda: world.applier.claim(whole.id, request),
        lambda: world.applier.undo(whole.id, world.client),
        lambda: world.applier.discard(whole.id),
        lambda: discard(world, whole, SECOND_HUNK),
    ):
        with pytest.raises(Conflict, match=left.id):
            await act()
    assert await state_of(world, left) == (ProposalState.OFFERED, RunState.PROPOSED)


@pytest.mark.parametrize(
    "parts",
    [
        [Part(path="three.py")],
        [Part(path="one.py", edits=[0, 2])],
        [Part(path="one.py", edits=[10**30])],
        [FIRST_HUNK, SECOND_HUNK],
    ],
)
async def test_what_the_proposal_does_not_have_cannot_be_discarded(world, parts: list[Part]):
    whole = await of_three_hunks(world)
    with pytest.raises(InvalidRequest):
        await discard(world, whole, *parts)
    assert await state_of(world, whole) == (ProposalState.OFFERED, RunState.PROPOSED)


async def test_while_it_is_applied_and_once_it_is_nothing_of_it_is_discarded(world):
    whole = await of_three_hunks(world)
    claim = await world.applier.claim(whole.id, ClaimRequest(client_id="e1", parts=[SECOND_HUNK]))
    with pytest.raises(AlreadyClaimed, match="being applied"):
        await discard(world, whole, FIRST_HUNK)
    write_project(world.root, {"one.py": "a\nb\nc\nd\nE\n"})
    await world.applier.report(claim.id, ClaimReport(applied=True))
    with pytest.raises(Conflict, match="is applied, so nothing of it can be discarded"):
        await discard(world, whole, FIRST_HUNK)
    await world.applier.undo(whole.id, world.client)
    assert read(world, "one") == ONE


async def test_one_hunk_of_what_is_left_is_applied_by_itself(world):
    left = await discard(world, await of_three_hunks(world), FIRST_HUNK)
    claim = await world.applier.claim(left.id, ClaimRequest(client_id="e1", parts=[FIRST_HUNK]))
    write_project(world.root, {"one.py": "a\nb\nc\nd\nE\n"})
    assert (await world.applier.report(claim.id, ClaimReport(applied=True))).state is ProposalState.APPLIED
    undo = await world.applier.claim(left.id, ClaimRequest(client_id="e1", kind=ClaimKind.UNDO))
    assert [file.path for file in undo.files] == ["one.py"]


async def test_of_a_text_that_moved_on_only_the_part_without_it_is_left(world):
    whole = await of_three_hunks(world)
    write_project(world.root, {"one.py": "moved on\n"})
    with pytest.raises(StaleText):
        await discard(world, whole, Part(path="two.py"))
    assert await state_of(world, whole) == (ProposalState.OFFERED, RunState.PROPOSED)
    left = await discard(world, whole, Part(path="one.py"))
    await world.applier.apply(left.id, world.client)
    assert (read(world, "one"), read(world, "two")) == ("moved on\n", "1\n2\n")


async def test_a_file_to_be_created_may_be_left_or_discarded(world):
    whole = await offered(world, one="A\nb\nc\nd\ne\n", three="new\n")
    left = await discard(world, whole, Part(path="one.py"))
    await world.applier.apply(left.id, world.client)
    assert (read(world, "one"), read(world, "three")) == (ONE, "new\n")
    await world.applier.undo(left.id, world.client)
    assert read(world, "three") is None


@st.composite
def halves(draw: st.DrawFn) -> tuple[ChangeSet, list[Part]]:
    """A change set, and some of its edits."""
    files, parts = [], []
    for number, count in enumerate(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))):
        edits = [TextEdit(range=line_range(line), new_text=f"{number}.{line}") for line in range(count)]
        files.append(FileEdit(path=f"f{number}.py", base_sha256="0" * 64, edits=edits))
        chosen = draw(st.lists(st.integers(0, count - 1), unique=True))
        if chosen:
            parts.append(Part(path=f"f{number}.py", edits=chosen))
    return ChangeSet(files=files), parts


@given(halves())
def test_a_part_and_what_is_left_are_the_whole(case: tuple[ChangeSet, Sequence[Part]]):
    change_set, parts = case
    proposal = Proposal.model_construct(id="p1", change_set=change_set)
    rest = all_but(proposal, parts)
    if not parts:
        assert rest == change_set
        return
    both = [part_of(proposal, parts).change_set, *([rest] if rest else [])]
    edits = [{(file.path, edit.new_text) for file in half.files for edit in file.edits} for half in both]
    assert set.union(*edits) == {(file.path, edit.new_text) for file in change_set.files for edit in file.edits}
    assert sum(map(len, edits)) == len(set.union(*edits)), "nothing is in both"
