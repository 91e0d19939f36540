"""What each sandbox adds to a plain subprocess, and what a private copy of a large repository costs.

`python -m benchmarks.sandbox [--json] [--quick] [--docker-host unix://...]`

Without `--docker-host` a private Docker engine is started where that is possible (scripts/docker_engine: root and dockerd).
"""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path

from tercet_server.config import SandboxSettings
from tercet_server.ports import Ending, Jail, Limits, Sandbox
from tercet_server.sandbox.choosing import BACKENDS
from tercet_server.sandbox.docker import Engine, Images
from tercet_server.sandbox.environment import base_environment
from tercet_server.sandbox.watchdog import Watchdog
from tercet_server.workspace.private_copy import take_copy
from tercet_shared.errors import SandboxUnavailable

from benchmarks.report import Goal, Number, Report, say

ENGINE = Path(__file__).resolve().parents[1] / "scripts" / "docker_engine"
INTERPRETER = tuple(Path(path) for path in dict.fromkeys((sys.prefix, sys.base_prefix)))
PASS = [sys.executable, "-c", "pass"]
ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_one.py"]
BETWEEN_S = 0.2
"""After a command its container is emptied, beside the next thing that its user does."""
FILES = 50_000
FILES_PER_FOLDER = 50

GOALS: dict[str, Goal] = {
    "bubblewrap_ratio": ("<=", 4.0),
    "docker_run_ms_median": ("<=", 400.0),
    "docker_exec_ms_median": ("<=", 80.0),
    "private_copy_ms_median": ("<=", 50.0),
}

Timed = Callable[[list[str]], Awaitable[float]]
"""Runs a command; milliseconds until it has ended and nothing of it is left."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="a small sample")
    options.add_argument("--docker-host", help="a Docker engine's socket, as unix://PATH")
    options.add_argument("--copies", type=int, default=3, help="private copies to make; 0 leaves them out")
    chosen = options.parse_args()
    times = 3 if chosen.quick else 20
    with _engine(chosen.docker_host) as host:
        metrics = asyncio.run(_commands(times, host))
    metrics |= asyncio.run(_private_copy(1_000 if chosen.quick else FILES, chosen.copies))
    Report("sandbox", metrics, goals=GOALS).emit(as_json=chosen.json)
    return 0


async def _commands(times: int, docker_host: str | None) -> dict[str, Number]:
    settings = SandboxSettings(docker_host=docker_host or "unix:///nonexistent")
    async with AsyncExitStack() as opened:
        copy = _project(Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="tercet-benchmark-"))) / "copy")
        ways: dict[str, Timed] = {"plain": partial(_plain, copy)}
        for name in ("process", "bubblewrap", "docker"):
            try:
                sandbox = await BACKENDS[name][1](Watchdog(), settings)
            except SandboxUnavailable as error:
                say(f"{name} is left out: {error.sentence}")
                continue
            opened.push_async_callback(sandbox.close)
            ways[f"{name}_exec" if name == "docker" else name] = partial(_in, sandbox, copy)
            if name == "docker":
                ways["docker_run"] = partial(_fresh, sandbox)
        metrics: dict[str, Number] = {}
        for command, suffix in ((PASS, ""), (PYTEST, "_pytest")):
            metrics |= await _measured(ways, command, suffix, times)
    return metrics


async def _measured(ways: Mapping[str, Timed], command: list[str], suffix: str, times: int) -> dict[str, Number]:
    """All ways take turns, so that what else the machine does meets them alike. The first of each is not counted: it warms
    the page cache, or a container."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(times + 1):
        for name, timed in ways.items():
            spent = await timed(command)
            if number:
                taken[name].append(spent)
    metrics: dict[str, Number] = {}
    for name, all_spent in taken.items():
        metrics[f"{name}{suffix}_ms_median"] = statistics.median(all_spent)
        say(f"{name}{suffix}: {statistics.median(all_spent):.0f} ms")
    for name in ways.keys() & {"process", "bubblewrap"}:
        pairs = zip(taken[name], taken["plain"], strict=True)
        metrics[f"{name}{suffix}_ratio"] = statistics.median(its / plain for its, plain in pairs)
    return metrics


async def _plain(copy: Path, command: list[str]) -> float:
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, cwd=copy, env={**base_environment("/tmp", "/tmp"), **ENVIRONMENT}, stdout=asyncio.subprocess.PIPE
    )
    await process.communicate()
    taken = (time.perf_counter() - started) * 1000
    assert process.returncode == 0
    return taken


async def _in(sandbox: Sandbox, copy: Path, command: list[str]) -> float:
    started = time.perf_counter()
    result = await sandbox.run(Jail(copy, copy, INTERPRETER, environment=ENVIRONMENT), command, Limits())
    taken = (time.perf_counter() - started) * 1000
    assert (result.ending, result.exit_code) == (Ending.EXITED, 0), result
    await asyncio.sleep(BETWEEN_S)
    return taken


async def _fresh(sandbox: Sandbox, command: list[str]) -> float:
    """In a container that did not exist before."""
    folder = Path(tempfile.mkdtemp(prefix="tercet-benchmark-"))
    try:
        return await _in(sandbox, _project(folder / "copy"), command)
    finally:
        shutil.rmtree(folder)


def _project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "test_one.py").write_text("def test_one():\n    assert sum([1, 2]) == 3\n", "utf-8")
    return folder


async def _private_copy(files: int, times: int) -> dict[str, Number]:
    if not times:
        return {"private_copy_ms_median": None}
    with tempfile.TemporaryDirectory(prefix="tercet-benchmark-") as folder:
        repository = Path(folder) / "repository"
        for number in range(files // FILES_PER_FOLDER):
            inner = repository / f"package{number // 20}" / f"module{number}"
            inner.mkdir(parents=True)
            for each in range(FILES_PER_FOLDER):
                (inner / f"file{each}.py").write_text(f"NUMBER = {number}\n" * 20, "utf-8")
        say(f"{files} files made")
        taken = []
        for _ in range(times):
            started = time.perf_counter()
            copy = await take_copy(repository, Path(folder) / "copies", dict)
            taken.append((time.perf_counter() - started) * 1000)
            say(f"private copy: {taken[-1]:.0f} ms")
            await copy.remove()
    return {"private_copy_files": files, "private_copy_ms_median": statistics.median(taken)}


@contextmanager
def _engine(host: str | None) -> Iterator[str | None]:
    folder = Path(tempfile.mkdtemp(prefix="tde-")) / "e"
    try:
        if host is None:
            started = subprocess.run([ENGINE, "start", folder], capture_output=True, text=True, check=False)
            host = started.stdout.strip() or None
            if host is None:
                say(started.stderr.strip())
        if host is not None:
            engine = Engine(host)
            Images(engine).build("host", say)
            engine.close()
        yield host
    finally:
        if folder.exists():
            subprocess.run([ENGINE, "stop", folder], check=True)
        folder.parent.rmdir()


if __name__ == "__main__":
    raise SystemExit(main())
