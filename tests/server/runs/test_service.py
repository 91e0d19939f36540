"""What surrounds the work of a run: admission, turns, deadline, heartbeat, cancel, restart."""

import asyncio
import itertools
import time
from dataclasses import replace

import pytest
from tercet_server.config import RunSettings, Settings
from tercet_server.ports import TakenUp
from tercet_server.runs.service import CANCEL_GRACE_S
from tercet_shared.errors import Conflict, InvalidRequest, NoInterpreter, NotFound, NotTrusted, Unsupported
from tercet_shared.events import EventType
from tercet_shared.findings import Source
from tercet_shared.runs import Again, Intent, Plan, Progress, Run, RunState, Target
from tercet_shared.workspaces import Trust

from tests.doubles.folder_workspaces import FolderWorkspaces
from tests.doubles.function_tests import ReplacingProposer
from tests.server.runs.conftest import BROKEN, REPAIRS, World, opened_world, write_project


def slow(pause_s: float = 60.0) -> list[ReplacingProposer]:
    """A proposer that is still thinking when the test does something to its run."""
    return [ReplacingProposer(REPAIRS, pause_s=pause_s)]


async def test_nothing_runs_in_a_workspace_that_is_not_trusted(project, home):
    workspaces = FolderWorkspaces(project, trust=Trust.UNKNOWN)
    async with opened_world(project, home, workspaces=workspaces) as world:
        with pytest.raises(NotTrusted, match="tercet trust"):
            await world.service.start(world.request())
        assert await world.ledger.runs() == []


async def test_no_interpreter_is_said_before_anything_is_recorded(project, home):
    async with opened_world(project, home, workspaces=FolderWorkspaces(project, interpreter=False)) as world:
        with pytest.raises(NoInterpreter, match=r"python\.interpreter"):
            await world.service.start(world.request())
        assert await world.ledger.runs() == []


async def test_what_nothing_here_can_do_is_refused_before_anything_is_recorded(project, home):
    repair_alone = ReplacingProposer([], intents=frozenset({Intent.FIX}))
    async with opened_world(project, home, [repair_alone]) as world:
        with pytest.raises(Unsupported, match="can refactor: it takes a language model"):
            await world.service.start(world.request(Intent.REFACTOR))
        assert await world.ledger.runs() == []


async def test_what_is_to_be_implemented_must_be_said(world: World):
    with pytest.raises(InvalidRequest, match="in words"):
        await world.service.start(world.request(Intent.IMPLEMENT))


async def test_an_unknown_workspace_is_refused(world: World):
    with pytest.raises(NotFound):
        await world.service.start(world.request().model_copy(update={"workspace_id": "w0"}))


async def test_cancel_stops_the_work_at_once(project, home):
    async with opened_world(project, home, slow()) as world:
        run = await world.service.start(world.request())
        await world.until(run.id, lambda run: run.state is RunState.CODING)
        begun = time.monotonic()
        cancelled = await world.service.cancel(run.id)
        assert time.monotonic() - begun < CANCEL_GRACE_S + 5
        assert cancelled.state is RunState.CANCELLED
        assert (world.tests.sessions, world.workspaces.copies, world.service.active) == (0, 0, 0)
        assert (await world.service.cancel(run.id)).state is RunState.CANCELLED, "a second cancel changes nothing"


async def test_cancelling_a_run_that_rests_leaves_it_as_it_is(world: World):
    run = await world.fixed()
    assert (await world.service.cancel(run.id)).state is RunState.PROPOSED


async def test_the_deadline_ends_a_run_with_a_sentence(project, home):
    async with opened_world(project, home, slow()) as world:
        # Longer than planning takes here, shorter than the search may take of it.
        request = world.request().model_copy(update={"deadline_s": 1.0})
        run = await world.rested((await world.service.start(request)).id)
    assert run.state in (RunState.FAILED, RunState.NO_CANDIDATE)
    assert "ended after" in (run.answer or "") or run.problem.code == "deadline_exceeded"


async def test_a_deadline_in_the_middle_of_a_step_fails_the_run(project, home):
    files = {**BROKEN, "test_calc.py": BROKEN["test_calc.py"] + "\n\ndef test_hang_forever(load):\n    pass\n"}
    async with opened_world(write_project(project, files), home) as world:
        request = world.request().model_copy(update={"deadline_s": 0.5})
        run = await world.rested((await world.service.start(request)).id)
    assert run.state is RunState.FAILED
    assert run.problem.code == "deadline_exceeded"
    assert run.problem.retryable


async def test_runs_over_the_limit_wait_their_turn(project, home):
    settings = Settings(run=RunSettings(concurrency=1))
    async with opened_world(project, home, slow(), settings=settings) as world:
        first = await world.service.start(world.request())
        await world.until(first.id, lambda run: run.state is RunState.CODING)
        second = await world.service.start(world.request())
        await world.until(second.id, lambda run: run.heartbeat_at is not None)
        assert world.service.active == 2
        assert (await world.ledger.run(second.id)).state is RunState.QUEUED
        await world.service.cancel(first.id)
        await world.until(second.id, lambda run: run.state is RunState.CODING)
        await world.service.cancel(second.id)


async def test_a_run_at_work_has_a_heartbeat_and_throttled_progress(project, home):
    many = [("calc.py", "a - b", f"a * b * {number}") for number in range(200)]
    async with opened_world(project, home, [ReplacingProposer(many, pause_s=0.001)]) as world:
        run = await world.fixed()
        progress = [event for event in await world.events(run.id) if event.type is EventType.RUN_PROGRESS]
    assert run.heartbeat_at is not None
    assert progress
    gaps = [(later.at - earlier.at).total_seconds() for earlier, later in itertools.pairwise(progress)]
    assert all(gap >= 0.15 for gap in gaps)


async def test_what_takes_long_is_told_even_if_it_began_just_after_something_else(project, home):
    class Thinking(ReplacingProposer):
        async def propose(self, task, progress):
            for number in range(20):
                await progress(Progress(message=f"step {number}"))
            async for candidate in super().propose(task, progress):
                yield candidate

    async with opened_world(project, home, [Thinking(REPAIRS, pause_s=60.0)]) as world:
        run = await world.service.start(world.request())
        await world.until(run.id, lambda run: run.progress is not None and run.progress.message.startswith("trying"))
        ended = await world.service.cancel(run.id)
        told = ended.progress
        await asyncio.sleep(0.3)
        assert (await world.ledger.run(run.id)).progress == told


async def test_a_breakdown_of_our_own_is_an_end_with_a_sentence(project, home, caplog):
    class Broken(ReplacingProposer):
        async def propose(self, task, progress):
            raise ZeroDivisionError
            yield

    async with opened_world(project, home, [Broken([])]) as world:
        run = await world.fixed()
    assert (run.state, run.problem.code) == (RunState.FAILED, "internal")
    assert "broke down" in run.problem.sentence
    assert "ZeroDivisionError" in caplog.text


async def test_what_is_under_way_at_the_end_of_the_daemon_is_resumed_at_its_next_start(project, home):
    async with opened_world(project, home, slow()) as world:
        run = await world.service.start(world.request())
        await world.until(run.id, lambda run: run.state is RunState.CODING)
    async with opened_world(project, home) as world:
        await world.service.recover()
        resumed = await world.rested(run.id)
        events = await world.events(run.id)
    assert resumed.state is RunState.PROPOSED
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert [event.data["state"] for event in events if event.type is EventType.RUN_STATE].count("planning") == 1


async def test_a_run_whose_workflow_never_began_is_carried_after_the_restart(project, home):
    async with opened_world(project, home) as world:
        run = await world.ledger.create_run(world.request(), world.service._parts.clock.now().replace(year=2100))
    async with opened_world(project, home) as world:
        await world.service.recover()
        assert (await world.rested(run.id)).state is RunState.PROPOSED


async def test_a_cancel_that_was_cut_off_is_completed_after_the_restart(project, home):
    async with opened_world(project, home, slow()) as world:
        run = await world.service.start(world.request())
        await world.until(run.id, lambda run: run.state is RunState.CODING)
        await world.service._open_durable().cancel(run.id)
    async with opened_world(project, home) as world:
        await world.service.recover()
        assert (await world.ledger.run(run.id)).state is RunState.CANCELLED


async def test_a_run_of_another_shape_of_workflow_ends_with_a_sentence(project, home, monkeypatch):
    async with opened_world(project, home, slow()) as world:
        run = await world.service.start(world.request())
        await world.until(run.id, lambda run: run.state is RunState.CODING)
    monkeypatch.setattr("tercet_server.runs.durable.SHAPE", "0")
    async with opened_world(project, home) as world:
        await world.service.recover()
        ended = await world.ledger.run(run.id)
    assert ended.state is RunState.FAILED
    assert "Start it again" in ended.problem.sentence


async def test_losing_the_workflows_database_loses_no_run(project, home):
    async with opened_world(project, home, slow()) as world:
        run = await world.service.start(world.request())
        await world.until(run.id, lambda run: run.state is RunState.CODING)
    for part in home.glob("runs.sqlite*"):
        part.unlink()
    async with opened_world(project, home) as world:
        await world.service.recover()
        assert (await world.rested(run.id)).state is RunState.PROPOSED


# -- review ------------------------------------------------------------------------------------------------------


async def test_a_review_shows_all_findings_and_changes_nothing(project, home):
    write_project(project, {"notes.py": "# to do: more\n"})
    async with opened_world(project, home) as world:
        run = await world.rested((await world.service.start(world.request(Intent.REVIEW))).id)
        shown = {each.path: {finding.source for finding in each.findings} for each in world.board.get(run.workspace_id)}
    assert (run.state, run.answer) == (RunState.COMPLETED, "1 of 3 tests fail. 1 finding of syntax and lint.")
    assert shown == {
        "calc.py": {Source.SUSPECT},
        "notes.py": {Source.LINT},
        "test_calc.py": {Source.TESTS},
    }


async def test_a_review_of_a_repaired_workspace_takes_the_findings_down(project, home):
    async with opened_world(project, home) as world:
        await world.rested((await world.service.start(world.request(Intent.REVIEW))).id)
        write_project(project, {"calc.py": BROKEN["calc.py"].replace("a - b", "a + b")})
        run = await world.rested((await world.service.start(world.request(Intent.REVIEW))).id)
        assert not any(each.findings for each in world.board.get(run.workspace_id))
    assert run.answer == "3 tests ran and none fails. 0 findings of syntax and lint."


async def test_a_review_without_tests_says_so(tmp_path, home):
    async with opened_world(write_project(tmp_path / "bare", {"x.py": "x = 1\n"}), home) as world:
        run = await world.rested((await world.service.start(world.request(Intent.REVIEW))).id)
    assert run.answer == "There are no tests. 0 findings of syntax and lint."


async def test_a_newer_review_supersedes_the_unfinished_one(project, home):
    files = {"test_calc.py": BROKEN["test_calc.py"] + "\n\ndef test_hang_forever(load):\n    pass\n"}
    async with opened_world(write_project(project, files), home) as world:
        first = await world.service.start(world.request(Intent.REVIEW))
        of_changes = world.request(Intent.REVIEW).model_copy(update={"target": Target(base="HEAD")})
        other = await world.service.start(of_changes)
        await world.until(first.id, lambda run: run.state is RunState.PLANNING)
        await world.service.start(world.request(Intent.REVIEW))
        assert (await world.ledger.run(first.id)).state is RunState.SUPERSEDED
        assert (await world.ledger.run(other.id)).state is not RunState.SUPERSEDED
        await asyncio.sleep(0)


async def test_nothing_runs_in_weaker_isolation_than_the_workspace_asks_for(project, world):
    write_project(project, {"tercet.toml": "[sandbox]\nminimum = 'namespaces'\n"})
    world.service._parts = replace(world.service._parts, isolation="reduced")
    run = await world.fixed()
    assert run.state is RunState.FAILED
    assert (run.problem.code, "tercet.toml" in run.problem.sentence) == ("sandbox_unavailable", True)


# -- plan first, approve, steer, again


async def waiting(world: World, **wish: object) -> Run:
    request = world.request().model_copy(update={"plan_first": True, **wish})
    return await world.rested((await world.service.start(request)).id)


async def test_a_plan_waits_until_it_is_approved(world: World):
    run = await waiting(world)
    assert (run.state, run.round) == (RunState.WAITING, 0)
    assert run.plan is not None
    assert world.checker.log == [], "nothing is tried before"
    approved = await world.service.approve(run.id)
    assert (approved.state, approved.round, approved.plan_first) == (RunState.QUEUED, 1, False)
    ended = await world.rested(run.id)
    assert ended.state is RunState.PROPOSED, ended.problem
    assert ended.plan == run.plan
    assert [event.n for event in await world.events(run.id)] == list(range(1, len(await world.events(run.id)) + 1))


async def test_of_two_who_approve_one_is_first(world: World):
    run = await waiting(world)
    answers = await asyncio.gather(world.service.approve(run.id), world.service.approve(run.id), return_exceptions=True)
    assert [type(each) for each in answers if isinstance(each, Exception)] == [Conflict]
    assert (await world.rested(run.id)).state is RunState.PROPOSED


async def test_another_plan_may_be_approved_but_not_an_empty_one(world: World):
    run = await waiting(world)
    with pytest.raises(InvalidRequest, match="has 0"):
        await world.service.approve(run.id, Plan(summary="Nothing.", steps=[]))
    step = run.plan.steps[0].model_copy(update={"title": "mine"})
    await world.service.approve(run.id, Plan(summary="Mine.", steps=[step]))
    ended = await world.rested(run.id)
    assert (ended.state, ended.plan.summary) == (RunState.PROPOSED, "Mine.")


async def test_steering_a_waiting_run_plans_anew_and_waits_again(world: World):
    run = await waiting(world, instructions="Be brief.")
    await world.service.steer(run.id, "Leave the API alone.")
    again = await world.rested(run.id)
    assert (again.state, again.round) == (RunState.WAITING, 1)
    assert again.instructions == "Be brief.\n\nLeave the API alone."


async def test_steering_a_working_run_stops_what_it_does(project, home):
    proposer = ReplacingProposer(REPAIRS, pause_s=60)
    async with opened_world(project, home, [proposer]) as world:
        run = await world.service.start(world.request())
        await world.until(run.id, lambda run: run.state is RunState.CODING)
        proposer.pause_s = 0
        steered = await world.service.steer(run.id, "Hurry.")
        assert steered.round == 1
        ended = await world.rested(run.id)
    assert ended.state is RunState.PROPOSED, ended.problem
    assert proposer.closed


async def test_who_has_come_to_rest_is_neither_approved_nor_steered(world: World):
    run = await world.fixed()
    with pytest.raises(Conflict, match="no plan that waits"):
        await world.service.approve(run.id)
    with pytest.raises(Conflict, match="tercet retry"):
        await world.service.steer(run.id, "More.")


async def test_a_waiting_run_can_be_cancelled(world: World):
    run = await waiting(world)
    assert (await world.service.cancel(run.id)).state is RunState.CANCELLED


async def test_a_cancel_holds_though_the_run_is_steered_in_the_same_moment(project, home):
    async with opened_world(project, home, slow()) as world:
        run = await world.service.start(world.request())
        old = await world.until(run.id, lambda run: run.state is RunState.CODING)
        await world.service.steer(run.id, "More.")
        ended = await world.service._stop(old, RunState.CANCELLED, "cancelled")  # who looked before it was steered
        assert (ended.state, ended.round) == (RunState.CANCELLED, 1)
        assert world.service.active == 0


async def test_a_waiting_run_waits_through_a_restart(project, home):
    async with opened_world(project, home) as world:
        run = await waiting(world)
    async with opened_world(project, home) as world:
        await world.service.recover()
        assert (await world.ledger.run(run.id)).state is RunState.WAITING
        await world.service.approve(run.id)
        assert (await world.rested(run.id)).state is RunState.PROPOSED


async def test_a_round_that_was_taken_up_before_a_crash_is_carried_once(project, home):
    """The ledger says that the next round is due, and nothing has been started: as after a crash in between."""
    async with opened_world(project, home) as world:
        run = await waiting(world)
        await world.ledger.take_up(run, TakenUp(60, run.plan, approved=True))
    async with opened_world(project, home) as world:
        await world.service.recover()
        ended = await world.rested(run.id)
    assert (ended.state, ended.round) == (RunState.PROPOSED, 1)


async def test_a_run_can_be_done_again_with_further_words(world: World):
    run = await world.fixed()
    again = await world.service.again(run.id, Again(instructions="Gently."))
    assert again.id != run.id
    assert (again.intent, again.target, again.instructions) == (run.intent, run.target, "Gently.")
    assert (await world.rested(again.id)).state is RunState.PROPOSED


async def test_who_wanted_to_see_a_plan_first_sees_it_again(world: World):
    run = await waiting(world)
    again = await world.service.again(run.id, Again())
    assert (await world.rested(again.id)).state is RunState.WAITING
