"""One running bwrap: taking it over before its command starts, killing it, and waiting until its namespace is empty."""

import asyncio
import json
import os
import platform
import re
import resource
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from tercet_shared.errors import SandboxFailed

from tercet_server.ports import Limits
from tercet_server.sandbox.backend import Confined, describe_end, to_its_end
from tercet_server.sandbox.watchdog import Watch, Watchdog

END_S = 10.0
OPEN_FILES = 4096
THREADS_PER_PROCESS = 8
"""RLIMIT_NPROC counts threads as well; the watchdog counts processes."""
NUMBERS_NEVER_REUSED = 300
"""The kernel gives these once in each namespace and then keeps them free."""
ENTER_S = 5.0
PID_MAX = "/proc/sys/kernel/pid_max"
OWN_PROCESSES = 1
"""bwrap's reaper, the first process inside."""


class Namespaces(Confined):
    """`process` is the outer bwrap; the inner one, once known, is the namespace's first process."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        limits: Limits,
        watchdog: Watchdog,
        written: Sequence[Path],
        *,
        limit_here: bool,
    ) -> None:
        """`limit_here` unless bwrap was started with its resource limits already. `written` is what it may write to."""
        self.process = process
        self.watchdog = watchdog
        self.watch = Watch(process.pid, limits, self.kill, uncounted=OWN_PROCESSES, written_below=written)
        self._limit_here = limit_here
        self._first: int | None = None
        self._status = asyncio.StreamReader()
        self._status_transport: asyncio.ReadTransport | None = None
        self._killed = False

    async def take_over(self, status: int, gate: int) -> None:
        """Reads the first process's pid from `status`, limits it, and lets the command start by writing to `gate`.

        Takes a copy of `status`, and leaves closing both to the caller.
        """
        loop = asyncio.get_running_loop()
        self._status_transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._status), os.fdopen(os.dup(status), "rb", buffering=0)
        )
        line = await self._status.readline()
        if line:  # else it has failed, which `gone` says
            # To its end even if time is up: the caller closes the gate then, and its number may soon be another's.
            await to_its_end(asyncio.to_thread(self._open_gate, json.loads(line)["child-pid"], gate))

    def kill(self) -> None:
        self._killed = True
        first = self._first
        if first is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(first, signal.SIGKILL)
        elif self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()

    async def abandon(self) -> None:
        """Ends what has not been taken over. Its streams have no reader yet."""
        self.kill()
        with suppress(SandboxFailed):
            await self.gone()

    async def _reap(self) -> int:
        await self.process.wait()
        await self._first_process_gone()
        report = b""
        if self._status_transport is not None:
            with suppress(TimeoutError):
                report = await asyncio.wait_for(self._status.read(), END_S)
            self._status_transport.close()
        code = self.process.returncode
        assert code is not None
        if b'"exit-code"' not in report and not self._killed:
            raise SandboxFailed(f"The command could not be started in the sandbox (bubblewrap: {describe_end(code)}).")
        # bwrap passes a death by signal on as a shell does
        return 128 - code if 128 < code < 128 + signal.NSIG else code

    def _open_gate(self, first_pid: int, gate: int) -> None:
        with suppress(ProcessLookupError, BrokenPipeError):  # it has failed meanwhile, which `gone` says
            self._limit(first_pid)
            self.begin_watch()
            os.write(gate, b"\n")

    def _limit(self, first_pid: int) -> None:
        """Raises ProcessLookupError if the number is no longer that of bwrap's own child."""
        self._first = _child(first_pid, self.process.pid)
        self.watch.files_bytes = partial(_files_bytes, first_pid)
        with suppress(OSError), open(f"/proc/{first_pid}/oom_score_adj", "w", encoding="ascii") as file:
            file.write("800")  # short of memory, the system kills this before the user's own programs
        if self._limit_here and os.geteuid() == 0:
            _bound_processes(self._first, first_pid, self.watch.limits.processes)
        if self._limit_here:
            for name, values in resource_limits(self.watch.limits).items():
                resource.prlimit(first_pid, getattr(resource, f"RLIMIT_{name}"), values)

    async def _first_process_gone(self) -> None:
        """The kernel reports the end of a namespace's first process once all others in it have ended."""
        if self._first is None:
            return
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(self._first, ended.set)
        try:
            await asyncio.wait_for(ended.wait(), END_S)
        except TimeoutError as error:
            raise SandboxFailed("Processes in the sandbox do not end although they were killed.") from error
        finally:
            loop.remove_reader(self._first)
            # Closed at once its number could be another sandbox's by the time the watchdog, amid a check, uses it.
            descriptor, self._first = self._first, None
            self.watchdog.dispose(partial(os.close, descriptor))


def _files_bytes(first_pid: int) -> int:
    """What the sandbox's own file systems in memory hold.

    Until bwrap has changed its root, the same paths mean the host's file systems: each is opened once and then asked
    both whose it is and what it holds, since a path asked twice may name one of either kind.
    """
    used = 0
    for path in ("/tmp", "/dev/shm"):  # noqa: S108  # inside
        with suppress(OSError):
            inside = os.open(f"/proc/{first_pid}/root{path}", os.O_PATH | os.O_CLOEXEC)
            try:
                if os.fstat(inside).st_dev != os.stat(path).st_dev:
                    usage = os.fstatvfs(inside)
                    used += (usage.f_blocks - usage.f_bfree) * usage.f_frsize
            finally:
                os.close(inside)
    return used


def resource_limits(limits: Limits, *, inside: bool = True) -> dict[str, tuple[int, int]]:
    """(soft, hard) by the name after RLIMIT_; `inside` if they are set in the sandbox's own user namespace."""
    wanted = {"CORE": 0, "FSIZE": limits.file_size_bytes, "NOFILE": OPEN_FILES}
    if limits.cpu_s is not None:
        wanted["CPU"] = max(1, round(limits.cpu_s))
    if inside and _counts_per_namespace():
        wanted["NPROC"] = limits.processes * THREADS_PER_PROCESS
    found = {}
    for name, value in wanted.items():
        _soft, hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        grace = 1 if name == "CPU" and soft != hard else 0  # SIGXCPU first, then SIGKILL
        found[name] = (soft, soft + grace)
    return found


def _child(pid: int, parent: int) -> int:
    """A descriptor of the process `pid`. Raises ProcessLookupError unless it is a child of `parent`.

    A child's number stays its own as long as it can still be signalled; what was read under it before was the child's.
    """
    descriptor = os.pidfd_open(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            its_parent = int(file.read().rpartition(b")")[2].split()[1])
        signal.pidfd_send_signal(descriptor, 0)
        if its_parent != parent:
            raise ProcessLookupError(f"process {pid} is another's child")
    except OSError as error:
        os.close(descriptor)
        raise ProcessLookupError(f"process {pid} has ended") from error
    return descriptor


def _bound_processes(first: int, first_pid: int, processes: int) -> None:
    """Gives root's process namespace few numbers, for RLIMIT_NPROC does not bind root: a fork bomb ends there, whatever the load.

    `first` is the descriptor of the namespace's first process, whose number is `first_pid` unless it has ended. The watchdog
    counts processes; this bounds what a bomb can do between two looks. Before Linux 6.14 there is one bound
    for the whole machine, which is left alone; where entering the namespace is not permitted there is none.
    """
    if kernel_is_at_least(6, 14) and (nsenter := shutil.which("nsenter")):
        highest = NUMBERS_NEVER_REUSED + processes * THREADS_PER_PROCESS
        with suppress(OSError, subprocess.SubprocessError):
            namespace = os.open(f"/proc/{first_pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
            try:
                signal.pidfd_send_signal(first, 0)  # else the number and its namespace may be another's by now
                command = (nsenter, f"--pid=/proc/self/fd/{namespace}", "/bin/sh", "-c", f"echo {highest} > {PID_MAX}")
                subprocess.run(command, capture_output=True, check=False, timeout=ENTER_S, pass_fds=(namespace,))
            finally:
                os.close(namespace)


def _counts_per_namespace() -> bool:
    """Before Linux 5.14 RLIMIT_NPROC counted all of the user's processes, also those outside."""
    return kernel_is_at_least(5, 14)


def kernel_is_at_least(major: int, minor: int) -> bool:
    """By the release's two first numbers."""
    version = re.match(r"(\d+)\.(\d+)", platform.release())
    return version is not None and (int(version[1]), int(version[2])) >= (major, minor)
