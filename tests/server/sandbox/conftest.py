"""Real sandboxes around real processes. What is not about containers alone is run in the two light back ends."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tercet_server.config import SandboxSettings
from tercet_server.ports import Jail, Limits, Sandbox, SandboxResult
from tercet_server.sandbox import choosing
from tercet_server.sandbox.watchdog import Watchdog
from tercet_shared.errors import SandboxUnavailable

INTERPRETER = (Path(sys.prefix), Path(sys.base_prefix))
AT_ONCE_S = 5.0
"""Far above the promise of 250 ms, for a busy machine holds up everything: what waits for an end instead takes minutes."""

LIMITS = Limits(wall_s=30.0, memory_bytes=512 * 1024**2, processes=32)

MUST_HAVE = pytest.mark.must_have("the sandboxes are what keeps hostile code in")


def backends(*names: str) -> list[Any]:
    return [pytest.param(name, marks=MUST_HAVE) for name in names]


with_docker = pytest.mark.parametrize("backend", backends("docker", "bubblewrap", "process"))
"""For what differs in a container; tests/e2e/sandbox sets the same attacks on all three, in fewer containers."""


@pytest.fixture(params=backends("bubblewrap", "process"))
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def settings(request: pytest.FixtureRequest, backend: str) -> SandboxSettings:
    """Those that name the tests' own Docker engine, which is started for tests of that back end alone."""
    if backend != "docker":
        return SandboxSettings()
    return SandboxSettings(docker_host=request.getfixturevalue("docker_host"))


@pytest.fixture
async def sandbox(backend: str, settings: SandboxSettings) -> AsyncIterator[Sandbox]:
    try:
        made = await choosing.BACKENDS[backend][1](Watchdog(), settings)
    except SandboxUnavailable as error:
        pytest.skip(error.sentence)
    yield made
    await made.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    return folder


@pytest.fixture
def jail(tmp_path: Path, copy: Path) -> Jail:
    return Jail(copy, tmp_path / "home" / "workspace", INTERPRETER)


class Runner:
    """Runs Python programs in a sandbox."""

    def __init__(self, sandbox: Sandbox, jail: Jail) -> None:
        self.sandbox = sandbox
        self.jail = jail
        self.root = sandbox.root_inside(jail)

    async def __call__(self, program: str, *arguments: str, limits: Limits = LIMITS, **more: Any) -> SandboxResult:
        jail = more.pop("jail", self.jail)
        return await self.sandbox.run(jail, [sys.executable, "-c", program, *arguments], limits, **more)


@pytest.fixture
def python(sandbox: Sandbox, jail: Jail) -> Runner:
    return Runner(sandbox, jail)


@pytest.fixture
def marker() -> Iterator[str]:
    """An argument that tells a test's own processes from all others; what still carries it at the end is killed."""
    mark = f"mark-{uuid.uuid4().hex}"
    yield mark
    for process in marked(mark):
        process.kill()


def marked(mark: str) -> list[psutil.Process]:
    """The processes of this machine that carry `mark` as an argument, zombies left out."""
    found = []
    for process in psutil.process_iter():
        try:
            if mark in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


async def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Waits until `condition` holds; fails the test if it does not within the time."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def nothing_left(marker: str) -> Iterator[str]:
    """A marker no process may carry once the test is over."""
    yield marker
    assert not marked(marker)
