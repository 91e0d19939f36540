"""Projects of other languages, and one cache of Go's compiled standard library for all tests, for compiling it is slow."""

import asyncio
import fcntl
import shutil
import subprocess
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


@pytest.fixture(scope="session")
def compiled_go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the standard library compiled, kept in the virtual environment for the next session of tests."""
    folder, cache = tmp_path_factory.mktemp("go"), Path(sys.prefix) / "go-cache"
    imports = "\n".join(f'\t_ "{name}"' for name in ("errors", "fmt"))
    (folder / "go.mod").write_text("module warm\n")
    (folder / "warm_test.go").write_text(
        f'package warm\n\nimport (\n{imports}\n\t"testing"\n)\n\nfunc TestX(t *testing.T) {{}}\n'
    )
    path = "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": str(folder), "GOCACHE": str(cache), "GOTELEMETRY": "off"}
    version = subprocess.run(["go", "version"], env=environment, check=True, capture_output=True, timeout=60).stdout
    with Path(f"{cache}.lock").open("w") as lock:  # the tests may run in several processes
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = Path(f"{cache}.done")
        if not done.exists() or done.read_bytes() != version or not cache.is_dir():
            for options in (["."], ["-c", "-cover", "-o", "/dev/null", "."]):
                command = ["go", "test", "-vet=off", *options]
                subprocess.run(command, cwd=folder, env=environment, check=True, timeout=300)
            done.write_bytes(version)
    return cache


@pytest.fixture
def warm_go(tmp_path: Path, compiled_go: Path) -> Callable[[FolderCopy], Awaitable[None]]:
    """Gives the workspace of a copy a cache in which the standard library is compiled."""

    async def warm(copy: FolderCopy) -> None:
        cache = await asyncio.to_thread(cache_of, tmp_path / "caches", copy.original, copy.root)
        await asyncio.to_thread(shutil.copytree, compiled_go, cache / "go-build")

    return warm
