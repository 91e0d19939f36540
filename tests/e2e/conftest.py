"""What every end-to-end test stands on: a real daemon process in a private home, real projects on disk."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from tercet_shared.client import DaemonClient

from tests.e2e.journey import RealDaemon


@pytest.fixture
async def daemon(tercet_home: Path) -> AsyncIterator[RealDaemon]:
    running = RealDaemon(tercet_home)
    yield running
    await running.stop()


@pytest.fixture
async def client(daemon: RealDaemon) -> DaemonClient:
    return await daemon.start()


@pytest.fixture
def project(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Makes a project of the given files (path → text or bytes) and returns its root."""

    def make(files: Mapping[str, str | bytes], name: str = "project") -> Path:
        root = tmp_path / name
        root.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return make
