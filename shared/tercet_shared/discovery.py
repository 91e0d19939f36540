"""Finds the user's daemon, and starts one if there is none: the home folder, the record of the running daemon, the start.

The daemon writes the record while it holds its lock; whether a record still holds is asked of the daemon itself, never
concluded from a process id. Standard library only at import: the language server loads this on its way to its first answer.
"""

import asyncio
import contextlib
import functools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tercet_shared.errors import DaemonUnavailable, NotWritable, VersionMismatch

API_PREFIX = "/api/v1"
RECORD_NAME = "daemon.json"
LOG_NAME = "daemon.log"

ANSWER_DEADLINE_S = 5.0
"""How long a daemon that accepts connections may take to answer before it counts as hung."""

POLL_S = 0.02
"""Between two looks for the record of a daemon that is starting."""

START_AGAIN_S = 3.0
"""A daemon that is on its way out may make a starting one give up: after this long another is started."""


@dataclass(frozen=True)
class DaemonRecord:
    """How to reach one running daemon: by `socket`, or by `host` and `port` where there is none."""

    pid: int
    version: str
    token: str
    socket: str | None
    host: str
    port: int | None
    started_at: float
    """Seconds since the epoch."""

    @property
    def base_url(self) -> str:
        """The root of the API. Over a socket the host part is a mere name; connect to `socket` instead."""
        authority = "tercet" if self.socket else f"{self.host}:{self.port}"
        return f"http://{authority}{API_PREFIX}"


def home() -> Path:
    """The user's folder for the daemon's state (`TERCET_HOME`, else the system's place), made private if need be.

    Raises NotWritable where it cannot be made or belongs to somebody else.
    """
    chosen = os.environ.get("TERCET_HOME")
    folder = Path(chosen).expanduser().absolute() if chosen else _platform_home()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private(folder)
    except OSError as error:
        raise NotWritable(
            f"Tercet's home {folder} cannot be made ({error.strerror}). Set TERCET_HOME to a folder that you can write.",
            path=str(folder),
        ) from error
    return folder


def read_record(folder: Path | None = None) -> DaemonRecord | None:
    """What the last daemon wrote about itself, whether or not it still runs; None if nothing readable is there."""
    try:
        fields = json.loads(((folder or home()) / RECORD_NAME).read_bytes())
        return _checked(DaemonRecord(**fields))
    except (OSError, ValueError, TypeError):
        return None


def write_record(record: DaemonRecord, folder: Path) -> None:
    """Publishes a daemon (atomically, readable by its owner alone). Only the holder of the daemon's lock may."""
    draft = folder / f".{RECORD_NAME}.{record.pid}"
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(record), file)
    draft.replace(folder / RECORD_NAME)


@functools.cache
def installed_version() -> str:
    """The version of Tercet that this process runs. The first call reads the disk."""
    from importlib import metadata  # noqa: PLC0415  # 20 ms that a start-up need not pay

    return metadata.version("tercet")


async def ensure_daemon(*, start: bool = True, deadline_s: float = 15.0) -> DaemonRecord:
    """The record of a daemon that answers and fits this client; starts one where none runs (unless `start` is False).

    An older daemon that is idle is restarted. Raises DaemonUnavailable, and VersionMismatch where the daemon is newer,
    or older and busy. Clients that start at once end with the same daemon: the others give up at its lock.
    """
    folder = await asyncio.to_thread(home)
    deadline = time.monotonic() + deadline_s
    record = await _live(folder)
    if record is not None and not await _fits(record):
        await _retire(record, folder, deadline)
        record = None
    if record is not None:
        return record
    if not start:
        raise DaemonUnavailable("The Tercet daemon does not run. Start it with `tercet daemon start`.")
    return await _start(folder, deadline)


async def is_live(record: DaemonRecord) -> bool:
    """Whether the daemon of this record, and no other program in its place, answers."""
    return await _health(record) is not None


# -- start --------------------------------------------------------------------------------------------------------


async def _start(folder: Path, deadline: float) -> DaemonRecord:
    process = await asyncio.to_thread(_spawn, folder)
    started = time.monotonic()
    while time.monotonic() < deadline:
        record = await _live(folder)
        if record is not None and await _fits(record):
            return record
        if process.poll() not in (None, 0):
            raise DaemonUnavailable(await asyncio.to_thread(_why_it_ended, folder, process.returncode))
        if process.poll() == 0 and time.monotonic() - started > START_AGAIN_S:
            process = await asyncio.to_thread(_spawn, folder)
            started = time.monotonic()
        await asyncio.sleep(POLL_S)
    raise DaemonUnavailable(
        f"The Tercet daemon was started but does not answer. Its log is {folder / LOG_NAME}; `tercet doctor` says more."
    )


def _spawn(folder: Path) -> "subprocess.Popen[bytes]":
    """Starts a daemon that outlives this process, its terminal and its process group."""
    try:
        log = os.open(folder / LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise DaemonUnavailable(f"The daemon's log cannot be opened ({error}). Make {folder} writable.") from error
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tercet_server"],
            cwd=folder,
            env={**os.environ, "TERCET_HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Windows has no sessions and takes no notice
            creationflags=_creation_flags(),
        )
    except OSError as error:
        raise DaemonUnavailable(f"The Tercet daemon cannot be started ({error}). Reinstall Tercet.") from error
    finally:
        os.close(log)
    threading.Thread(target=process.wait, name="tercet-daemon-reaper", daemon=True).start()
    return process


def _creation_flags() -> int:
    """What detaches a process on Windows; nothing elsewhere."""
    if sys.platform == "win32":
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def _why_it_ended(folder: Path, exit_code: int) -> str:
    try:
        lines = (folder / LOG_NAME).read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    last = f": {lines[-1][:300]}" if lines else ""
    return f"The Tercet daemon ended at its start (exit code {exit_code}){last}. Its log is {folder / LOG_NAME}."


# -- versions -----------------------------------------------------------------------------------------------------


async def _fits(record: DaemonRecord) -> bool:
    return _release(record.version) == _release(await asyncio.to_thread(installed_version))


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


async def _retire(record: DaemonRecord, folder: Path, deadline: float) -> None:
    """Makes an older, idle daemon end; says what to do where it is newer or busy."""
    mine = await asyncio.to_thread(installed_version)
    if _release(record.version) > _release(mine):
        raise VersionMismatch(
            f"The running daemon is Tercet {record.version}, this client is {mine}. Update this client or restart the "
            "editor it belongs to; or stop the daemon with `tercet daemon stop`."
        )
    try:
        status, _ = await _request(record, "POST", "/shutdown", b'{"if_idle": true}')
    except (OSError, EOFError):
        return
    if status == 409:
        raise VersionMismatch(
            f"The running daemon is Tercet {record.version}, this client is {mine}, and the daemon is busy. Wait for its "
            "runs to end and close the other editors, or stop it with `tercet daemon stop`."
        )
    while await is_live(record):
        if time.monotonic() > deadline:
            raise DaemonUnavailable(f"The daemon of Tercet {record.version} does not end. Stop process {record.pid}.")
        await asyncio.sleep(POLL_S)


# -- one HTTP request, without an HTTP library ----------------------------------------------------------------------


async def _live(folder: Path) -> DaemonRecord | None:
    record = await asyncio.to_thread(read_record, folder)
    return record if record is not None and await is_live(record) else None


async def _health(record: DaemonRecord) -> dict[str, Any] | None:
    try:
        status, body = await _request(record, "GET", "/health")
        health = json.loads(body) if status == 200 else None
    except (OSError, EOFError, ValueError, TimeoutError):
        return None
    return health if isinstance(health, dict) and health.get("pid") == record.pid else None


async def _request(record: DaemonRecord, method: str, endpoint: str, body: bytes = b"") -> tuple[int, bytes]:
    async with asyncio.timeout(ANSWER_DEADLINE_S), _connection(record) as (reader, writer):
        host = "tercet" if record.socket else f"{record.host}:{record.port}"
        head = (
            f"{method} {API_PREFIX}{endpoint} HTTP/1.1",
            f"Host: {host}",
            f"Authorization: Bearer {record.token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        writer.write("\r\n".join((*head, "", "")).encode("ascii") + body)
        await writer.drain()
        answer = await reader.read()
    status_line, _, rest = answer.partition(b"\r\n")
    _, _, content = rest.partition(b"\r\n\r\n")
    return int(status_line.split()[1]) if status_line.startswith(b"HTTP/1.") else 0, content


@contextlib.asynccontextmanager
async def _connection(record: DaemonRecord) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    if record.socket and sys.platform != "win32":
        reader, writer = await asyncio.open_unix_connection(record.socket)
    else:
        reader, writer = await asyncio.open_connection(record.host, record.port)
    try:
        yield reader, writer
    finally:
        writer.close()


# -- parts --------------------------------------------------------------------------------------------------------


def _platform_home() -> Path:
    from platformdirs import user_state_path  # noqa: PLC0415  # only where nothing was chosen

    return user_state_path("tercet")


def _make_private(folder: Path) -> None:
    if sys.platform == "win32":
        return
    status = folder.stat()
    if status.st_uid != os.geteuid():
        raise PermissionError(1, "it belongs to another user")
    if status.st_mode & 0o077:
        folder.chmod(0o700)


def _checked(record: DaemonRecord) -> DaemonRecord:
    """Refuses a damaged record by TypeError: what is read from a file is only as good as its types."""
    wanted: dict[str, type] = {"pid": int, "version": str, "token": str, "host": str, "started_at": float}
    sound = all(isinstance(getattr(record, name), kind) for name, kind in wanted.items())
    if not sound or not (isinstance(record.socket, str) or isinstance(record.port, int)):
        raise TypeError("the daemon's record is damaged")
    return record
