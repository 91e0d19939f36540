"""Projects of other languages, and sessions that run their tests in the strongest sandbox there is here."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from textwrap import dedent

import pytest
from tercet_server.checks import CheckRunner, WorkspaceTests
from tercet_server.checks.suites.choosing import cache_of
from tercet_server.config import SandboxSettings
from tercet_server.context import PythonContext
from tercet_server.ports import Sandbox, TestSession
from tercet_server.sandbox import choose
from tercet_shared.workspaces import Interpreter

from tests.doubles.compiled_go import lend_compiled_go
from tests.doubles.folder_copy import FolderCopy

EXAMPLES = Path(__file__).parents[4] / "examples"

Opened = Callable[..., AbstractAsyncContextManager[TestSession]]


@pytest.fixture
def interpreter() -> Interpreter:
    return Interpreter(path=sys.executable, source="tercet")


@pytest.fixture
async def sandbox() -> Sandbox:
    return await choose(SandboxSettings(minimum="none"))


@pytest.fixture
def tests(sandbox: Sandbox, tmp_path: Path) -> WorkspaceTests:
    return WorkspaceTests(sandbox, tmp_path / "caches")


@pytest.fixture
def runner(sandbox: Sandbox, tests: WorkspaceTests) -> CheckRunner:
    return CheckRunner(sandbox, tests, PythonContext())


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[..., FolderCopy]:
    """A copy of an example with some of its texts changed, or of a project given as texts alone."""

    def make(files: Mapping[str, str] = {}, example: str = "") -> FolderCopy:
        original = tmp_path / "original"
        if example:
            shutil.copytree(EXAMPLES / example, original)
        for path, text in files.items():
            (original / path).parent.mkdir(parents=True, exist_ok=True)
            (original / path).write_text(dedent(text), "utf-8")
        return FolderCopy(original, tmp_path / "copy")

    return make


@pytest.fixture
def open_tests(tests: WorkspaceTests, interpreter: Interpreter) -> Opened:
    @asynccontextmanager
    async def opened(copy: FolderCopy, about: tuple[str, ...] = (), workers: int = 1) -> AsyncIterator[TestSession]:
        async with tests.session(copy, interpreter, workers, about) as session:
            yield session

    return opened


@pytest.fixture
def warm_go(tmp_path: Path) -> Callable[[FolderCopy], Awaitable[None]]:
    """Gives the workspace of a copy a cache in which the standard library is compiled."""

    async def warm(copy: FolderCopy) -> None:
        cache = await asyncio.to_thread(cache_of, tmp_path / "caches", copy.original, copy.root)
        await asyncio.to_thread(lend_compiled_go, cache)

    return warm
