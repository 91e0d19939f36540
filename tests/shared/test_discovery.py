"""Finding the daemon: the home, the record, and what is done about daemons of other versions. No real daemon is started."""

import asyncio
import contextlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tercet_shared import discovery
from tercet_shared.daemon_lock import DaemonLock
from tercet_shared.discovery import DaemonRecord, ensure_daemon, home, read_record, write_record
from tercet_shared.errors import DaemonUnavailable, NotWritable, VersionMismatch

VERSION = discovery.installed_version()
RECORD = DaemonRecord(os.getpid(), "0.1.0", "token", None, "127.0.0.1", 20_000, 1.5)


def test_importing_discovery_loads_the_standard_library_alone():
    code = "import sys, tercet_shared.discovery; print({'pydantic', 'httpx', 'platformdirs'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


# -- the home -----------------------------------------------------------------------------------------------------


def test_the_home_is_made_and_made_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERCET_HOME", str(tmp_path / "deep" / "home"))
    assert home() == tmp_path / "deep" / "home"
    assert stat.S_IMODE(home().stat().st_mode) == 0o700
    home().chmod(0o755)
    assert stat.S_IMODE(home().stat().st_mode) == 0o700


def test_without_a_choice_the_home_is_the_systems_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TERCET_HOME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home().is_relative_to(tmp_path)
    assert home().name == "tercet"


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TERCET_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(NotWritable, match="Set TERCET_HOME"):
        home()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_home_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    os.chown(tmp_path, 12345, 12345)
    monkeypatch.setenv("TERCET_HOME", str(tmp_path))
    with pytest.raises(NotWritable, match="another user"):
        home()


# -- the record ---------------------------------------------------------------------------------------------------


def test_a_record_is_private_and_read_as_it_was_written(tmp_path: Path):
    write_record(RECORD, tmp_path)
    assert read_record(tmp_path) == RECORD
    assert stat.S_IMODE((tmp_path / "daemon.json").stat().st_mode) == 0o600
    write_record(replace(RECORD, port=20_001), tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["daemon.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        json.dumps(asdict(RECORD) | {"pid": "1"}).encode(),
        json.dumps(asdict(RECORD) | {"port": None}).encode(),
        json.dumps(asdict(RECORD) | {"more": 1}).encode(),
    ],
)
def test_a_damaged_record_is_none(tmp_path: Path, content: bytes):
    (tmp_path / "daemon.json").write_bytes(content)
    assert read_record(tmp_path) is None


def test_the_address_of_the_api():
    assert RECORD.base_url == "http://127.0.0.1:20000/api/v1"
    assert replace(RECORD, socket="/s").base_url == "http://tercet/api/v1"


def test_the_lock_is_held_by_one(tmp_path: Path):
    with DaemonLock(tmp_path) as one:
        assert one.acquire()
        with DaemonLock(tmp_path) as other:
            assert not other.acquire()
    with DaemonLock(tmp_path) as later:
        assert later.acquire()


# -- a daemon that runs already -----------------------------------------------------------------------------------


class OldDaemon:
    """Answers health and shutdown over TCP, as a daemon of another version would."""

    def __init__(self, folder: Path, version: str, *, idle: bool = True, pid: int | None = None) -> None:
        self.folder, self.version, self.idle = folder, version, idle
        self.pid = os.getpid() if pid is None else pid
        self.shut_down = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[DaemonRecord]:
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        port = self.server.sockets[0].getsockname()[1]
        record = DaemonRecord(os.getpid(), self.version, "token", None, "127.0.0.1", port, 1.0)
        await asyncio.to_thread(write_record, record, self.folder)
        try:
            yield record
        finally:
            self.server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Authorization: Bearer token\r\n" in head
        status, body = 200, json.dumps({"pid": self.pid}).encode()
        if b"/shutdown" in head:
            status, body = (202, b"") if self.idle else (409, b"{}")
            self.shut_down = self.idle
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        writer.close()
        if self.shut_down:
            self.server.close()
            await asyncio.to_thread((self.folder / "daemon.json").unlink, missing_ok=True)


async def test_a_daemon_that_answers_is_taken(tercet_home: Path):
    async with OldDaemon(tercet_home, VERSION).running() as record:
        assert await ensure_daemon(start=False) == record


async def test_without_a_daemon_and_without_starting_one_it_is_told(tercet_home: Path):
    with pytest.raises(DaemonUnavailable, match="tercet daemon start"):
        await ensure_daemon(start=False)


async def test_a_stale_record_is_no_daemon(tercet_home: Path):
    await asyncio.to_thread(write_record, RECORD, tercet_home)
    with pytest.raises(DaemonUnavailable):
        await ensure_daemon(start=False)


async def test_another_program_on_the_port_is_no_daemon(tercet_home: Path):
    async with OldDaemon(tercet_home, VERSION, pid=1).running():
        with pytest.raises(DaemonUnavailable):
            await ensure_daemon(start=False)


async def test_an_older_idle_daemon_is_made_to_end(tercet_home: Path):
    old = OldDaemon(tercet_home, "0.0.1")
    async with old.running():
        with pytest.raises(DaemonUnavailable, match="does not run"):
            await ensure_daemon(start=False)
    assert old.shut_down


async def test_an_older_busy_daemon_is_left_alone(tercet_home: Path):
    async with OldDaemon(tercet_home, "0.0.1", idle=False).running():
        with pytest.raises(VersionMismatch, match=r"0\.0\.1.*busy.*tercet daemon stop"):
            await ensure_daemon()


async def test_a_newer_daemon_is_left_alone(tercet_home: Path):
    newer = OldDaemon(tercet_home, "99.0.0")
    async with newer.running():
        with pytest.raises(VersionMismatch, match="Update this client"):
            await ensure_daemon()
    assert not newer.shut_down


async def test_a_daemon_that_cannot_start_tells_why(tercet_home: Path, monkeypatch: pytest.MonkeyPatch):
    (tercet_home / "daemon.lock").mkdir()
    with pytest.raises(DaemonUnavailable, match=r"ended at its start \(exit code 1\).*daemon\.lock"):
        await ensure_daemon(deadline_s=30)
