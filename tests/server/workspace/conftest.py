"""A registered workspace."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tercet_server.config import Settings
from tercet_server.workspace import WorkspaceService
from tercet_shared.workspaces import WorkspaceRequest

from tests.doubles.workspace_ground import Ground


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    (tmp_path / "project").mkdir()
    state, cache = tmp_path / "state", tmp_path / "cache"
    service = WorkspaceService(state, cache, Settings())
    registered = await service.register(WorkspaceRequest(root=str(tmp_path / "project")))
    made = Ground(service, Path(registered.root), state, cache, registered.id)
    yield made
    assert made.copies() == []
