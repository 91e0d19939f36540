"""`kill -9` of a process that runs and applies: after a restart everything has an end, and nothing happened twice."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from tercet_shared.events import EventType
from tercet_shared.proposals import ProposalState
from tercet_shared.runs import RunState

from tests.server.runs.conftest import World, opened_world, write_project
from tests.server.runs.test_applier import offered

REPOSITORY = Path(__file__).parents[3]

MOMENTS = [
    (EventType.RUN_CREATED, ""),
    (EventType.RUN_STATE, "planning"),
    (EventType.RUN_PROGRESS, ""),
    (EventType.PLAN_READY, ""),
    (EventType.RUN_STATE, "coding"),
    (EventType.RUN_STATE, "checking"),
    (EventType.CANDIDATE_CHECKED, ""),
    (EventType.PROPOSAL_OFFERED, ""),
    (EventType.RUN_STATE, "proposed"),
]


async def killed(*arguments: object) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.server.runs.killed_process", *map(str, arguments), cwd=REPOSITORY
    )
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL


@pytest.mark.parametrize(("kind", "state"), MOMENTS)
async def test_a_run_killed_after(kind, state, project, home):
    await killed(project, home, "event", kind, state)
    async with opened_world(project, home) as world:
        await world.service.recover()
        [run] = await world.ledger.runs()
        run = await world.rested(run.id)
        events = await world.events(run.id)
        proposals = await world.ledger.proposals()
    assert run.state is RunState.PROPOSED, run.problem
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    once = [
        (event.type, event.data.get("state"), event.data.get("title"))
        for event in events
        if event.type is not EventType.RUN_PROGRESS and event.data.get("state") not in ("checking", "coding")
    ]
    assert len(once) == len(set(once)), once
    assert len([event for event in events if event.data.get("state") == "checking"]) == 2, "two candidates"
    assert [proposal.id for proposal in proposals] == [run.proposal_id]


async def prepared(world: World) -> str:
    write_project(world.root, {"one.py": "1\n", "two.py": "2\n"})
    return (await offered(world, one="one\n", two="two\n")).id


@pytest.mark.parametrize(
    ("file", "state", "texts"),
    [("one.py", ProposalState.OFFERED, ("1\n", "2\n")), ("two.py", ProposalState.APPLIED, ("one\n", "two\n"))],
    ids=["between checkpoint and write", "between two files"],
)
async def test_an_apply_killed(file, state, texts, project, home):
    async with opened_world(project, home) as world:
        proposal_id = await prepared(world)
    await killed(project, home, "write", proposal_id, file)
    async with opened_world(project, home) as world:
        await world.applier.recover()
        proposal = await world.ledger.proposal(proposal_id)
        events = await world.events(proposal.run_id)
    assert proposal.state is state
    assert ((project / "one.py").read_text(), (project / "two.py").read_text()) == texts
    assert [event.n for event in events] == list(range(1, len(events) + 1))
