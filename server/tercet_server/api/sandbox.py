"""Endpoints about the sandboxes: what there is, and the long work on them, which is begun and then looked after."""

from fastapi import APIRouter
from tercet_shared.sandboxes import BuildRequest, SandboxReport, SandboxWork

from tercet_server.api.dependencies import ServicesDependency

router = APIRouter(prefix="/sandbox", tags=["sandbox"])


@router.get("")
async def sandbox(services: ServicesDependency) -> SandboxReport:
    """The back ends of this machine, which one is used, and what to do for those that do not work."""
    return await services.sandbox.report()


@router.get("/work")
async def work(services: ServicesDependency) -> SandboxWork:
    """How the building of images or the trying of attacks goes."""
    return services.sandbox.work()


@router.post("/build", status_code=202)
async def build(request: BuildRequest, services: ServicesDependency) -> SandboxWork:
    """Begins to build images for containers."""
    return services.sandbox.build(request.runtimes)


@router.post("/test", status_code=202)
async def test(services: ServicesDependency) -> SandboxWork:
    """Begins to set a set of attacks on the sandbox in use."""
    return services.sandbox.test()
