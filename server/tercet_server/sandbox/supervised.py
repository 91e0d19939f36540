"""One tree under a supervisor process (supervisor.py): giving it its orders, ending it, and hearing how it ended.

The daemon's end of the control socket is the tree's life line: when it closes, by `kill` or by the daemon's death, the
supervisor kills the tree. Nothing here runs project code itself.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tercet_shared.errors import SandboxFailed

from tercet_server.ports import Limits
from tercet_server.sandbox import proctree, scratch
from tercet_server.sandbox.backend import STREAM_BUFFER_BYTES, Confined
from tercet_server.sandbox.watchdog import Watch, Watchdog

SUPERVISOR = Path(__file__).with_name("supervisor.py")
START_S = 10.0
END_S = 5.0
THREADS_PER_PROCESS = 8
MAX_REPORT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Orders:
    """What the supervisor does; its fields are the keys of the JSON that it reads."""

    command: Sequence[str]
    environment: Mapping[str, str]
    cwd: str
    rlimits: Mapping[str, int]
    """Names as in Python's `resource` module."""
    identity: tuple[int, int] | None = None
    capabilities: Sequence[int] = ()
    """What `identity` keeps of root's."""
    landlock: Mapping[str, Any] | None = None
    """Arguments of `landlock.restrict`."""
    seccomp: str | None = None
    """A filter program, base64."""
    join: Sequence[str] = ()
    """`cgroup.procs` files to join."""


@dataclass(frozen=True)
class Setting:
    """What a tree is held to and by: its limits, who watches them, its private temporary folder, and what else it may write to."""

    limits: Limits
    watchdog: Watchdog
    folder: Path
    written: Sequence[Path]


class Supervised(Confined):
    """`process` is the supervisor. The private folder is removed at the end."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket, setting: Setting) -> None:
        self.process = process
        self.watchdog = setting.watchdog
        self.watch = Watch(process.pid, setting.limits, self.kill, written_below=(*setting.written, setting.folder))
        self._control = control
        self._folder = setting.folder
        self._said = b""
        self._killed = False

    async def command(self, orders: Orders) -> None:
        """Has the command started; raises SandboxFailed if it could not be."""
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.begin_watch)
        try:
            await loop.sock_sendall(self._control, json.dumps(asdict(orders)).encode() + b"\n")
            answer = json.loads(await self._next_report())
        except (OSError, ValueError) as error:
            raise SandboxFailed(f"The sandbox's supervisor ended early: {error}. Try again.") from error
        if "failed" in answer:
            raise SandboxFailed(f"The command could not be started in the sandbox. {answer['failed']}.")

    def kill(self) -> None:
        self._killed = True
        with suppress(OSError):  # closed already
            self._control.shutdown(socket.SHUT_WR)

    async def abandon(self) -> None:
        self.kill()
        with suppress(SandboxFailed):
            await self.gone()

    async def _reap(self) -> int:
        try:
            report = await self._last_report()
            await self._supervisor_gone()
        finally:
            self._control.close()
            await asyncio.to_thread(scratch.remove, self._folder)
        if not self._killed and "status" not in report:
            raise SandboxFailed("The sandbox's supervisor was killed from outside. Try again.")
        status = report.get("status")  # None if the tree was killed before the command ended by itself
        return -signal.SIGKILL if status is None else int(status)

    async def _last_report(self) -> dict[str, Any]:
        """What the supervisor says before it ends its side; waits as long as the command runs."""
        with suppress(OSError, ValueError):
            report = json.loads(await self._next_report())
            return report if isinstance(report, dict) else {}
        return {}

    async def _next_report(self) -> bytes:
        """A line of the supervisor's; what there is of one at the end."""
        loop = asyncio.get_running_loop()
        while b"\n" not in self._said:
            data = await loop.sock_recv(self._control, MAX_REPORT_BYTES)
            if not data:
                break
            self._said += data
        line, _, self._said = self._said.partition(b"\n")
        return line

    async def _supervisor_gone(self) -> None:
        try:
            await asyncio.wait_for(self.process.wait(), END_S)
        except TimeoutError:
            await asyncio.to_thread(self._kill_by_sight)
            await self.process.wait()

    def _kill_by_sight(self) -> None:
        for pid in (*proctree.descendants(self.process.pid), self.process.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


async def start_supervised(orders: Callable[[int], Orders], setting: Setting) -> Supervised:
    """Starts a supervisor and the command that `orders(supervisor's pid)` describes, which is called in a thread.

    Owns the setting's folder from here on.
    """
    control, inside = socket.socketpair()
    control.setblocking(False)
    try:
        with inside:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(SUPERVISOR), str(inside.fileno())),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=STREAM_BUFFER_BYTES,
                cwd="/",
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                pass_fds=(inside.fileno(),),
                start_new_session=True,
            )
    except OSError as error:
        control.close()
        await asyncio.to_thread(scratch.remove, setting.folder)
        raise SandboxFailed(f"The sandbox's supervisor did not start: {error}. Try again.") from error
    tree = Supervised(process, control, setting)
    try:
        await asyncio.wait_for(tree.command(await asyncio.to_thread(orders, process.pid)), START_S)
    except BaseException as error:
        await tree.abandon()
        if isinstance(error, TimeoutError):
            raise SandboxFailed("The sandbox's supervisor did not get ready in time. Try again.") from error
        raise
    return tree


def resource_limits(limits: Limits, uid: int) -> dict[str, int]:
    """By name, for a command that runs as `uid`. Blocking.

    The watchdog counts processes; RLIMIT_NPROC, which counts all tasks of a user (root's excepted), is there to bound
    what a fork bomb can do between two looks, and so that sweeping it up comes to an end.
    """
    wanted = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": limits.file_size_bytes, "RLIMIT_NOFILE": 4096}
    if proctree.PROC.is_dir():
        wanted["RLIMIT_NPROC"] = proctree.tasks_of(uid) + limits.processes * THREADS_PER_PROCESS
    if limits.cpu_s is not None:
        wanted["RLIMIT_CPU"] = max(1, round(limits.cpu_s))
    return wanted
