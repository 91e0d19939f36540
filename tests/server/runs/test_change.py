"""A change from the request to its end: what the user sees of it."""

import asyncio
from dataclasses import replace
from typing import ClassVar

from tercet_server.config import RunSettings, Settings
from tercet_server.runs.parts import CodeRecord
from tercet_shared.events import EventType
from tercet_shared.findings import Source
from tercet_shared.proposals import Decision, ProposalState
from tercet_shared.runs import Intent, RunState

from tests.doubles.function_tests import FunctionChecker, ReplacingProposer
from tests.server.runs.conftest import BROKEN, REPAIRS, World, opened_world, write_project


async def test_a_failing_test_becomes_a_proposal(world: World):
    run = await world.fixed()
    assert run.state is RunState.PROPOSED, run.problem
    proposal = await world.ledger.proposal(run.proposal_id)
    assert proposal.state is ProposalState.OFFERED
    assert proposal.title == "replace a - b by a + b"
    assert "-    return a - b\n+    return a + b\n" in proposal.diff
    assert proposal.evidence.verified
    assert proposal.verdict.decision is Decision.ACCEPT
    assert (world.root / "calc.py").read_text() == BROKEN["calc.py"], "nothing is written before it is applied"


async def test_the_events_tell_the_whole_story_in_order(world: World):
    run = await world.fixed()
    events = await world.events(run.id)
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    story = [event.data.get("state") or event.type for event in events if event.type is not EventType.RUN_PROGRESS]
    assert story == [
        EventType.RUN_CREATED,
        RunState.PLANNING,
        EventType.PLAN_READY,
        RunState.CODING,
        RunState.CHECKING,
        EventType.CANDIDATE_CHECKED,
        RunState.CODING,
        RunState.CHECKING,
        EventType.CANDIDATE_CHECKED,
        EventType.PROPOSAL_OFFERED,
        RunState.PROPOSED,
    ]


async def test_planning_shows_the_failure_and_the_suspicious_lines(world: World):
    await world.fixed()
    shown = {each.path: each.findings for each in world.board.get(world.workspaces.workspace.id)}
    [failure] = shown["test_calc.py"]
    assert (failure.source, failure.rule, failure.test) == (Source.TESTS, "test-failed", "test_calc.py::test_add")
    assert failure.range.start.line == 1
    assert {finding.source for finding in shown["calc.py"]} == {Source.SUSPECT}


async def test_nothing_failing_is_an_answer(project, home):
    write_project(project, {"calc.py": BROKEN["calc.py"].replace("a - b", "a + b")})
    async with opened_world(project, home) as world:
        run = await world.fixed()
    assert run.state is RunState.COMPLETED
    assert run.answer == "All 3 tests pass: nothing to repair."


async def test_no_tests_is_a_failure_that_says_what_to_do(tmp_path, home):
    async with opened_world(write_project(tmp_path / "empty", {"calc.py": "x = 1\n"}), home) as world:
        run = await world.fixed()
    assert run.state is RunState.FAILED
    assert run.problem.code == "no_tests"
    assert "write one" in run.problem.sentence


async def test_an_honest_search_that_finds_nothing(project, home):
    async with opened_world(project, home, [ReplacingProposer([("calc.py", "a - b", "a * b")])]) as world:
        run = await world.fixed()
    assert run.state is RunState.NO_CANDIDATE
    assert "1 candidate was proved" in run.answer


async def test_reasons_against_earlier_candidates_reach_the_proposers(project, home):
    proposer = ReplacingProposer([("calc.py", "a - b", "a * b"), ("calc.py", "a - b", "a + b")])
    async with opened_world(project, home, [proposer]) as world:
        await world.fixed()
    assert proposer.feedback[0] == "target_tests: 1 tests fail (test_calc.py::test_add)"
    assert proposer.closed, "the proposer is closed once a candidate is accepted"


async def test_the_tests_that_earlier_candidates_broke_reach_the_proposers(project, home):
    proposer = ReplacingProposer([("calc.py", "a - b", "5"), ("calc.py", "a - b", "a + b")])
    async with opened_world(project, home, [proposer]) as world:
        await world.fixed()
    assert proposer.broken == ["test_calc.py::test_add_nothing"]


async def test_a_change_that_breaks_another_test_is_not_offered(project, home):
    proposer = ReplacingProposer([("calc.py", "a - b", "5")])
    async with opened_world(project, home, [proposer]) as world:
        run = await world.fixed()
        [checked] = [e for e in await world.events(run.id) if e.type is EventType.CANDIDATE_CHECKED]
    assert run.state is RunState.NO_CANDIDATE
    assert checked.data["verdict"]["decision"] == "revise"
    assert "test_add_nothing" in checked.data["verdict"]["reasons"][0]


async def test_a_proposer_that_gives_up_is_passed_over_and_the_cheapest_is_asked_first(project, home):
    dear = ReplacingProposer([("calc.py", "a - b", "b + a")], name="dear", cost=9)
    cheap = ReplacingProposer([("missing.py", "x", "y")], name="cheap", cost=1)
    async with opened_world(project, home, [dear, cheap]) as world:
        run = await world.fixed()
        proposal = await world.ledger.proposal(run.proposal_id)
    assert cheap.closed
    assert proposal.proposer == "dear"


TWO_BUGS = {
    "calc.py": "def add(a, b):\n    return a - b\n",
    "text.py": "def shout(word):\n    return word.lower()\n",
    "test_calc.py": 'def test_add(load):\n    assert load("calc.py").add(2, 3) == 5\n',
    "test_text.py": 'def test_shout(load):\n    assert load("text.py").shout("a") == "A"\n',
}


async def test_two_causes_are_two_steps_and_one_proposal(tmp_path, home):
    root = write_project(tmp_path / "two", TWO_BUGS)
    repairs = [("calc.py", "a - b", "a + b"), ("text.py", "lower", "upper")]
    async with opened_world(root, home, [ReplacingProposer(repairs)]) as world:
        run = await world.fixed()
        assert run.state is RunState.PROPOSED, run
        assert len(run.plan.steps) == 2
        proposal = await world.ledger.proposal(run.proposal_id)
    assert sorted(proposal.change_set.paths) == ["calc.py", "text.py"]
    assert proposal.evidence.verified


async def test_what_is_left_failing_is_said(tmp_path, home):
    root = write_project(tmp_path / "two", TWO_BUGS)
    async with opened_world(root, home, [ReplacingProposer([("calc.py", "a - b", "a + b")])]) as world:
        run = await world.fixed()
        proposal = await world.ledger.proposal(run.proposal_id)
    assert proposal.change_set.paths == ["calc.py"]
    assert proposal.verdict.reasons[-1] == "Still failing afterwards, from another cause: test_text.py::test_shout."


async def test_one_change_that_solves_two_steps_is_proved_for_both(tmp_path, home):
    files = {
        **TWO_BUGS,
        "text.py": "def shout(word, add=None):\n    return word.upper() if add(1, 1) == 2 else word\n",
        "test_text.py": (
            "def test_shout(load):\n"
            '    text = load("text.py")\n'
            '    assert text.shout("a", load("calc.py").add) == "A"\n'
        ),
    }
    root = write_project(tmp_path / "one", {**files, "a_first.py": "x = 1\n"})
    async with opened_world(root, home, [ReplacingProposer([("calc.py", "a - b", "a + b")])]) as world:
        run = await world.fixed()
        proposal = await world.ledger.proposal(run.proposal_id)
    assert run.state is RunState.PROPOSED
    assert proposal.change_set.paths == ["calc.py"]
    assert not any("Still failing" in reason for reason in proposal.verdict.reasons)


async def test_a_save_during_the_proof_supersedes_the_run(project, home):
    class SavingChecker(FunctionChecker):
        async def prove(self, *arguments):
            evidence = await super().prove(*arguments)
            saved = {"calc.py": BROKEN["calc.py"] + "# saved meanwhile\n"}
            await asyncio.to_thread(write_project, project, saved)
            return evidence

    async with opened_world(project, home, checker=SavingChecker()) as world:
        run = await world.fixed()
    assert run.state is RunState.SUPERSEDED
    assert "calc.py changed while" in run.problem.sentence


async def test_a_save_of_another_file_after_the_proof_makes_the_offer_unverified(project, home):
    class LateChecker(FunctionChecker):
        async def prove(self, *arguments):
            evidence = await super().prove(*arguments)
            await asyncio.to_thread(write_project, project, {"late.py": "x = 1\n"})
            return evidence

    async with opened_world(project, home, checker=LateChecker()) as world:
        run = await world.fixed()
        proposal = await world.ledger.proposal(run.proposal_id)
    assert not proposal.evidence.verified
    assert "late.py" in (proposal.evidence.unverified_reason or "")


async def test_hanging_tests_count_as_failing_and_do_not_hang_the_run(tmp_path, home):
    files = {**BROKEN, "test_calc.py": BROKEN["test_calc.py"] + "\n\ndef test_hang_forever(load):\n    pass\n"}
    settings = Settings(run=RunSettings(per_test_s=0.05))
    async with opened_world(write_project(tmp_path / "hang", files), home, settings=settings) as world:
        run = await world.fixed()
    assert run.plan is not None
    assert any("test_calc.py::test_hang_forever" in step.tests for step in run.plan.steps)


async def test_two_repairs_of_the_same_line_are_not_mixed(tmp_path, home):
    """Each test wants another result of the same line; what solves the first is offered alone, and says so."""
    files = {
        "one.py": "def f(word):\n    return 0\n",
        "a_two.py": "def g(f):\n    return f('two')\n",
        "test_one.py": 'def test_one(load):\n    assert load("one.py").f("one") == 1\n',
        "test_two.py": (
            'def test_two(load):\n    assert load("a_two.py").g(load("one.py").f) == 2\n\n\n'
            'def test_three(load):\n    assert load("a_two.py").g(load("one.py").f) == 2\n'
        ),
    }
    root = write_project(tmp_path / "same", files)
    repairs = [("one.py", "return 0", "return 1"), ("one.py", "return 0", "return 2")]
    async with opened_world(root, home, [ReplacingProposer(repairs)]) as world:
        run = await world.fixed()
        proposal = await world.ledger.proposal(run.proposal_id)
    assert run.state is RunState.PROPOSED
    assert len(proposal.change_set.files[0].edits) == 1
    assert "Still failing afterwards" in proposal.verdict.reasons[-1]


async def test_another_intent_is_planned_about_its_target_and_proved_alike(project, home):
    renamed = ReplacingProposer([("calc.py", "a + a", "2 * a")])
    async with opened_world(project, home, [renamed]) as world:
        request = world.request(Intent.REFACTOR, path="calc.py").model_copy(
            update={"instructions": "Double by multiplying.\nPlease."}
        )
        run = await world.rested((await world.service.start(request)).id)
        assert run.plan.summary == "Make simpler calc.py: Double by multiplying."
        assert [step.files for step in run.plan.steps] == [["calc.py"]]
        proposal = await world.ledger.proposal(run.proposal_id)
    assert proposal.verdict.decision is Decision.ACCEPT
    assert "+    return 2 * a\n" in proposal.diff


async def test_tests_that_a_change_brings_must_pass_with_it(project, home):
    class Recording(FunctionChecker):
        targets: ClassVar[list[list[str]]] = []

        async def prove(self, copy, interpreter, task, progress):
            self.targets.append(list(task.target_tests))
            return await super().prove(copy, interpreter, replace(task, target_tests=()), progress)

    class Writing(ReplacingProposer):
        async def propose(self, task, progress):
            async for candidate in super().propose(task, progress):
                yield candidate.model_copy(update={"tests": ["test_calc.py::test_new"]})

    async with opened_world(project, home, [Writing(REPAIRS)], checker=Recording()) as world:
        request = world.request(Intent.TEST, path="calc.py")
        await world.rested((await world.service.start(request)).id)
    assert Recording.targets
    assert all(targets == ["test_calc.py::test_new"] for targets in Recording.targets)


async def test_the_first_of_several_causes_gets_what_time_is_left(project, home):
    class SlowAtFirst(ReplacingProposer):
        """Its first search does not end."""

        searches = 0

        async def propose(self, task, progress):
            self.searches += 1
            if self.searches == 1:
                await asyncio.Event().wait()
            async for candidate in super().propose(task, progress):
                yield candidate

    other = {
        "text.py": "def shout(x):\n    return x\n",
        "test_text.py": 'def test_shout(load):\n    assert load("text.py").shout("a") == "A"\n',
    }
    write_project(project, other)
    proposer = SlowAtFirst(REPAIRS)
    async with opened_world(project, home, [proposer]) as world:
        request = world.request().model_copy(update={"deadline_s": 20.0})
        run = await world.rested((await world.service.start(request)).id)
        assert run.state is RunState.PROPOSED, run.problem
        assert (await world.ledger.proposal(run.proposal_id)).title == "replace a - b by a + b"
    assert proposer.searches == 3


def test_what_two_searches_of_a_step_tried_is_told_together():
    both = CodeRecord(step_id="s1", tried=1, reasons=["new"]).after(CodeRecord(step_id="s1", tried=3, reasons=["old"]))
    assert (both.tried, both.reasons) == (4, ["old", "new"])
