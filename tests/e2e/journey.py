"""The steps that every end-to-end test takes: start a real daemon, trust a project, run, wait, look."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tercet_shared import discovery
from tercet_shared.client import DaemonClient
from tercet_shared.errors import TercetError
from tercet_shared.events import Event
from tercet_shared.ids import RunId, new_client_id
from tercet_shared.proposals import Proposal
from tercet_shared.runs import RESTING_STATES, Intent, Run, RunRequest, Target
from tercet_shared.workspaces import Trust, Workspace, WorkspaceRequest

RUN_DEADLINE_S = 90.0


@dataclass
class RealDaemon:
    """A daemon process that the test may kill and start again; `client` talks to the one that runs now."""

    home: Path
    process: asyncio.subprocess.Process | None = None
    clients: list[DaemonClient] = field(default_factory=list)

    async def start(self, **environment: str) -> DaemonClient:
        before = await asyncio.to_thread(discovery.read_record)
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tercet_server", env={**os.environ, **environment}, start_new_session=True
        )
        async with asyncio.timeout(30):
            while True:
                record = await asyncio.to_thread(discovery.read_record)
                if record is not None and record != before and record.pid == self.process.pid:
                    client = DaemonClient(record)
                    self.clients.append(client)
                    if await _answers(client):
                        return client
                assert self.process.returncode is None, "the daemon ended while starting"
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> None:
        for client in self.clients:
            await client.aclose()
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 10)
            except TimeoutError:
                await self.kill()


async def _answers(client: DaemonClient) -> bool:
    try:
        await client.health()
    except TercetError:
        return False
    return True


BROKEN_SHOP = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n\n[tool.pytest.ini_options]\npythonpath = ["."]\n',
    "shop/__init__.py": "",
    "shop/discount.py": (
        "def rate(quantity):\n"
        '    """Ten per cent from ten pieces on."""\n'
        "    if quantity > 10:\n"
        "        return 10\n"
        "    return 0\n"
    ),
    "shop/cart.py": (
        "from shop.discount import rate\n"
        "\n"
        "\n"
        "def total(price, quantity):\n"
        "    return price * quantity * (100 - rate(quantity)) // 100\n"
    ),
    "tests/test_cart.py": (
        "import pytest\n"
        "\n"
        "from shop.cart import total\n"
        "\n"
        "\n"
        '@pytest.mark.parametrize(("quantity", "expected"), [(1, 100), (9, 900), (10, 900), (11, 990), (20, 1800)])\n'
        "def test_total(quantity, expected):\n"
        "    assert total(100, quantity) == expected\n"
    ),
}
"""A project with one boundary bug in a module that the failing assertion does not name."""

FIXED_LINE = "    if quantity >= 10:\n"


async def trusted(client: DaemonClient, root: Path) -> Workspace:
    """Registers and trusts a workspace."""
    return await client.register_workspace(WorkspaceRequest(root=str(root), trust=Trust.TRUSTED))


async def start_fix(client: DaemonClient, workspace: Workspace, *tests: str, deadline_s: float = RUN_DEADLINE_S) -> Run:
    return await client.start_run(
        RunRequest(
            workspace_id=workspace.id,
            intent=Intent.FIX,
            target=Target(tests=list(tests)),
            client_id=new_client_id(),
            deadline_s=deadline_s,
        )
    )


async def until_resting(client: DaemonClient, run_id: RunId, timeout_s: float = RUN_DEADLINE_S) -> Run:
    """Waits until the run has ended or waits for the user."""
    async with asyncio.timeout(timeout_s):
        while True:
            run = await client.run(run_id)
            if run.state in RESTING_STATES:
                return run
            await asyncio.sleep(0.05)


async def proposal_of(client: DaemonClient, run: Run) -> Proposal:
    assert run.proposal_id is not None, f"{run.state}: {run.answer or run.problem}"
    return await client.proposal(run.proposal_id)


def assert_contiguous(events: list[Event]) -> None:
    """Within a run, `n` counts from one without a gap or a double, in the order of `seq`."""
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert [event.seq for event in events] == sorted({event.seq for event in events})
