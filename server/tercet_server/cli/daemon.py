"""The commands about the daemon: start, stop, status, logs."""

import asyncio
import time
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tercet_shared import discovery
from tercet_shared.client import DaemonClient
from tercet_shared.daemon import Health
from tercet_shared.discovery import DaemonRecord
from tercet_shared.errors import DaemonUnavailable, InvalidRequest

from tercet_server.cli.exits import Exit
from tercet_server.cli.terminal import Terminal

STOP_DEADLINE_S = 15.0
POLL_S = 0.05
LOG_LINES = 200


async def start(terminal: Terminal) -> Exit:
    record = await discovery.ensure_daemon()
    return await _report(record, terminal)


async def status(terminal: Terminal) -> Exit:
    record = await asyncio.to_thread(discovery.read_record)
    if record is None or not await discovery.is_live(record):
        terminal.show("The daemon does not run. It starts by itself when it is needed, or with `tercet daemon start`.")
        terminal.document({"running": False})
        return Exit.DAEMON
    return await _report(record, terminal)


async def stop(if_idle: bool, terminal: Terminal) -> Exit:
    """Asks the daemon to end and waits until it has: unfinished runs resume with the next one."""
    record = await asyncio.to_thread(discovery.read_record)
    if record is None or not await discovery.is_live(record):
        terminal.show("The daemon does not run.")
        terminal.document({"running": False})
        return Exit.OK
    async with DaemonClient(record) as client:
        await client.shutdown(if_idle=if_idle)
    deadline = time.monotonic() + STOP_DEADLINE_S
    while await discovery.is_live(record):
        if time.monotonic() > deadline:
            raise DaemonUnavailable(
                f"The daemon (process {record.pid}) was asked to stop but still answers. See `tercet daemon logs`."
            )
        await asyncio.sleep(POLL_S)
    terminal.show("The daemon has stopped. Unfinished runs resume when it starts again.")
    terminal.document({"running": False})
    return Exit.OK


async def logs(follow: bool, lines: int, terminal: Terminal) -> Exit:
    """The end of the daemon's log; `follow` goes on until Ctrl-C."""
    path = await asyncio.to_thread(discovery.home) / discovery.LOG_NAME
    if follow and terminal.as_json:
        raise InvalidRequest("`--json` prints one document, so it cannot follow. Leave out one of --json and --follow.")
    if not path.exists():
        raise DaemonUnavailable(
            f"There is no log at {path} yet: no daemon has run. Start one with `tercet daemon start`."
        )
    last, position = _tail(path, lines)
    for line in last:
        terminal.show(_plain(line))
    terminal.document({"path": str(path), "lines": last})
    while follow:
        await asyncio.sleep(POLL_S)
        position = _print_new(path, position, terminal)
    return Exit.OK


def _tail(path: Path, lines: int) -> tuple[list[str], int]:
    with path.open("rb") as log:
        last = deque((line.decode("utf-8", "replace").rstrip("\n") for line in log), maxlen=lines)
        return list(last), log.tell()


def _print_new(path: Path, position: int, terminal: Terminal) -> int:
    """Prints what was written after `position`; starts over if the log was replaced by a shorter one."""
    size = path.stat().st_size if path.exists() else 0
    if size <= position:
        return min(size, position)
    with path.open("rb") as log:
        log.seek(position)
        for line in log.read().decode("utf-8", "replace").splitlines():
            terminal.show(_plain(line))
        return log.tell()


def _plain(line: str) -> Any:
    from rich.text import Text

    from tercet_server.cli.terminal import printable

    return Text(printable(line))


async def _report(record: DaemonRecord, terminal: Terminal) -> Exit:
    async with DaemonClient(record) as client:
        health = await client.health()
    terminal.show(_described(record, health))
    known = {key: value for key, value in asdict(record).items() if key != "token"}
    terminal.document({"running": True, **known, **health.model_dump()})
    return Exit.OK


def _described(record: DaemonRecord, health: Health) -> str:
    where = record.socket or f"{record.host}:{record.port}"
    return (
        f"Tercet {health.version} runs as process {health.pid} at {where}, since {health.uptime_s:.0f} s.\n"
        f"Active runs: {health.active_runs}. Connected editors: {health.clients}."
    )
