"""Every endpoint as the real client calls it: a whole repair, with overlays, findings, claims, apply and undo."""

import asyncio
from pathlib import Path

import pytest
from tercet_shared import errors
from tercet_shared.events import Event, EventType, FindingsChanged
from tercet_shared.ids import ClientId, RunId, WorkspaceId, new_client_id
from tercet_shared.proposals import ClaimKind, ClaimReport, ClaimRequest, DiscardRequest, Part, ProposalState
from tercet_shared.runs import RESTING_STATES, Intent, Run, RunRequest, RunState
from tercet_shared.workspaces import OverlayRequest, Trust, Workspace, WorkspaceRequest

from tests.doubles.running_api import RunningApi

ME = ClientId("e-me")


async def rested(api: RunningApi, workspace: Workspace) -> Run:
    run = await api.client.start_run(RunRequest(workspace_id=workspace.id, intent=Intent.FIX))
    async with asyncio.timeout(20):
        async for event in api.client.follow_run(run.id):
            if event.type is EventType.RUN_STATE and RunState(event.data["state"]) in RESTING_STATES:
                return await api.client.run(run.id)
    raise AssertionError


async def offered(api: RunningApi, workspace: Workspace):
    run = await rested(api, workspace)
    assert run.proposal_id is not None, run.problem
    return await api.client.proposal(run.proposal_id)


async def test_health_knows_the_daemon(api: RunningApi):
    health = await api.client.health()
    assert (health.version, health.active_runs, health.clients) == ("0.1.0", 0, 0)


async def test_health_is_idle_once_the_services_are_there(api: RunningApi):
    await api.services()
    assert (await api.client.health()).idle


async def test_a_repair_is_applied_and_undone(api: RunningApi, workspace: Workspace, root: Path):
    before = (root / "calc.py").read_text()
    proposal = await offered(api, workspace)
    assert [each.id for each in await api.client.proposals(workspace.id)] == [proposal.id]
    assert (await api.client.apply(proposal.id, ME)).state is ProposalState.APPLIED
    assert "a + b" in (root / "calc.py").read_text()
    assert (await api.client.undo(proposal.id, ME)).state is ProposalState.UNDONE
    assert (root / "calc.py").read_text() == before


async def test_runs_are_listed_and_found_by_the_beginning_of_their_id(api: RunningApi, workspace: Workspace):
    run = await rested(api, workspace)
    assert [each.id for each in await api.client.runs(workspace.id)] == [run.id]
    assert await api.client.runs(WorkspaceId("w-other")) == []
    assert (await api.client.run(run.id[:-1])).id == run.id


async def test_stored_events_of_a_run_come_after_a_sequence_number(api: RunningApi, workspace: Workspace):
    run = await rested(api, workspace)
    events = await api.client.run_events(run.id)
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert await api.client.run_events(run.id, after=events[2].seq) == events[3:]


async def test_an_editor_claims_and_reports(api: RunningApi, workspace: Workspace):
    proposal = await offered(api, workspace)
    claim = await api.client.claim(proposal.id, ClaimRequest(client_id=ME, kind=ClaimKind.APPLY))
    with pytest.raises(errors.AlreadyClaimed):
        await api.client.claim(proposal.id, ClaimRequest(client_id=new_client_id()))
    reported = await api.client.report(claim.id, ClaimReport(applied=False, reason="the user closed the file"))
    assert reported.state is ProposalState.OFFERED


async def test_a_proposal_is_discarded(api: RunningApi, workspace: Workspace):
    proposal = await offered(api, workspace)
    assert (await api.client.discard(proposal.id)).state is ProposalState.DISCARDED
    assert await api.client.proposals(workspace.id) == []


async def test_a_part_of_a_proposal_is_discarded(api: RunningApi, workspace: Workspace):
    proposal = await offered(api, workspace)
    with pytest.raises(errors.InvalidRequest):
        await api.client.discard(proposal.id, DiscardRequest(parts=[Part(path="nowhere.py")]))
    everything = [Part(path=path) for path in proposal.change_set.paths]
    discarded = await api.client.discard(proposal.id, DiscardRequest(client_id=ME, parts=everything))
    assert (discarded.id, discarded.state) == (proposal.id, ProposalState.DISCARDED)


async def test_a_cancelled_run_that_rests_stays_as_it_is(api: RunningApi, workspace: Workspace):
    run = await rested(api, workspace)
    assert (await api.client.cancel_run(run.id)).state is run.state


async def test_nothing_of_an_untrusted_workspace_runs(api: RunningApi, root: Path):
    workspace = await api.client.register_workspace(WorkspaceRequest(root=str(root), trust=Trust.UNTRUSTED))
    with pytest.raises(errors.NotTrusted):
        await api.client.start_run(RunRequest(workspace_id=workspace.id, intent=Intent.FIX))
    assert (await api.client.set_trust(workspace.id, True)).trust is Trust.TRUSTED
    await api.client.start_run(RunRequest(workspace_id=workspace.id, intent=Intent.FIX))


@pytest.mark.parametrize("anew", [False, True])
async def test_withdrawn_trust_cancels_what_runs(api: RunningApi, workspace: Workspace, root: Path, anew: bool):
    (root / "test_hang.py").write_text("def test_hang_forever(load):\n    pass\n")
    run = await api.client.start_run(RunRequest(workspace_id=workspace.id, intent=Intent.FIX))
    async with asyncio.timeout(20):
        async for event in api.client.follow_run(run.id):
            if event.type is EventType.RUN_STATE and event.data["state"] == RunState.PLANNING:
                break
    if anew:
        await api.client.register_workspace(WorkspaceRequest(root=str(root), trust=Trust.UNTRUSTED))
    else:
        await api.client.set_trust(workspace.id, False)
    assert (await api.client.run(run.id)).state is RunState.CANCELLED


async def test_an_overlay_is_analysed_and_its_client_told(api: RunningApi, workspace: Workspace):
    opened = asyncio.Event()

    async def first_notice() -> FindingsChanged:
        async for message in api.client.events(client_id=ME, opened=opened.set):
            if isinstance(message, FindingsChanged):
                return message
        raise AssertionError

    notice = asyncio.create_task(first_notice())
    await opened.wait()
    request = OverlayRequest(client_id=ME, path="calc.py", version=1, text="# to do\n")
    receipt = await api.client.put_overlay(workspace.id, request)
    assert receipt.version == 1
    assert (await asyncio.wait_for(notice, 10)).paths == ["calc.py"]
    found = await api.client.findings(workspace.id, "calc.py")
    assert [finding.rule for finding in found[0].findings] == ["TODO"]

    await api.client.delete_overlay(workspace.id, ME, "calc.py")
    await api.client.forget_client(ME)


async def test_the_tests_of_a_file_are_told_in_the_text_that_the_client_sees(api: RunningApi, workspace: Workspace):
    request = OverlayRequest(client_id=ME, path="test_new.py", version=1, text="\ndef test_new():\n    pass\n")
    receipt = await api.client.put_overlay(workspace.id, request)
    found = await api.client.outcomes(workspace.id, "test_new.py", ME)
    assert found.text_sha256 == receipt.text_sha256
    assert [(each.test, each.name_range.start.line, each.passed) for each in found.tests] == [
        ("test_new.py::test_new", 1, 0)
    ]


async def test_the_models_are_reported(api: RunningApi):
    assert (await api.client.models()).models == []


async def test_the_doctor_reports(api: RunningApi, workspace: Workspace):
    assert (await api.client.doctor(workspace.id)).diagnoses
    with pytest.raises(errors.NotFound):
        await api.client.doctor(WorkspaceId("w-unknown"))


async def test_workspaces_are_listed(api: RunningApi, workspace: Workspace):
    assert await api.client.workspaces() == [workspace]
    assert await api.client.workspace(workspace.id) == workspace


async def test_what_is_unknown_is_not_found(api: RunningApi):
    for call in (
        api.client.workspace(WorkspaceId("w-none")),
        api.client.findings(WorkspaceId("w-none")),
        api.client.outcomes(WorkspaceId("w-none"), "calc.py"),
        api.client.run(RunId("r-none")),
        api.client.cancel_run(RunId("r-none")),
        api.client.run_events(RunId("r-none")),
    ):
        with pytest.raises(errors.NotFound):
            await call


async def test_a_busy_daemon_refuses_to_end_if_idle(api: RunningApi):
    stream = api.client.events(client_id=ME, opened=(opened := asyncio.Event()).set)
    reading = asyncio.create_task(anext(stream))
    await opened.wait()
    with pytest.raises(errors.Conflict, match="1 connected client"):
        await api.client.shutdown(if_idle=True)
    assert not api.state.stopping.is_set()
    await api.client.shutdown()
    assert api.state.stopping.is_set()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


async def test_events_are_models(api: RunningApi, workspace: Workspace):
    run = await rested(api, workspace)
    async for event in api.client.events(0, run_id=run.id):
        assert isinstance(event, Event)
        break
