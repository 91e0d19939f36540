"""Keeps one driver running in the sandbox and serves jobs with it; a driver that dies is replaced.

It knows how to talk to the driver, not what tests are: that is the job's business.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tercet_shared.errors import InternalError, NoInterpreter, SandboxFailed, TercetError

from tercet_server.checks.pytest import answers
from tercet_server.checks.pytest.dispatch import Dispatcher
from tercet_server.checks.pytest.job import Job
from tercet_server.ports import Jail, Limits, Sandbox, SandboxProcess

START_S = 120.0
_SLACK_S = 60.0
"""Beyond a job's own deadline, for a driver that is still warming up after the job before."""
_CANCEL_S = 1.0
_LONG_LINE_BYTES = 256 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Post:
    """Where and how a driver runs."""

    sandbox: Sandbox
    jail: Jail
    command: Sequence[str]
    limits: Limits
    interpreter: str


class Worker:
    """Takes jobs from the dispatcher one by one; `import_paths` is known once a driver has started."""

    def __init__(self, post: Post, jobs: Dispatcher) -> None:
        self._post = post
        self._jobs = jobs
        self.import_paths: list[str] = []

    async def serve(self) -> None:
        """Until cancelled. The driver is started for the first job, and anew after it died."""
        again: Job | None = None
        tried_before = False
        while True:
            job = again or await self._jobs.take(warm=False)
            again = None
            try:
                again = await self._with_driver(job)
                tried_before = False
            except SandboxFailed as error:
                if tried_before or job.done.done():
                    _fail(job, error)
                else:
                    log.warning("a test driver did not start, so it is started once more: %s", error)
                    again = job
                tried_before = again is not None
            except TercetError as error:
                _fail(job, error)
            except OSError as error:
                _fail(job, SandboxFailed(f"The test driver could not be started: {error}. Try again."))
            except Exception as error:  # the edge of a process: whoever waits must hear of it
                log.exception("a test worker failed")
                _fail(job, InternalError(f"The test worker failed: {error!r}. The log has the details."))

    async def _with_driver(self, job: Job) -> Job | None:
        """Serves jobs with a new driver until it has to be given up; returns the job that needs another one."""
        async with self._post.sandbox.open(self._post.jail, self._post.command, self._post.limits) as process:
            await self._greet(process)
            talk = _Conversation(process)
            try:
                while True:
                    if not await talk.serve(job):
                        break
                    _finish(job)
                    job = await self._jobs.take(warm=True)
            finally:
                await talk.close()
            if job.done.done() or talk.overdue:
                _finish(job)
                return None
            again = job.worker_died(process.stderr_tail().decode("utf-8", "replace"))
        if not again:
            _finish(job)
        return job if again else None

    async def _greet(self, process: SandboxProcess) -> None:
        try:
            line = await asyncio.wait_for(process.receive(), START_S)
        except TimeoutError:
            raise SandboxFailed("The test driver did not start within two minutes. Try again.") from None
        hello = answers.parse(line or b"")
        if hello.get("error"):
            raise NoInterpreter(
                f"{self._post.interpreter} cannot run the tests ({hello['error']}): install pytest for it, "
                "or choose another interpreter in the setting `python.interpreter`."
            )
        if hello.get("kind") != "hello":
            said = process.stderr_tail().decode("utf-8", "replace").strip()[-2000:]
            raise _silent(self._post.interpreter, said or process.how_it_ended() or f"{line!r:.200}")
        self.import_paths = answers.texts(hello.get("import_paths"))


class _Conversation:
    """Requests and answers of one driver. A line being received survives the end of the job that waited for it."""

    def __init__(self, process: SandboxProcess) -> None:
        self._process = process
        self._receiving: asyncio.Task[bytes | None] | None = None
        self.overdue = False

    async def serve(self, job: Job) -> bool:
        """False once the driver is dead, or so late that it has to be."""
        try:
            await self._send(job.request())
            return await self._until_end(job)
        except (BrokenPipeError, ConnectionResetError):
            return False

    async def _until_end(self, job: Job) -> bool:
        allowed_s = job.deadline.remaining_s() + _SLACK_S
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + allowed_s
        withdrawn = False
        while True:
            receiving = self._receiving = self._receiving or asyncio.ensure_future(self._process.receive())
            waiting: set[asyncio.Future[Any]] = {receiving} if withdrawn else {receiving, job.done}
            await asyncio.wait(waiting, timeout=ends_at - loop.time(), return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                line = receiving.result()
                self._receiving = None
                if line is None:
                    return False
                if job.take(await _parsed(line)):
                    return True
            elif job.done.done() and not withdrawn:
                withdrawn = True
                ends_at = loop.time() + _CANCEL_S
                await self._send(job.cancellation())
            elif loop.time() >= ends_at:
                self.overdue = True
                job.timed_out()
                return False

    async def _send(self, message: dict[str, object]) -> None:
        await self._process.send(json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n")

    async def close(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            await asyncio.gather(self._receiving, return_exceptions=True)


async def _parsed(line: bytes) -> dict[str, Any]:
    """A long line keeps a thread busy, not the event loop."""
    return answers.parse(line) if len(line) < _LONG_LINE_BYTES else await asyncio.to_thread(answers.parse, line)


def _silent(interpreter: str, said: str) -> TercetError:
    """The driver ended before it said anything: did the interpreter stumble over it, or did it never get to run?"""
    if "Traceback" in said or "SyntaxError" in said:
        return NoInterpreter(f"{interpreter} cannot run the tests: Python 3.8 or later is needed. It said: {said}")
    return SandboxFailed(
        f"The test driver could not be started with {interpreter}. Try again. The sandbox said: {said}"
    )


def _finish(job: Job) -> None:
    if not job.done.done():
        job.done.set_result(None)


def _fail(job: Job, error: TercetError) -> None:
    if job.done.done():
        log.warning("a test worker failed after its job was withdrawn: %s", error)
    else:
        job.done.set_exception(error)
