"""Endpoints about workspaces: registration, trust, overlays and findings; and clients, who own overlays."""

from typing import Annotated

from fastapi import APIRouter, Query
from tercet_shared.edits import RelativePath
from tercet_shared.findings import FileFindings
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.outcomes import TestOutcomes
from tercet_shared.workspaces import OverlayReceipt, OverlayRequest, Trust, TrustRequest, Workspace, WorkspaceRequest

from tercet_server.api.daemon_state import WORKING_STATES
from tercet_server.api.dependencies import ClientPath, DaemonStateDependency, ServicesDependency, WorkspacePath
from tercet_server.api.services import Services

router = APIRouter(tags=["workspaces"])

MOST_RUNS = 10_000


@router.post("/workspaces")
async def register(request: WorkspaceRequest, services: ServicesDependency) -> Workspace:
    """Registers the folder, or answers with the workspace that it already is."""
    workspace = await services.workspaces.register(request)
    if request.trust is Trust.UNTRUSTED:
        await _stop_runs(workspace.id, services)
    return workspace


@router.get("/workspaces")
async def list_workspaces(services: ServicesDependency) -> list[Workspace]:
    return await services.workspaces.list()


@router.get("/workspaces/{workspace_id}")
async def get_workspace(workspace_id: WorkspacePath, services: ServicesDependency) -> Workspace:
    return await services.workspaces.get(workspace_id)


@router.put("/workspaces/{workspace_id}/trust")
async def set_trust(workspace_id: WorkspacePath, request: TrustRequest, services: ServicesDependency) -> Workspace:
    """Whether anything of the workspace may be run. What runs when trust is withdrawn is cancelled."""
    workspace = await services.workspaces.set_trust(workspace_id, request.trusted)
    if not request.trusted:
        await _stop_runs(workspace.id, services)
    return workspace


@router.put("/workspaces/{workspace_id}/overlays")
async def put_overlay(
    workspace_id: WorkspacePath, request: OverlayRequest, services: ServicesDependency, state: DaemonStateDependency
) -> OverlayReceipt:
    """Takes the unsaved text of a document, and has it analysed soon after."""
    receipt = await services.workspaces.put_overlay(workspace_id, request)
    state.presence.seen(request.client_id)
    services.findings.analyse(workspace_id, request.path)
    services.code.noted(workspace_id, request.path)
    return receipt


@router.delete("/workspaces/{workspace_id}/overlays", status_code=204)
async def delete_overlay(
    workspace_id: WorkspacePath,
    client_id: Annotated[ClientId, Query(min_length=1, max_length=100)],
    path: Annotated[RelativePath, Query()],
    services: ServicesDependency,
) -> None:
    """The client closed the document: what counts again is another client's overlay, or the file."""
    await services.workspaces.delete_overlay(workspace_id, client_id, path)
    services.findings.analyse(workspace_id, path)
    services.code.noted(workspace_id, path)


@router.get("/workspaces/{workspace_id}/findings")
async def findings(
    workspace_id: WorkspacePath, services: ServicesDependency, path: Annotated[RelativePath | None, Query()] = None
) -> list[FileFindings]:
    """The current findings of one file, or of every file that has or had some."""
    await services.workspaces.get(workspace_id)
    return services.findings.get(workspace_id, path)


@router.get("/workspaces/{workspace_id}/outcomes")
async def outcomes(
    workspace_id: WorkspacePath,
    services: ServicesDependency,
    path: Annotated[RelativePath, Query(max_length=4096)],
    client_id: Annotated[ClientId | None, Query(min_length=1, max_length=100)] = None,
) -> TestOutcomes:
    """The tests of one file and how they went last, as earlier runs saw it. Runs nothing."""
    return await services.findings.outcomes.of(workspace_id, path, client_id)


@router.delete("/clients/{client_id}", status_code=204)
async def forget_client(client_id: ClientPath, services: ServicesDependency) -> None:
    """Drops all overlays of a client that leaves."""
    await services.workspaces.forget_client(client_id)


async def _stop_runs(workspace_id: WorkspaceId, services: Services) -> None:
    for run in await services.ledger.runs(workspace_id, WORKING_STATES, MOST_RUNS):
        await services.runs.cancel(run.id)
