"""Tiny projects on disk, and the strongest sandbox there is here to run their tests in."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from textwrap import dedent

import pytest
from tercet_server.checks import CheckRunner, PytestSession, PytestTests
from tercet_server.config import SandboxSettings
from tercet_server.context import PythonContext
from tercet_server.ports import Limits, Sandbox
from tercet_server.sandbox import choose
from tercet_shared.workspaces import Interpreter

from tests.doubles.folder_copy import FolderCopy

MakeCopy = Callable[[Mapping[str, str]], FolderCopy]
OpenSession = Callable[..., AbstractAsyncContextManager[PytestSession]]


@pytest.fixture
def interpreter() -> Interpreter:
    return Interpreter(path=sys.executable, source="tercet")


@pytest.fixture
async def sandbox() -> Sandbox:
    return await choose(SandboxSettings(minimum="none"))


@pytest.fixture
def make_copy(tmp_path: Path) -> MakeCopy:
    """Writes a project (path → indented source) and copies it; the project itself stays in `tmp_path / "original"`."""

    def make(files: Mapping[str, str]) -> FolderCopy:
        original = tmp_path / "original"
        original.mkdir()
        for path, source in files.items():
            file = original / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(source), "utf-8")
        return FolderCopy(original, tmp_path / "copy")

    return make


@pytest.fixture
def open_session(sandbox: Sandbox, make_copy: MakeCopy, interpreter: Interpreter) -> OpenSession:
    """A session on a project; `limits` are those of a worker."""

    @asynccontextmanager
    async def opened(
        files: Mapping[str, str], *, workers: int = 1, limits: Limits | None = None
    ) -> AsyncIterator[PytestSession]:
        tests = PytestTests(sandbox, limits)
        async with tests.session(make_copy(files), interpreter, workers) as session:
            yield session

    return opened


@pytest.fixture
def runner(sandbox: Sandbox) -> CheckRunner:
    return CheckRunner(sandbox, PytestTests(sandbox), PythonContext())
