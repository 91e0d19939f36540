"""Real sandboxes around real processes. Every test of both back ends is run in both."""

import asyncio
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tercet_server.ports import Jail, Limits, Sandbox, SandboxResult
from tercet_server.sandbox import choosing
from tercet_server.sandbox.watchdog import Watchdog
from tercet_shared.errors import SandboxUnavailable

INTERPRETER = (Path(sys.prefix), Path(sys.base_prefix))
AT_ONCE_S = 5.0
"""Far above the promise of 250 ms, for a busy machine holds up everything: what waits for an end instead takes minutes."""

LIMITS = Limits(wall_s=30.0, memory_bytes=512 * 1024**2, processes=32)

BACKENDS: dict[str, Callable[[Watchdog], Any]] = {
    "bubblewrap": choosing._bubblewrap,
    "process": choosing._process,
}


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.must_have("the sandboxes are what keeps hostile code in"))
        for name in BACKENDS
    ]
)
async def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    try:
        return await BACKENDS[request.param](Watchdog())
    except SandboxUnavailable as error:
        pytest.skip(error.sentence)


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
