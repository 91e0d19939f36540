"""Endpoints about runs: start, list, show, approve, steer, cancel, do again, and the stored events of one."""

from typing import Annotated

from fastapi import APIRouter, Query
from tercet_shared.events import Event
from tercet_shared.free_text import FreeText, Understood
from tercet_shared.ids import WorkspaceId
from tercet_shared.runs import Again, Approval, Run, RunRequest, Steering

from tercet_server.api.dependencies import MAX_SEQ, RunPath, ServicesDependency

router = APIRouter(prefix="/runs", tags=["runs"])

PAGE = 1000


@router.post("", status_code=202)
async def start(request: RunRequest, services: ServicesDependency) -> Run:
    """Starts a run and answers at once; follow it by its events."""
    return await services.runs.start(request)


@router.post("/understand")
async def understand(asked: FreeText, services: ServicesDependency) -> Understood:
    """What a run of these words would be of: intent and target. Starts none."""
    return await services.runs.understand(asked)


@router.get("")
async def list_runs(
    services: ServicesDependency,
    workspace_id: Annotated[WorkspaceId | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> list[Run]:
    """Newest first."""
    return await services.ledger.runs(workspace_id, limit=limit)


@router.get("/{run_id}")
async def get_run(run_id: RunPath, services: ServicesDependency) -> Run:
    """By id, or by the beginning of one if that is unique."""
    return await services.ledger.run(run_id)


@router.post("/{run_id}/cancel")
async def cancel(run_id: RunPath, services: ServicesDependency) -> Run:
    """Stops the run's work, sandboxes included."""
    return await services.runs.cancel(run_id)


@router.post("/{run_id}/approve")
async def approve(run_id: RunPath, approval: Approval, services: ServicesDependency) -> Run:
    """Lets a run go on that waits with its plan, by that plan or by the one given."""
    return await services.runs.approve(run_id, approval.plan)


@router.post("/{run_id}/steer")
async def steer(run_id: RunPath, steering: Steering, services: ServicesDependency) -> Run:
    """Adds to what a run is told that works or waits; it plans anew."""
    return await services.runs.steer(run_id, steering.instructions)


@router.post("/{run_id}/again", status_code=202)
async def again(run_id: RunPath, wish: Again, services: ServicesDependency) -> Run:
    """Starts a new run like this one: to retry it, or to fork it with further instructions."""
    return await services.runs.again(run_id, wish)


@router.get("/{run_id}/events")
async def events(
    run_id: RunPath, services: ServicesDependency, after: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0
) -> list[Event]:
    """All stored events of the run whose `seq` is greater than `after`."""
    run = await services.ledger.run(run_id)
    found: list[Event] = []
    while page := await services.ledger.events(found[-1].seq if found else after, run_id=run.id, limit=PAGE):
        found += page
    return found
