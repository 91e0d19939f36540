"""What all back ends share: feeding, reading, limiting and reaping one confined tree of processes.

A back end says how a tree is started and killed (`Confined`); this module never does either by itself.
"""

import asyncio
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from tercet_shared.errors import SandboxFailed

from tercet_server.ports import Ending, Jail, Limits, SandboxProcess, SandboxResult
from tercet_server.sandbox.streams import MAX_LINE_BYTES, Head, Lines, Sink, Tail, feed
from tercet_server.sandbox.watchdog import Watch, Watchdog

T = TypeVar("T")

AFTER_THE_END_S = 1.0
"""How long pipes may stay open after the tree is gone: only where a process could slip away from its tree."""
STREAM_BUFFER_BYTES = 512 * 1024


class Confined(ABC):
    """One started tree of processes."""

    process: asyncio.subprocess.Process
    """The host's side of it, with the command's streams, where there is a process for it."""
    watch: Watch
    watchdog: Watchdog
    _gone: "asyncio.Future[int] | None" = None

    def begin_watch(self) -> None:
        """To be called right before the command can start: its time begins, and its limits hold, now."""
        self.watch.restart()
        self.watchdog.add(self.watch)

    @abstractmethod
    def kill(self) -> None:
        """SIGKILL for the whole tree. From any thread, any number of times, never raises."""

    async def gone(self) -> int:
        """Waits until nothing of the tree is left and everything is given back that it held.

        Returns the command's exit code, or the number of the signal that ended it, below zero. Any number may wait.
        """
        if self._gone is None:
            self._gone = asyncio.ensure_future(self._reap_watched())
        return await asyncio.shield(self._gone)

    def streams(self) -> tuple[Sink, asyncio.StreamReader, asyncio.StreamReader]:
        """The command's stdin, stdout and stderr."""
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        return process.stdin, process.stdout, process.stderr

    async def _reap_watched(self) -> int:
        try:
            return await self._reap()
        finally:
            self.watchdog.remove(self.watch)

    @abstractmethod
    async def _reap(self) -> int:
        """What `gone` says; called once."""


class TreeSandbox(ABC):
    """The `Sandbox` port over `Confined` trees."""

    name: str
    isolation: str
    notes: tuple[str, ...] = ()
    """What a user should know about the isolation here, in sentences."""

    def __init__(self, watchdog: Watchdog) -> None:
        self._watchdog = watchdog

    def images(self, runtimes: Sequence[str]) -> list[str]:
        """As the port says: most back ends have none."""
        return []

    @abstractmethod
    def root_inside(self, jail: Jail) -> Path: ...

    async def close(self) -> None:  # noqa: B027  # most back ends keep nothing between commands
        """As the port says."""

    @abstractmethod
    async def _start(self, jail: Jail, command: Sequence[str], limits: Limits, cwd: str) -> Confined:
        """Starts `command` confined and watched. It may not leave anything behind if it raises; it is not cancelled."""

    async def _opened(self, jail: Jail, limits: Limits) -> None:  # noqa: B027  # most have nothing to prepare
        """Called once a kept process has started."""

    async def run(
        self, jail: Jail, command: Sequence[str], limits: Limits, stdin: bytes = b"", cwd: str = "."
    ) -> SandboxResult:
        async with self._confined(jail, command, limits, cwd) as confined:
            stdin_writer, stdout, stderr = confined.streams()
            out, err = Head(limits.output_bytes), Head(limits.output_bytes)
            work = (feed(stdin_writer, stdin), out.follow(stdout), err.follow(stderr))
            tasks = [asyncio.ensure_future(each) for each in work]
            try:
                code = await confined.gone()
                duration_s = time.monotonic() - confined.watch.started_at
            except SandboxFailed as error:
                await to_its_end(_end(confined, tasks))
                raise SandboxFailed(" ".join([error.sentence, err.data().decode(errors="replace")[:500]])) from error
            finally:
                await to_its_end(_end(confined, tasks))
            ending = _ending(confined.watch, code)
            exit_code = code if ending is Ending.EXITED else None
            return SandboxResult(exit_code, ending, out.data(), err.data(), out.cut, err.cut, duration_s)

    def open(self, jail: Jail, command: Sequence[str], limits: Limits) -> AbstractAsyncContextManager[SandboxProcess]:
        return self._open(jail, command, limits)

    @asynccontextmanager
    async def _open(self, jail: Jail, command: Sequence[str], limits: Limits) -> AsyncIterator[SandboxProcess]:
        async with self._confined(jail, command, limits, ".") as confined:
            kept = KeptProcess(confined)
            try:
                await self._opened(jail, limits)
                yield kept
            finally:
                await to_its_end(kept.close())

    @asynccontextmanager
    async def _confined(self, jail: Jail, command: Sequence[str], limits: Limits, cwd: str) -> AsyncIterator[Confined]:
        """A started tree that is watched, and that is gone when the context is left."""
        starting = asyncio.ensure_future(self._start(jail, command, limits, cwd))
        try:
            confined = await to_its_end(starting)
        except asyncio.CancelledError:
            if not starting.cancelled() and starting.exception() is None:
                await to_its_end(_end(starting.result()))
            raise
        try:
            yield confined
        finally:
            await to_its_end(_end(confined))


class KeptProcess:
    """The `SandboxProcess` port over a confined tree."""

    def __init__(self, confined: Confined) -> None:
        self._confined = confined
        self._stdin, stdout, stderr = confined.streams()
        self._lines = Lines(overflow=confined.kill)
        self._stderr = Tail()
        work = (self._lines.follow(stdout), self._stderr.follow(stderr))
        self._tasks = [asyncio.ensure_future(each) for each in work]
        self._gone: asyncio.Future[str] | None = None

    async def send(self, line: bytes) -> None:
        """Raises SandboxFailed if the process has ended, ValueError for what is not one line of at most 64 MiB."""
        line = line.removesuffix(b"\n")
        if b"\n" in line or len(line) > MAX_LINE_BYTES:
            raise ValueError("not one line of at most 64 MiB")
        try:
            self._stdin.write(line + b"\n")
            await self._stdin.drain()
        except ConnectionError as error:
            raise SandboxFailed(f"The sandboxed process has ended{self._reason()}. Try again.") from error

    async def receive(self) -> bytes | None:
        line = await self._lines.next()
        if line is None:
            await self._settle()
        return line

    def stderr_tail(self) -> bytes:
        return self._stderr.data()

    def how_it_ended(self) -> str:
        return self._gone.result() if self._gone is not None and self._gone.done() else ""

    async def close(self) -> None:
        """Kills the tree and waits for its end and that of its streams."""
        await _end(self._confined, self._tasks)
        self._stdin.close()

    async def _settle(self) -> None:
        """After the end of stdout: the last of stderr, and what ended the process, may take a moment longer."""
        if self._gone is None:
            self._gone = asyncio.ensure_future(self._described_end())
        waiting: list[asyncio.Future[Any]] = [self._gone, *self._tasks]
        await asyncio.wait(waiting, timeout=AFTER_THE_END_S)

    async def _described_end(self) -> str:
        try:
            code = await self._confined.gone()
        except SandboxFailed as error:
            return error.sentence
        ending = self._confined.watch.ending
        return f"{describe_end(code)}, over its limit: {ending.value}" if ending else describe_end(code)

    def _reason(self) -> str:
        reasons: dict[Ending | None, str] = {
            Ending.TIMEOUT: "at its deadline",
            Ending.MEMORY: "out of memory",
            Ending.PROCESSES: "by its process limit",
            Ending.DISK: "for what it wrote to the disk",
        }
        ending = self._confined.watch.ending
        return f", stopped {reasons[ending]}" if ending in reasons else ""


def describe_end(code: int) -> str:
    """An exit code, or below zero a signal's number, in words."""
    return f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


async def to_its_end(work: Coroutine[None, None, T] | asyncio.Future[T]) -> T:
    """Awaits `work` to its end even if the caller is cancelled meanwhile; the cancellation is raised then."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as lost
        raise cancelled
    return task.result()


async def _end(confined: Confined, tasks: "Sequence[asyncio.Future[None]]" = ()) -> None:
    """Kills the tree; once it is gone, so are its pipes and the tasks that serve them."""
    confined.kill()
    with suppress(SandboxFailed):  # raised already where somebody waited for the tree's own end
        await confined.gone()
    if tasks:
        await asyncio.wait(tasks, timeout=AFTER_THE_END_S)
    for task in tasks:
        task.cancel()  # only a process that slipped away, where a back end allows that, still holds a pipe open
    await asyncio.gather(*tasks, return_exceptions=True)


def _ending(watch: Watch, code: int) -> Ending:
    if watch.ending is not None:
        return watch.ending
    if code == -signal.SIGXCPU:
        return Ending.TIMEOUT
    return Ending.SIGNALLED if code < 0 else Ending.EXITED
