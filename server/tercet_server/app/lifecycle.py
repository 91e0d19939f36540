"""The life of the daemon's process: listen, publish the record, serve, end on a signal, a request or for lack of use.

Knows no endpoint and no run. The caller holds the daemon's lock.
"""

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from tercet_shared import discovery
from tercet_shared.discovery import DaemonRecord

from tercet_server.api import Access, DaemonState
from tercet_server.app.endpoint import Endpoint, listen
from tercet_server.app.wiring import create_app
from tercet_server.config import Settings
from tercet_server.telemetry import LogFile

LOG = logging.getLogger(__name__)

STREAMS_END_S = 1
"""Requests and streams may take this long to end once the daemon stops."""

STOP_DEADLINE_S = 4.5
"""Whatever still holds the process up after this is left behind: the ledger is durable at any instant."""

KEEP_ALIVE_S = 75
"""Longer than any client of ours keeps an idle connection, so that none is closed under a request."""

LOOK_S = 5.0


def run(settings: Settings, problems: Sequence[str], home: Path) -> None:
    """Serves until the end of the daemon. Blocks the thread; sets the process's signal handlers."""
    gc.set_threshold(
        10_000, 20
    )  # a full collection stops all threads for 0.1 s, and hardly anything here goes in circles
    token = secrets.token_urlsafe(32)
    with LogFile(home / discovery.LOG_NAME, settings.daemon.log_level, secrets=[token]):
        for problem in problems:
            LOG.warning("configuration: %s", problem)
        endpoint = listen(settings.daemon, home)
        access = Access.over_socket(token) if endpoint.path else Access.over_tcp(token, endpoint.port or 0)
        app = create_app(settings, home, access=access, problems=problems)
        with _published(endpoint, home, token) as withdraw:
            asyncio.run(_serve(app, endpoint, withdraw, settings.daemon.idle_exit_s))
        LOG.info("ended")


async def _serve(app: FastAPI, endpoint: Endpoint, withdraw: "_Withdraw", idle_exit_s: float) -> None:
    state: DaemonState = app.state.daemon
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        loop="asyncio",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STREAMS_END_S,
    )
    server = _Server(config, state)
    with _signals_stop(state):
        async with _ending(server, withdraw), _watching(state, idle_exit_s, withdraw):
            await server.serve(sockets=[endpoint.listener])


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves the process's signals to us and ends the event streams before it waits for them."""

    def __init__(self, config: uvicorn.Config, state: DaemonState) -> None:
        super().__init__(config)
        self.state = state

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.state.end_streams()
        await super().shutdown(sockets)


@contextlib.contextmanager
def _published(endpoint: Endpoint, home: Path, token: str) -> Iterator["_Withdraw"]:
    """While inside, clients find the daemon by its record."""
    version = discovery.installed_version()
    record = DaemonRecord(os.getpid(), version, token, endpoint.path, endpoint.host, endpoint.port, time.time())
    discovery.write_record(record, home)
    LOG.info("listening on %s", endpoint.path or f"{endpoint.host}:{endpoint.port}")
    withdraw = _Withdraw(record, endpoint, home)
    try:
        yield withdraw
    finally:
        withdraw()


class _Withdraw:
    """Takes the record back, so that no new client finds a daemon that ends. The second call does nothing."""

    def __init__(self, record: DaemonRecord, endpoint: Endpoint, home: Path) -> None:
        self._record = record
        self._endpoint = endpoint
        self._home = home

    def is_published(self) -> bool:
        return discovery.read_record(self._home) == self._record

    def __call__(self) -> None:
        if self.is_published():
            with contextlib.suppress(OSError):
                (self._home / discovery.RECORD_NAME).unlink()
        with contextlib.suppress(OSError):
            self._endpoint.withdraw()


@contextlib.contextmanager
def _signals_stop(state: DaemonState) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop(number: int, _: FrameType | None) -> None:
        LOG.info("stopping on %s", signal.Signals(number).name)
        loop.call_soon_threadsafe(state.stopping.set)

    before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.asynccontextmanager
async def _ending(server: _Server, withdraw: _Withdraw) -> AsyncIterator[None]:
    """Ends the server once the daemon is to stop, and the process even if something holds it up."""

    async def end() -> None:
        await server.state.stopping.wait()
        deadline = threading.Timer(STOP_DEADLINE_S, os._exit, [0])
        deadline.daemon = True
        deadline.start()
        await asyncio.to_thread(withdraw)
        server.should_exit = True

    async with _background(end(), "end"):
        yield


@contextlib.asynccontextmanager
async def _watching(state: DaemonState, idle_exit_s: float, withdraw: _Withdraw) -> AsyncIterator[None]:
    """Stops the daemon once nobody uses it, or nobody can find it any more because its home has vanished."""

    async def watch() -> None:
        while True:
            if await state.active_runs() != 0:
                state.presence.touch()
            left_s = idle_exit_s - state.presence.idle_s()
            published = await asyncio.to_thread(withdraw.is_published)
            if left_s <= 0 or not published:
                LOG.info("stopping: %s", f"no use for {idle_exit_s:g} s" if published else "the record has vanished")
                state.stopping.set()
                return
            await asyncio.sleep(min(left_s + 0.01, LOOK_S))

    async with _background(watch(), "watch idleness"):
        yield


@contextlib.asynccontextmanager
async def _background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Runs `work` beside the body and cancels it at the body's end."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
