"""Answers questions about the sandboxes, builds their images and tries attacks on the one in use. Runs no project code."""

import asyncio
from collections.abc import Coroutine, Sequence

from tercet_shared.errors import Conflict, InvalidRequest, SandboxUnavailable, TercetError
from tercet_shared.sandboxes import BackEnd, SandboxReport, SandboxWork, WorkKind

from tercet_server.config import SandboxSettings
from tercet_server.ports import Sandbox
from tercet_server.sandbox.choosing import survey

MOST_LINES = 500


class SandboxService:
    """`used` is the sandbox that project code runs in. Call `close` at the end."""

    def __init__(self, settings: SandboxSettings, used: Sandbox) -> None:
        self._settings = settings
        self._used = used
        self._work = SandboxWork()
        self._task: asyncio.Task[None] | None = None

    async def report(self) -> SandboxReport:
        return SandboxReport(
            back_ends=[
                BackEnd(
                    name=each.name,
                    isolation=each.isolation,
                    available=each.available,
                    used=each.name == self._used.name and each.isolation == self._used.isolation,
                    advice=each.advice,
                )
                for each in await survey(self._settings)
            ]
        )

    def work(self) -> SandboxWork:
        return self._work

    def build(self, runtimes: Sequence[str]) -> SandboxWork:
        """Begins to build images. Raises InvalidRequest for an unknown runtime, Conflict while other work is under way."""
        from tercet_server.sandbox.docker import RUNTIMES  # noqa: PLC0415  # not everybody's

        unknown = sorted({*runtimes} - {"host", *RUNTIMES})
        if unknown or not runtimes:
            named = f"no image for {', '.join(unknown)}" if unknown else "nothing to build"
            raise InvalidRequest(f"There is {named}. There are: host, {', '.join(RUNTIMES)}.")
        return self._begin(WorkKind.BUILD, self._build(list(dict.fromkeys(runtimes))))

    def test(self) -> SandboxWork:
        """Begins to set the hostile set on the sandbox in use. Raises Conflict while other work is under way."""
        return self._begin(WorkKind.TEST, self._test())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self, kind: WorkKind, work: Coroutine[None, None, None]) -> SandboxWork:
        if self._work.running:
            work.close()
            raise Conflict(f"The sandboxes are being worked on ({self._work.kind}). Wait for its end.")
        self._work = SandboxWork(kind=kind, running=True)
        self._task = asyncio.ensure_future(self._done(work))
        return self._work

    async def _done(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except TercetError as error:
            self._say(error.sentence, failed=1)
        finally:
            self._work = self._work.model_copy(update={"running": False})

    async def _build(self, runtimes: Sequence[str]) -> None:
        from tercet_server.sandbox.docker import Engine, Images  # noqa: PLC0415  # heavy, and not everybody's

        engine = await asyncio.to_thread(Engine, self._settings.docker_host)
        loop = asyncio.get_running_loop()

        def say(line: str) -> None:
            loop.call_soon_threadsafe(lambda: self._say(line))

        try:
            for runtime in runtimes:
                image = await engine.call(Images(engine).build, runtime, say)
                self._say(f"{image} is built.")
        finally:
            engine.close()
        self._say("Containers are used from the daemon's next start on: `tercet daemon stop`.")

    async def _test(self) -> None:
        from tercet_server.sandbox.hostile import attempt_all  # noqa: PLC0415  # only for this

        if self._used.isolation in {"unavailable", "not isolated"}:
            raise SandboxUnavailable(
                "Nothing here isolates project code, so there is nothing to test; see `tercet doctor`."
            )
        async for outcome in attempt_all(self._used, self._settings):
            verdict = f"NOT CONTAINED: {outcome.broken}" if outcome.broken else "contained"
            self._say(f"{outcome.attack}: {verdict}", failed=int(bool(outcome.broken)))

    def _say(self, line: str, *, failed: int = 0) -> None:
        lines = [*self._work.lines, line][-MOST_LINES:]
        self._work = self._work.model_copy(update={"lines": lines, "failed": self._work.failed + failed})
