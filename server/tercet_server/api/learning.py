"""Endpoints about what a workspace taught: to look at it, and to have it forgotten."""

from fastapi import APIRouter
from tercet_shared.learning import Learned

from tercet_server.api.dependencies import ServicesDependency, WorkspacePath

router = APIRouter(prefix="/workspaces/{workspace_id}/learning", tags=["learning"])


@router.get("")
async def learned(workspace_id: WorkspacePath, services: ServicesDependency) -> Learned:
    """How proposals ended here, which checks candidates failed, and the lessons that follow."""
    return await services.learning.learned(workspace_id)


@router.delete("", status_code=204)
async def forget(workspace_id: WorkspacePath, services: ServicesDependency) -> None:
    """Nothing that happened up to now counts any more; the runs themselves stay."""
    await services.learning.forget(workspace_id)
