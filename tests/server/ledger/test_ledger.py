"""The ledger keeps what it was told, once, in order, and refuses what may not follow."""

import asyncio
import sqlite3

import pytest
from tercet_server.ledger import SqlLedger
from tercet_server.ports import StoredClaim
from tercet_shared.edits import FileTexts, text_sha256
from tercet_shared.errors import AlreadyClaimed, Conflict, NotFound
from tercet_shared.events import EventType
from tercet_shared.ids import new_claim_id
from tercet_shared.proposals import Claim, ClaimedFile, ClaimKind, ProposalState
from tercet_shared.runs import Plan, PlanStep, Problem, RunState

from tests.server.ledger.conftest import CANDIDATE, DEADLINE, EVIDENCE, VERDICT, SteppingClock, new_proposal, new_run


def stored_claim(proposal, kind=ClaimKind.APPLY, client_id="e1") -> StoredClaim:
    claim = Claim(
        id=new_claim_id(),
        proposal_id=proposal.id,
        run_id=proposal.run_id,
        kind=kind,
        change_set=proposal.change_set,
        files=[ClaimedFile(path="a.py", before_sha256=text_sha256("a\n"), after_sha256=text_sha256("b\n"))],
        lease_s=30.0,
    )
    return StoredClaim(claim=claim, client_id=client_id, by_daemon=False, created_at=DEADLINE)


TEXTS = [FileTexts("a.py", "a\n", "b\n"), FileTexts("new.py", None, "odd \udc80 \x00 text\r\n")]


async def test_a_run_is_found_by_id_by_a_unique_beginning_and_newest_first(ledger):
    first, second = await new_run(ledger), await new_run(ledger)
    assert (first.state, first.instructions, first.deadline_at) == (RunState.QUEUED, "please", DEADLINE)
    assert await ledger.run(first.id) == first
    assert await ledger.run(first.id[:-1]) == first
    with pytest.raises(NotFound, match="More than one"):
        await ledger.run("r")
    for unknown in ("", "x", "r%", "r_"):
        with pytest.raises(NotFound):
            await ledger.run(unknown)
    assert await ledger.runs() == [second, first]
    assert await ledger.runs(limit=1) == [second]
    assert await ledger.runs("other") == []
    assert await ledger.runs("w1", [RunState.FAILED]) == []


async def test_events_are_numbered_over_all_runs_and_within_each(ledger):
    one, two = await new_run(ledger), await new_run(ledger)
    for number in range(3):
        await ledger.append(one.id, EventType.RUN_PROGRESS, {"message": f"{number}"}, f"p{number}")
        await ledger.append(two.id, EventType.RUN_PROGRESS, {"message": f"{number}"}, f"p{number}")
    events = await ledger.events(0)
    assert [event.seq for event in events] == list(range(1, 9))
    assert [event.n for event in events if event.run_id == one.id] == [1, 2, 3, 4]
    assert [event.seq for event in await ledger.events(6)] == [7, 8]
    assert [event.seq for event in await ledger.events(2, run_id=two.id, limit=2)] == [4, 6]
    assert await ledger.events(0, workspace_id="other") == []
    assert await ledger.last_seq() == 8
    assert (await ledger.run(one.id)).progress.message == "2"


async def test_the_same_key_appends_once(ledger):
    run = await new_run(ledger)
    assert await ledger.append(run.id, EventType.RUN_PROGRESS, {"message": "x"}, "k") is not None
    assert await ledger.append(run.id, EventType.RUN_PROGRESS, {"message": "y"}, "k") is None
    assert (await ledger.run(run.id)).progress.message == "x"


async def test_progress_that_comes_after_the_end_is_not_told(ledger):
    run = await new_run(ledger)
    await ledger.move(run.id, RunState.FAILED, "failed", problem=Problem(code="no_tests", sentence="Write one."))
    before = await ledger.events(0, run_id=run.id)
    assert await ledger.append(run.id, EventType.RUN_PROGRESS, {"message": "late"}, "k") is None
    assert await ledger.events(0, run_id=run.id) == before
    assert (await ledger.run(run.id)).progress is None


async def test_a_move_changes_state_and_tells_it_once(ledger):
    run = await new_run(ledger)
    await ledger.move(run.id, RunState.PLANNING, "planning")
    plan = Plan(summary="do it", steps=[PlanStep(id="s1", title="a step")])
    coding = await ledger.move(run.id, RunState.CODING, "coding", plan=plan)
    assert (coding.state, coding.plan) == (RunState.CODING, plan)
    assert await ledger.move(run.id, RunState.PLANNING, "planning") == coding, "a known key changes nothing"
    problem = Problem(code="no_tests", sentence="Write one.")
    failed = await ledger.move(run.id, RunState.FAILED, "failed", problem=problem)
    assert failed.problem == problem
    with pytest.raises(Conflict, match="cannot become"):
        await ledger.move(run.id, RunState.CODING, "again")
    events = await ledger.events(0, run_id=run.id)
    assert [event.type for event in events] == [
        EventType.RUN_CREATED,
        EventType.RUN_STATE,
        EventType.PLAN_READY,
        EventType.RUN_STATE,
        EventType.RUN_STATE,
    ]
    assert events[-1].data == {
        "state": "failed",
        "from": "coding",
        "problem": problem.model_dump(mode="json"),
        "answer": None,
    }


async def test_a_heartbeat_is_no_event(ledger):
    run = await new_run(ledger)
    await ledger.beat(run.id)
    assert (await ledger.run(run.id)).heartbeat_at is not None
    assert len(await ledger.events(0)) == 1


async def test_an_offer_is_made_once_with_its_run(ledger):
    proposal = await new_proposal(ledger)
    again = await ledger.offer(proposal.run_id, CANDIDATE, EVIDENCE, VERDICT, "the diff", "offer")
    assert again == proposal
    assert (proposal.state, proposal.diff, proposal.evidence) == (ProposalState.OFFERED, "the diff", EVIDENCE)
    run = await ledger.run(proposal.run_id)
    assert (run.state, run.proposal_id) == (RunState.PROPOSED, proposal.id)
    assert await ledger.proposals("w1", [ProposalState.OFFERED, ProposalState.CLAIMED]) == [proposal]
    assert await ledger.proposals("other") == []
    with pytest.raises(NotFound):
        await ledger.proposal("p0")


async def test_a_claim_keeps_every_text_and_only_one_is_given(ledger):
    proposal = await new_proposal(ledger)
    stored = stored_claim(proposal)
    assert await ledger.claim(stored, TEXTS, ProposalState.OFFERED) == stored
    assert await ledger.stored_claim(stored.claim.id) == (stored, TEXTS)
    assert await ledger.open_claims() == [(stored, TEXTS)]
    with pytest.raises(AlreadyClaimed):
        await ledger.claim(stored_claim(proposal), TEXTS, ProposalState.OFFERED)
    with pytest.raises(NotFound):
        await ledger.stored_claim("c0")


async def test_settling_moves_proposal_and_run_together_and_once(ledger):
    proposal = await new_proposal(ledger)
    stored = stored_claim(proposal)
    await ledger.claim(stored, TEXTS, ProposalState.OFFERED)
    with pytest.raises(NotFound, match="never applied"):
        await ledger.checkpoint(proposal.id)
    applied = await ledger.settle(stored.claim.id, ProposalState.APPLIED, "")
    assert (applied.state, (await ledger.run(proposal.run_id)).state) == (ProposalState.APPLIED, RunState.APPLIED)
    assert await ledger.settle(stored.claim.id, ProposalState.OFFERED, "late") == applied
    assert await ledger.checkpoint(proposal.id) == TEXTS
    assert await ledger.open_claims() == []

    undo = stored_claim(proposal, ClaimKind.UNDO)
    await ledger.claim(undo, TEXTS, ProposalState.APPLIED)
    assert (await ledger.run(proposal.run_id)).state is RunState.APPLIED, "until it is settled"
    await ledger.settle(undo.claim.id, ProposalState.UNDONE, "")
    assert (await ledger.run(proposal.run_id)).state is RunState.UNDONE


async def test_an_undo_that_failed_leaves_the_checkpoint_of_the_apply(ledger):
    proposal = await new_proposal(ledger)
    stored, undo = stored_claim(proposal), stored_claim(proposal, ClaimKind.UNDO)
    await ledger.claim(stored, TEXTS, ProposalState.OFFERED)
    await ledger.settle(stored.claim.id, ProposalState.APPLIED, "")
    await ledger.claim(undo, [FileTexts("a.py", "x", "y")], ProposalState.APPLIED)
    await ledger.settle(undo.claim.id, ProposalState.APPLIED, "it did not work")
    assert await ledger.checkpoint(proposal.id) == TEXTS


async def test_only_an_offered_proposal_can_be_closed(ledger):
    proposal = await new_proposal(ledger)
    closed = await ledger.close_proposal(proposal.id, ProposalState.DISCARDED, "no")
    assert await ledger.close_proposal(proposal.id, ProposalState.DISCARDED, "no") == closed
    with pytest.raises(Conflict):
        await ledger.close_proposal(proposal.id, ProposalState.SUPERSEDED, "no")
    assert (await ledger.run(proposal.run_id)).state is RunState.DISCARDED


async def test_events_cannot_be_changed_or_deleted(ledger, path):
    await new_run(ledger)
    connection = sqlite3.connect(path)
    for statement in ("UPDATE events SET data = '{}'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


async def test_everything_is_there_after_reopening(path):
    ledger = await SqlLedger.open(path, SteppingClock())
    proposal = await new_proposal(ledger)
    events = await ledger.events(0)
    await ledger.close()
    ledger = await SqlLedger.open(path, SteppingClock())
    assert await ledger.events(0) == events
    assert await ledger.proposal(proposal.id) == proposal
    await ledger.close()


async def test_listeners_hear_of_every_event_once_in_order_after_the_commit(path):
    heard = []
    ledger = await SqlLedger.open(path, SteppingClock(), heard.append)
    runs = await asyncio.gather(*(new_run(ledger) for _ in range(50)))
    await asyncio.gather(
        *(ledger.append(run.id, EventType.RUN_PROGRESS, {"message": "x"}, f"{n}") for run in runs for n in range(5))
    )
    await ledger.close()
    await asyncio.sleep(0)
    assert [event.seq for event in heard] == list(range(1, 301))


async def test_a_caller_who_is_cancelled_does_not_undo_the_write(ledger):
    run = await new_run(ledger)
    task = asyncio.create_task(ledger.append(run.id, EventType.RUN_PROGRESS, {"message": "x"}, "k"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ledger.beat(run.id)
    assert len(await ledger.events(0)) == 2


async def test_one_caller_s_error_leaves_the_others_of_its_group_whole(ledger):
    run = await new_run(ledger)
    outcomes = await asyncio.gather(
        ledger.move(run.id, RunState.APPLIED, "bad"),
        ledger.append(run.id, EventType.RUN_PROGRESS, {"message": "x"}, "good"),
        ledger.move("r0", RunState.FAILED, "bad"),
        return_exceptions=True,
    )
    assert [type(each) for each in outcomes] == [Conflict, type(outcomes[1]), NotFound]
    assert [event.n for event in await ledger.events(0)] == [1, 2]
