"""A registered workspace, and small mounts for what only the system can refuse."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
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


@pytest.fixture
def mount() -> Iterator[Callable[..., Path]]:
    """Mounts a small file system in memory; skips where that is not allowed."""
    mounted: list[Path] = []

    def make(folder: Path, options: str = "size=64k") -> Path:
        if sys.platform != "linux" or os.geteuid() != 0:
            pytest.skip("only root may mount")
        folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("this container may not mount")
        mounted.append(folder)
        return folder

    yield make
    for folder in reversed(mounted):
        subprocess.run(["umount", str(folder)], check=True)
