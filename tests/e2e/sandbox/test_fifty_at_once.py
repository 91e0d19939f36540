"""Fifty sandboxes at the same time: limits hold; and when their daemon is killed, the next one's start leaves nothing of them."""

import asyncio
import glob
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from tercet_server.config import SandboxSettings
from tercet_server.ports import Ending, Jail, Limits
from tercet_server.sandbox import choosing, scratch
from tercet_server.sandbox.docker import Engine
from tercet_server.sandbox.docker.engine import LABEL
from tercet_server.sandbox.watchdog import Watchdog

AT_ONCE = 50
END_S = 60.0
INTERPRETER = (Path(sys.prefix), Path(sys.base_prefix))

pytestmark = [
    pytest.mark.must_have("the sandboxes are what keeps hostile code in"),
    pytest.mark.parametrize("backend", ["docker", "bubblewrap", "process"]),
]

DAEMON = """
import asyncio, sys
from contextlib import AsyncExitStack
from pathlib import Path
from tercet_server.config import SandboxSettings
from tercet_server.ports import Jail, Limits
from tercet_server.sandbox import choosing
from tercet_server.sandbox.watchdog import Watchdog

async def main():
    backend, settings, copy, mark, count, *readable = sys.argv[1:]
    sandbox = await choosing.BACKENDS[backend][1](Watchdog(), SandboxSettings.model_validate_json(settings))
    jail = Jail(Path(copy), Path(copy), tuple(map(Path, readable)))
    program = "import os, time; os.fork() or os.setsid(); print('ready', flush=True); time.sleep(600)"
    async with AsyncExitStack() as opened:
        async def one():
            kept = await opened.enter_async_context(
                sandbox.open(jail, [sys.executable, "-S", "-c", program, mark], Limits(wall_s=600, memory_bytes=64 << 20)))
            assert await kept.receive() == b"ready"
        await asyncio.gather(*(one() for _ in range(int(count))))
        print("all", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def settings(request: pytest.FixtureRequest, backend: str) -> SandboxSettings:
    if backend != "docker":
        return SandboxSettings()
    return SandboxSettings(docker_host=request.getfixturevalue("docker_host"))


@pytest.fixture
def mark() -> Iterator[str]:
    name = f"--fifty-{uuid.uuid4().hex}"
    yield name
    for process in _marked(name):
        with suppress(psutil.Error):
            process.kill()


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if mark in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


async def test_limits_hold(backend: str, settings: SandboxSettings, tmp_path: Path, mark: str):
    """Every fifth uses too much, none for the others' disadvantage."""
    sandbox = await choosing.BACKENDS[backend][1](Watchdog(), settings)
    jail = Jail(tmp_path, tmp_path, INTERPRETER)
    limits = Limits(wall_s=120, memory_bytes=100 << 20, processes=16)
    greedy = "kept = []\nwhile True: kept.append(bytearray(b'x') * (8 << 20))"

    async def one(number: int) -> tuple[Ending, bytes]:
        program = greedy if number % 5 == 0 else f"print({number})"
        result = await sandbox.run(jail, [sys.executable, "-S", "-c", program, mark], limits)
        return result.ending, result.stdout

    try:
        results = await asyncio.gather(*(one(number) for number in range(AT_ONCE)))
    finally:
        await sandbox.close()
    for number, result in enumerate(results):
        expected = (Ending.MEMORY, b"") if number % 5 == 0 else (Ending.EXITED, f"{number}\n".encode())
        assert result == expected, number
    assert not _marked(mark)


async def test_nothing_is_left_once_the_daemon_was_killed_and_another_starts(
    backend: str, settings: SandboxSettings, tmp_path: Path, mark: str
):
    host = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", DAEMON, backend, settings.model_dump_json(), str(tmp_path), mark, str(AT_ONCE)),
        *map(str, INTERPRETER),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert host.stdout is not None
        assert await asyncio.wait_for(host.stdout.readline(), 180) == b"all\n"
        assert len(_marked(mark)) >= 2 * AT_ONCE
    finally:
        host.kill()
        await host.wait()
    started = await choosing.choose(settings.model_copy(update={"backend": backend}))
    await started.close()
    async with asyncio.timeout(END_S):
        while _marked(mark) or await asyncio.to_thread(_containers, backend, settings):
            await asyncio.sleep(0.1)
    assert not glob.glob(f"{tempfile.gettempdir()}/{scratch.PREFIX}{host.pid}.*")
    mounts = Path("/proc/self/mountinfo").read_text()
    assert str(tmp_path) not in mounts
    assert f"{scratch.PREFIX}{host.pid}." not in mounts


def _containers(backend: str, settings: SandboxSettings) -> list[str]:
    if backend != "docker":
        return []
    engine = Engine(settings.docker_host)
    try:
        return [each["Id"] for each in engine.api.containers(all=True, filters={"label": LABEL})]
    finally:
        engine.close()
