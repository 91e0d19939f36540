"""The long work on the sandboxes: one at a time, told line by line, and over in every case."""

import asyncio

import pytest
from tercet_server.config import SandboxSettings
from tercet_server.ports import Sandbox
from tercet_server.sandbox import SandboxService, choosing
from tercet_server.sandbox.docker import Engine, Images
from tercet_server.sandbox.unisolated import UnisolatedSandbox
from tercet_server.sandbox.watchdog import Watchdog
from tercet_shared.errors import Conflict, InvalidRequest, SandboxUnavailable
from tercet_shared.sandboxes import SandboxWork, WorkKind


async def _done(service: SandboxService) -> SandboxWork:
    async with asyncio.timeout(60):
        while service.work().running:
            await asyncio.sleep(0.02)
    return service.work()


async def test_the_report_says_which_is_used():
    service = SandboxService(SandboxSettings(), UnisolatedSandbox(Watchdog()))
    report = await service.report()
    assert [each.name for each in report.back_ends] == list(choosing.BACKENDS)
    assert [each.name for each in report.back_ends if each.used] == ["none"]


async def test_an_unknown_runtime_is_named_and_nothing_begins():
    service = SandboxService(SandboxSettings(), UnisolatedSandbox(Watchdog()))
    with pytest.raises(InvalidRequest, match=r"cobol.*python, node"):
        service.build(["python", "cobol"])
    assert service.work().kind is WorkKind.NONE


async def test_without_an_engine_building_ends_with_a_sentence_and_other_work_is_refused_meanwhile():
    service = SandboxService(SandboxSettings(docker_host="unix:///nonexistent"), UnisolatedSandbox(Watchdog()))
    assert service.build(["host"]).running
    with pytest.raises(Conflict):
        service.test()
    work = await _done(service)
    assert work.failed == 1
    assert "No Docker engine answers at unix:///nonexistent" in work.lines[-1]


async def test_where_nothing_is_isolated_there_is_nothing_to_test():
    service = SandboxService(SandboxSettings(), UnisolatedSandbox(Watchdog()))
    service.test()
    assert "nothing to test" in (await _done(service)).lines[-1]


@pytest.fixture
def no_image(docker_host: str):
    """The engine without the image for this machine's programs."""
    engine = Engine(docker_host)
    engine.api.remove_image("tercet-sandbox:host", force=True)
    yield docker_host
    Images(engine).build("host", print)
    engine.close()


@pytest.mark.must_have("containers begin with `tercet sandbox build`")
async def test_docker_is_used_once_an_image_is_built(no_image: str):
    settings = SandboxSettings(docker_host=no_image, minimum="container")
    with pytest.raises(SandboxUnavailable, match="tercet sandbox build"):
        await choosing.choose(settings)
    service = SandboxService(settings, UnisolatedSandbox(Watchdog()))
    service.build(["host"])
    work = await _done(service)
    assert (work.failed, work.lines[0]) == (0, "tercet-sandbox:host is built.")
    chosen: Sandbox = await choosing.choose(settings)
    await chosen.close()
    assert (chosen.name, chosen.isolation) == ("docker", "container")


async def test_a_named_back_end_is_taken_or_nothing():
    chosen = await choosing.choose(SandboxSettings(backend="process"))
    assert chosen.name == "process"
    with pytest.raises(SandboxUnavailable, match=r"isolates less \(reduced\) than"):
        await choosing.choose(SandboxSettings(backend="process", minimum="namespaces"))
    with pytest.raises(SandboxUnavailable, match="does not work here"):
        await choosing.choose(SandboxSettings(backend="docker", docker_host="unix:///nonexistent"))
