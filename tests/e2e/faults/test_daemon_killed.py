"""`kill -9` of the daemon after each kind of event: every run ends, events are contiguous, nothing is half-applied."""

import asyncio

import pytest
from tercet_shared.client import DaemonClient
from tercet_shared.errors import DaemonUnavailable
from tercet_shared.events import Event, EventType
from tercet_shared.ids import RunId, new_client_id
from tercet_shared.runs import RunState

from tests.e2e.journey import (
    BROKEN_SHOP,
    FIXED_LINE,
    RealDaemon,
    assert_contiguous,
    proposal_of,
    start_fix,
    trusted,
    until_resting,
)

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


async def _until_event(client: DaemonClient, run_id: RunId, kind: EventType, state: str) -> None:
    def is_it(event: Event) -> bool:
        return event.type is kind and (not state or event.data["state"] == state)

    async with asyncio.timeout(60):
        async for event in client.follow_run(run_id):
            if is_it(event):
                return


@pytest.mark.parametrize(("kind", "state"), MOMENTS)
async def test_a_run_survives_the_daemon_killed_after(kind, state, daemon: RealDaemon, project):
    root = project(BROKEN_SHOP)
    client = await daemon.start()
    workspace = await trusted(client, root)
    run = await start_fix(client, workspace)
    await _until_event(client, run.id, kind, state)
    await daemon.kill()
    with pytest.raises(DaemonUnavailable):
        await client.health()

    client = await daemon.start()
    ended = await until_resting(client, run.id)
    assert ended.state is RunState.PROPOSED, ended.problem
    events = await client.run_events(run.id)
    assert_contiguous(events)
    offered = [event for event in events if event.type is EventType.PROPOSAL_OFFERED]
    assert len(offered) == 1
    proposal = await client.apply((await proposal_of(client, ended)).id, new_client_id())
    assert proposal.state == "applied"
    assert FIXED_LINE in (root / "shop/discount.py").read_text()


async def test_an_applied_run_stays_applied_and_can_be_undone_after_a_kill(daemon: RealDaemon, project):
    root = project(BROKEN_SHOP)
    before = (root / "shop/discount.py").read_bytes()
    client = await daemon.start()
    run = await until_resting(client, (await start_fix(client, await trusted(client, root))).id)
    proposal = await client.apply((await proposal_of(client, run)).id, new_client_id())
    await daemon.kill()

    client = await daemon.start()
    assert (await client.run(run.id)).state is RunState.APPLIED
    await client.undo(proposal.id, new_client_id())
    assert (root / "shop/discount.py").read_bytes() == before
    assert (await client.run(run.id)).state is RunState.UNDONE
    assert_contiguous(await client.run_events(run.id))
