"""Endpoints about the daemon itself: health, doctor, shutdown."""

from typing import Annotated

from fastapi import APIRouter, Query
from tercet_shared.daemon import DoctorReport, Health, ShutdownRequest
from tercet_shared.errors import Conflict, DaemonUnavailable
from tercet_shared.ids import WorkspaceId
from tercet_shared.models import ModelsReport

from tercet_server.api.dependencies import DaemonStateDependency, ServicesDependency

router = APIRouter(tags=["daemon"])


@router.get("/health")
async def health(state: DaemonStateDependency) -> Health:
    """Answers at once, from the first moment of the daemon on; no more once it is told to end, so that clients seek the next."""
    if state.stopping.is_set():
        raise DaemonUnavailable("The daemon is ending. The next one starts when it is needed.")
    return await state.health()


@router.get("/doctor")
async def doctor(
    services: ServicesDependency, workspace_id: Annotated[WorkspaceId | None, Query(max_length=100)] = None
) -> DoctorReport:
    """What Tercet found on this system (and in a workspace), what is missing, and how to get it."""
    return await services.doctor(workspace_id)


@router.get("/models")
async def models(services: ServicesDependency) -> ModelsReport:
    """The configured language models, whether they can be asked, and what they did and cost today. Asks none of them."""
    return await services.models()


@router.post("/shutdown", status_code=202, response_model=None)
async def shutdown(request: ShutdownRequest, state: DaemonStateDependency) -> None:
    """Ends the daemon; unfinished runs resume when the next one starts."""
    if request.if_idle:
        health = await state.health()
        if not health.idle:
            raise Conflict(
                f"The daemon is busy: {health.active_runs} active runs, {health.clients} connected clients. "
                "Wait for them, or stop it with `tercet daemon stop`."
            )
    state.stopping.set()
