"""The daemon's process: one per user, found by its record, private, gone when killed, stopped or idle."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tercet_shared import discovery
from tercet_shared.client import DaemonClient
from tercet_shared.discovery import DaemonRecord, ensure_daemon, read_record
from tercet_shared.errors import DaemonUnavailable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and sockets of POSIX")

START_S = 60.0


@pytest.fixture
def tercet_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="tercet-"))
    monkeypatch.setenv("TERCET_HOME", str(home))
    monkeypatch.setenv("TERCET_CONFIG", str(home / "config.toml"))
    yield home
    record = read_record(home)
    if record is not None:
        _kill(record.pid)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
async def record(tercet_home: Path) -> AsyncIterator[DaemonRecord]:
    found = await ensure_daemon(deadline_s=START_S)
    yield found
    _kill(found.pid)
    await gone(found.pid)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


async def gone(pid: int, within_s: float = 10.0) -> None:
    """Until the process is no more; its parent, this process, reaps it in a thread."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            await asyncio.sleep(0.02)


async def recorded(home: Path) -> DaemonRecord | None:
    return await asyncio.to_thread(read_record, home)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_what_the_daemon_keeps_is_for_its_owner_alone(tercet_home: Path, record: DaemonRecord):
    assert record.socket == str(tercet_home / "daemon.sock")
    assert mode(tercet_home) == 0o700
    assert {mode(tercet_home / name) for name in ("daemon.json", "daemon.sock", "daemon.lock", "daemon.log")} == {0o600}
    assert record.token not in (tercet_home / "daemon.log").read_text()


async def test_a_second_client_finds_the_same_daemon(record: DaemonRecord):
    assert await ensure_daemon(start=False) == record


async def test_clients_that_start_at_once_end_with_one_daemon(tercet_home: Path):
    code = "import asyncio; from tercet_shared.discovery import *; print(asyncio.run(ensure_daemon(deadline_s=60)).pid)"
    starters = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
        for _ in range(3)
    ]
    printed = {(await starter.communicate())[0] for starter in starters}
    assert printed == {f"{(await recorded(tercet_home)).pid}\n".encode()}


async def test_a_killed_daemon_is_replaced(tercet_home: Path, record: DaemonRecord):
    os.kill(record.pid, signal.SIGKILL)
    await gone(record.pid)
    assert await recorded(tercet_home) == record, "its record is stale"
    later = await ensure_daemon(deadline_s=START_S)
    try:
        assert later.pid != record.pid
        assert later.token != record.token
        async with DaemonClient(record) as old, DaemonClient(later) as client:
            assert (await client.health()).pid == later.pid
            with pytest.raises(Exception, match="token"):
                await old.health()
    finally:
        _kill(later.pid)
        await gone(later.pid)


async def test_sigterm_ends_the_daemon_in_time_streams_and_all(tercet_home: Path, record: DaemonRecord):
    async with DaemonClient(record) as client:
        opened = asyncio.Event()

        async def read() -> str:
            try:
                async for _ in client.events(opened=opened.set):
                    pass
            except DaemonUnavailable:
                return "broken"
            return "ended"

        reading = asyncio.create_task(read())
        await opened.wait()
        os.kill(record.pid, signal.SIGTERM)
        assert await asyncio.wait_for(reading, 30) == "ended"
        assert not await discovery.is_live(record)
    await gone(record.pid)
    assert await recorded(tercet_home) is None
    assert not (tercet_home / "daemon.sock").exists()


async def test_shutdown_ends_the_daemon_and_the_next_one_starts_at_once(record: DaemonRecord):
    async with DaemonClient(record) as client:
        await client.shutdown()
    later = await ensure_daemon(deadline_s=START_S)
    assert later.pid != record.pid
    await gone(record.pid)
    _kill(later.pid)
    await gone(later.pid)


async def test_an_idle_daemon_exits_unless_somebody_listens(tercet_home: Path):
    (tercet_home / "config.toml").write_text("[daemon]\nidle_exit_s = 1\n")
    record = await ensure_daemon(deadline_s=START_S)
    async with DaemonClient(record) as client:
        opened = asyncio.Event()
        stream = client.events(opened=opened.set)
        listening = asyncio.create_task(anext(stream))
        await opened.wait()
        await asyncio.sleep(2)  # twice as long as an idle daemon stays
        assert await discovery.is_live(record)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await gone(record.pid, within_s=15)
    assert await recorded(tercet_home) is None


async def test_a_daemon_whose_home_has_vanished_ends(tercet_home: Path, record: DaemonRecord):
    await asyncio.to_thread(shutil.rmtree, tercet_home)
    await gone(record.pid, within_s=20)


async def test_tcp_outside_of_the_ephemeral_ports(tercet_home: Path):
    (tercet_home / "config.toml").write_text('[daemon]\nlisten = "tcp"\n')
    record = await ensure_daemon(deadline_s=START_S)
    assert record.socket is None
    assert record.port is not None
    assert record.port not in range(32768, 61000)
    async with DaemonClient(record) as client:
        assert (await client.health()).pid == record.pid
    _kill(record.pid)
    await gone(record.pid)


async def test_a_taken_port_is_told(tercet_home: Path):
    with socket.socket() as taken:
        for port in range(20_000, 32_000):
            try:
                taken.bind(("127.0.0.1", port))
                break
            except OSError:
                continue
        taken.listen()
        (tercet_home / "config.toml").write_text(f'[daemon]\nlisten = "tcp"\nport = {port}\n')
        with pytest.raises(DaemonUnavailable, match=f"port {port} is free.*daemon.port"):
            await ensure_daemon(deadline_s=START_S)


async def test_a_home_with_a_long_path_gets_a_short_private_socket(tercet_home: Path, monkeypatch: pytest.MonkeyPatch):
    deep = tercet_home / ("x" * 100)
    monkeypatch.setenv("TERCET_HOME", str(deep))
    record = await ensure_daemon(deadline_s=START_S)
    try:
        assert record.socket is not None
        assert len(record.socket) <= 100
        assert mode(Path(record.socket).parent) == 0o700
        async with DaemonClient(record) as client:
            assert (await client.health()).pid == record.pid
    finally:
        os.kill(record.pid, signal.SIGTERM)
        await gone(record.pid)
    assert not Path(record.socket).exists()
