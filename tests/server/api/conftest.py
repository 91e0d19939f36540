"""The API as its clients meet it, and a toy project."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tercet_shared.workspaces import Trust, Workspace, WorkspaceRequest

from tests.doubles.running_api import RunningApi, running_api, write_toy


@pytest.fixture
async def api() -> AsyncIterator[RunningApi]:
    async with running_api() as running:
        yield running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_toy(tmp_path / "toy")


@pytest.fixture
async def workspace(api: RunningApi, root: Path) -> Workspace:
    return await api.client.register_workspace(WorkspaceRequest(root=str(root), trust=Trust.TRUSTED))
