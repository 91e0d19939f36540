"""The daemon's API over real HTTP in the test's own loop: real ledger, workspaces and runs; tests and checks are toys."""

import asyncio
import contextlib
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI
from tercet_server.api import Access, DaemonState, Services, build_api
from tercet_server.app.model_reports import report_models
from tercet_server.config import Settings
from tercet_server.context import CodeService, JediAnalysis
from tercet_server.ledger import SqlLedger
from tercet_server.runs import (
    Applier,
    EventHub,
    FindingBoard,
    Learning,
    Places,
    RunParts,
    RunService,
    SystemClock,
    Understanding,
)
from tercet_server.sandbox import SandboxService
from tercet_server.workspace import WorkspaceService
from tercet_shared.client import DaemonClient
from tercet_shared.daemon import Diagnosis, DoctorReport, Grade
from tercet_shared.discovery import DaemonRecord
from tercet_shared.ids import WorkspaceId

from tests.doubles.function_tests import CoverageContext, FunctionChecker, FunctionTests, ReplacingProposer
from tests.doubles.plain_sandbox import PlainSandbox

REPAIRS = [("calc.py", "a - b", "a * b"), ("calc.py", "a - b", "a + b")]

TOY: Mapping[str, str] = {
    "calc.py": "def add(a, b):\n    return a - b\n",
    "test_calc.py": (
        'def test_add(load):\n    assert load("calc.py").add(2, 3) == 5\n\n\n'
        'def test_add_nothing(load):\n    assert load("calc.py").add(2, 0) == 2\n'
    ),
}
"""A project that `REPAIRS` can repair."""


def write_toy(root: Path, files: Mapping[str, str] = TOY) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name).write_text(text)
    return root


async def assemble_toys(home: Path) -> Services:
    """What `app.assembly` does, with toys where project code would run."""
    opened = AsyncExitStack()
    try:
        return await _assemble(home, opened)
    except BaseException:
        await opened.aclose()
        raise


async def _assemble(home: Path, opened: AsyncExitStack) -> Services:
    clock, settings, hub = SystemClock(), Settings(), EventHub()
    ledger = await SqlLedger.open(home / "ledger.sqlite", clock, on_commit=hub.publish)
    opened.push_async_callback(ledger.close)
    workspaces = WorkspaceService(home / "workspaces", home / "cache", settings)
    checker = FunctionChecker()
    board = FindingBoard(hub, workspaces, checker, pause_s=0.01)
    opened.push_async_callback(board.close)
    applier = Applier(ledger, workspaces, board, clock)
    opened.push_async_callback(applier.close)
    analysis = JediAnalysis(home / "cache" / "jedi")
    opened.push_async_callback(analysis.close)
    code = CodeService(home / "cache" / "index", workspaces, analysis)
    opened.push_async_callback(code.close)
    proposers = [ReplacingProposer(REPAIRS)]
    parts = RunParts(ledger, workspaces, FunctionTests(), checker, CoverageContext(), proposers, board, clock)
    parts = replace(parts, understanding=Understanding(Places(code, workspaces)))
    runs = await RunService.open(home / "workflows.sqlite", settings, parts)
    opened.push_async_callback(runs.close)

    desk = SandboxService(settings.sandbox, PlainSandbox())
    opened.push_async_callback(desk.close)

    async def doctor(workspace_id: WorkspaceId | None) -> DoctorReport:
        if workspace_id is not None:
            await workspaces.get(workspace_id)
        return DoctorReport(version="1", diagnoses=[Diagnosis(topic="toy", grade=Grade.OK, found="yes")])

    models = partial(report_models, None, ledger, settings.budget, clock)
    return Services(
        ledger,
        hub,
        workspaces,
        runs,
        applier,
        board,
        code,
        Learning(ledger, ledger, workspaces),
        desk,
        doctor,
        models,
        opened.aclose,
    )


@dataclass
class RunningApi:
    app: FastAPI
    state: DaemonState
    record: DaemonRecord
    http: httpx.AsyncClient
    """Sends the token and a proper Host unless told otherwise."""
    client: DaemonClient

    async def services(self) -> Services:
        return await self.state.services()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def toy_app(home: Path, token: str = "secret-token-of-this-test", port: int | None = None) -> FastAPI:
    async def assemble() -> Services:
        return await assemble_toys(home)

    access = Access.over_tcp(token, port) if port else Access.over_socket(token)
    return build_api(DaemonState("0.1.0", assemble), access)


@asynccontextmanager
async def running_api(*, tcp: bool = False) -> AsyncIterator[RunningApi]:
    token = secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory(prefix="tercet-", ignore_cleanup_errors=True) as folder:
        listener = _listener(folder, tcp)
        port = listener.getsockname()[1] if tcp else None
        app = toy_app(Path(folder), token, port)
        config = uvicorn.Config(app, log_config=None, lifespan="on", ws="none", timeout_graceful_shutdown=1)
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        record = DaemonRecord(1, "0.1.0", token, None if tcp else f"{folder}/api.sock", "127.0.0.1", port, 0.0)
        transport = httpx.AsyncHTTPTransport(uds=record.socket)
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with (
                httpx.AsyncClient(transport=transport, base_url=record.base_url, headers=headers) as http,
                DaemonClient(record) as client,
            ):
                await client.health()
                yield RunningApi(app, app.state.daemon, record, http, client)
        finally:
            app.state.daemon.end_streams()
            server.should_exit = True
            await serving


def _listener(folder: str, tcp: bool) -> socket.socket:
    listener = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
    listener.bind(("127.0.0.1", 0) if tcp else f"{folder}/api.sock")
    listener.listen()
    return listener
