"""A sandbox is limited by what it is, not by a number that may have become another process's."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tercet_server.ports import Limits
from tercet_server.sandbox.namespaces import PID_MAX, Namespaces, _bound_processes, kernel_is_at_least
from tercet_server.sandbox.watchdog import Watchdog

from .conftest import Runner

pytestmark = pytest.mark.skipif(os.name != "posix" or not hasattr(os, "pidfd_open"), reason="Linux alone has these")

as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid")
    or os.geteuid() != 0
    or not kernel_is_at_least(6, 14)
    or not os.access(PID_MAX, os.W_OK)
    or shutil.which("nsenter") is None,
    reason="only root's namespaces are given a bound of their own, since Linux 6.14",
)
Starting = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Starting]:
    """Starts a command that writes a line once it is ready, and ends it with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def starting(*command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline(), "it could not be started"
        return process

    yield starting
    for process in started:
        process.kill()
        process.communicate()


def namespaced(start: Starting) -> subprocess.Popen[bytes]:
    """A process that prints the bound of a process namespace of its own for each line that it reads."""
    program = f"while :; do cat {PID_MAX}; read line || exit; done"
    try:
        return start("unshare", "--pid", "--fork", "--kill-child", "sh", "-c", program)
    except AssertionError:
        pytest.skip("no process namespace can be made here")


def bound_of(process: subprocess.Popen[bytes]) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def held(kind: str) -> list[str]:
    """Our own descriptors of one kind; others come and go with what earlier tests have left to the collector."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(os.readlink(each))
    return [each for each in found if each.startswith(kind)]


def first_in(process: subprocess.Popen[bytes]) -> int:
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


@as_root
@pytest.mark.parametrize("backend", ["bubblewrap"])
async def test_a_sandbox_of_root_has_few_numbers(python: Runner):
    result = await python(f"print(open('{PID_MAX}').read())", limits=Limits(wall_s=30, processes=40))
    assert int(result.stdout) == 300 + 40 * 8


@as_root
def test_a_number_given_anew_bounds_nobody_else(start: Starting):
    ended, other = start("echo", "ready"), namespaced(start)
    descriptor = os.pidfd_open(ended.pid)
    ended.wait()
    here, before = Path(PID_MAX).read_text(), bound_of(other)
    _bound_processes(descriptor, first_in(other), 40)
    _bound_processes(descriptor, os.getpid(), 40)
    assert bound_of(other) == before != 300 + 40 * 8
    assert Path(PID_MAX).read_text() == here
    alive = os.pidfd_open(first_in(other))
    _bound_processes(alive, first_in(other), 40)
    os.close(alive)
    assert bound_of(other) == 300 + 40 * 8, "what is still alive is bound"
    assert Path(PID_MAX).read_text() == here
    assert not held("pid:[")
    os.close(descriptor)


async def test_what_is_not_bubblewraps_own_child_is_not_touched(start: Starting):
    """Its number was given to a process of somebody else, who must not be limited, and never killed in its place."""
    other = await asyncio.to_thread(start, "sh", "-c", "echo ready; exec sleep 300")
    adjusted = Path(f"/proc/{other.pid}/oom_score_adj")
    before = await asyncio.to_thread(adjusted.read_text)
    bwrap = await asyncio.create_subprocess_exec("sleep", "300")
    tree = Namespaces(bwrap, Limits(), Watchdog(), (), limit_here=True)
    with pytest.raises(ProcessLookupError):
        await asyncio.to_thread(tree._limit, other.pid)
    assert tree._first is None
    assert await asyncio.to_thread(adjusted.read_text) == before
    tree.kill()
    assert await bwrap.wait() != 0
    assert other.poll() is None
