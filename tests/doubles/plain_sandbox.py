"""A sandbox that isolates nothing: plain subprocesses, each in its own session, for tests of what runs in a sandbox."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tercet_server.ports import Ending, Jail, Limits, SandboxResult


class PlainProcess:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._stderr = b""
        self.draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        assert self.process.stderr is not None
        while data := await self.process.stderr.read(65536):
            self._stderr = (self._stderr + data)[-65536:]

    async def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        await self.process.stdin.drain()

    async def receive(self) -> bytes | None:
        assert self.process.stdout is not None
        return await self.process.stdout.readline() or None

    def stderr_tail(self) -> bytes:
        return self._stderr

    def how_it_ended(self) -> str:
        return "" if self.process.returncode is None else f"ended with exit code {self.process.returncode}"


class PlainSandbox:
    """`mounted`: pretends that the copy stands at the original path (only right where the two are the same)."""

    name = "plain"
    isolation = "not isolated"

    def images(self, runtimes: Sequence[str]) -> list[str]:
        return []

    def root_inside(self, jail: Jail) -> Path:
        return jail.writable

    async def run(
        self, jail: Jail, command: Sequence[str], limits: Limits, stdin: bytes = b"", cwd: str = "."
    ) -> SandboxResult:
        started = time.monotonic()
        process = await self._start(jail, command, cwd)
        ending = Ending.EXITED
        try:
            stdout, stderr = await asyncio.wait_for(process.communicate(stdin), limits.wall_s)
        except TimeoutError:
            ending, stdout, stderr = Ending.TIMEOUT, b"", b""
        finally:
            await self._end(process)
        return SandboxResult(
            exit_code=process.returncode if ending is Ending.EXITED else None,
            ending=ending,
            stdout=stdout[: limits.output_bytes],
            stderr=stderr[: limits.output_bytes],
            stdout_cut=len(stdout) > limits.output_bytes,
            stderr_cut=len(stderr) > limits.output_bytes,
            duration_s=time.monotonic() - started,
        )

    @asynccontextmanager
    async def open(self, jail: Jail, command: Sequence[str], limits: Limits) -> AsyncIterator[PlainProcess]:
        process = await self._start(jail, command, ".")
        kept = PlainProcess(process)
        try:
            yield kept
        finally:
            await self._end(process)
            kept.draining.cancel()

    async def close(self) -> None:
        """Nothing is kept."""

    async def _start(self, jail: Jail, command: Sequence[str], cwd: str) -> asyncio.subprocess.Process:
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", **jail.environment}
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=jail.writable / cwd,
            env=environment,
            start_new_session=True,
            limit=64 * 1024 * 1024,
        )

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
