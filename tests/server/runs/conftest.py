"""The parts of runs over a toy project, with a real ledger and real durable workflows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tercet_server.agents import ModelPlanner, Reviewer
from tercet_server.config import Settings
from tercet_server.ledger import SqlLedger
from tercet_server.ports import Checker, Model, Proposer
from tercet_server.runs import Applier, EventHub, FindingBoard, RunParts, RunService, SystemClock
from tercet_shared.events import Event
from tercet_shared.ids import RunId, new_client_id
from tercet_shared.runs import RESTING_STATES, Intent, Run, RunRequest, Target

from tests.doubles.folder_workspaces import FolderWorkspaces
from tests.doubles.function_tests import CoverageContext, FunctionChecker, FunctionTests, ReplacingProposer

BROKEN = {
    "calc.py": "def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return a + a\n",
    "test_calc.py": (
        'def test_add(load):\n    assert load("calc.py").add(2, 3) == 5\n\n\n'
        'def test_add_nothing(load):\n    assert load("calc.py").add(2, 0) == 2\n\n\n'
        'def test_double(load):\n    assert load("calc.py").double(4) == 8\n'
    ),
}
"""One operator is wrong; one test shows it."""

REPAIRS = [("calc.py", "a - b", "a * b"), ("calc.py", "a - b", "a + b")]


def write_project(root: Path, files: dict[str, str]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name).write_bytes(text.encode())
    return root


@dataclass
class World:
    """Everything that a run needs, over one folder."""

    root: Path
    home: Path
    ledger: SqlLedger
    hub: EventHub
    workspaces: FolderWorkspaces
    tests: FunctionTests
    checker: Checker
    board: FindingBoard
    applier: Applier
    service: RunService
    client: str = field(default_factory=new_client_id)

    def request(self, intent: Intent = Intent.FIX, **target: object) -> RunRequest:
        return RunRequest(
            workspace_id=self.workspaces.workspace.id, intent=intent, target=Target.model_validate(target)
        )

    async def rested(self, run_id: RunId) -> Run:
        """The run once it has come to rest."""
        return await self.until(run_id, lambda run: run.state in RESTING_STATES)

    async def until(self, run_id: RunId, holds: Callable[[Run], bool]) -> Run:
        async with asyncio.timeout(60), self.hub.subscribe() as messages:
            run = await self.ledger.run(run_id)
            while not holds(run):
                with suppress(TimeoutError):  # a heartbeat is no event
                    await asyncio.wait_for(anext(messages), 0.1)
                run = await self.ledger.run(run_id)
            return run

    async def fixed(self, **target: object) -> Run:
        return await self.rested((await self.service.start(self.request(**target))).id)

    async def events(self, run_id: RunId) -> list[Event]:
        return await self.ledger.events(0, run_id=run_id)


@asynccontextmanager
async def opened_world(
    root: Path,
    home: Path,
    proposers: list[Proposer] | None = None,
    workspaces: FolderWorkspaces | None = None,
    settings: Settings | None = None,
    checker: Checker | None = None,
    model: Model | None = None,
) -> AsyncIterator[World]:
    hub, clock = EventHub(), SystemClock()
    ledger = await SqlLedger.open(home / "ledger.sqlite", clock, hub.publish)
    workspaces = workspaces or FolderWorkspaces(root)
    tests, checker = FunctionTests(), checker or FunctionChecker()
    board = FindingBoard(hub, workspaces, checker, pause_s=0.01)
    applier = Applier(ledger, workspaces, board, clock)
    chosen = proposers if proposers is not None else [ReplacingProposer(REPAIRS)]
    parts = RunParts(ledger, workspaces, tests, checker, CoverageContext(), chosen, board, clock)
    if model is not None:
        parts = replace(parts, planner=ModelPlanner(model, None), reviewer=Reviewer(model))
    service = await RunService.open(home / "runs.sqlite", settings or Settings(), parts)
    try:
        yield World(root, home, ledger, hub, workspaces, tests, checker, board, applier, service)
    finally:
        await service.close()
        await applier.close()
        await board.close()
        await ledger.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", BROKEN)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
async def world(project: Path, home: Path) -> AsyncIterator[World]:
    async with opened_world(project, home) as opened:
        yield opened
