"""The search: anytime, best first, as many mutants under test at once as keep the workers busy."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from tercet_shared.runs import Progress

from tercet_server.ports import ReportProgress
from tercet_server.proposers.judge import Judge, Judgement
from tercet_server.proposers.repair.pool import Mutant, MutantPool

BATCH = 32
"""Mutants compiled in one go, off the event loop."""

REPORT_INTERVAL_S = 0.5

MORE, MORE_SHARE, MORE_S = 150, 0.5, 4.0
"""After a plausible mutant so many more are tried, or this share of those before it, for there to be something to choose
from; but no longer than so many seconds."""

MOST_TOGETHER = 8


class Search:
    """One search through a pool until its deadline. `in_flight` is the number of overlapping test runs."""

    def __init__(self, pool: MutantPool, judge: Judge, deadline_s: float, in_flight: int) -> None:
        self._pool = pool
        self._judge = judge
        self._in_flight = in_flight
        self._now: Callable[[], float] = asyncio.get_running_loop().time
        self._started = self._now()
        self._ends = self._started + deadline_s
        self._deadline_s = deadline_s
        self._reported = 0.0
        self._ready: list[Mutant] = []
        self._running: dict[asyncio.Task[Judgement], Mutant] = {}
        self.tried = 0

    async def plausible(self, progress: ReportProgress) -> AsyncGenerator[list[Mutant]]:
        """Plausible mutants, those found soon after one another together, likeliest first; ends with the pool or at the
        deadline. Closing it stops every test run."""
        found: list[Mutant] = []
        until, enough = self._ends, 0
        try:
            while await self._fill():
                left_s = max(0.0, min(until, self._ends) - self._now())
                done, _ = await asyncio.wait(self._running, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
                new = [mutant for task in done if (mutant := self._settle(task))]
                if new and not found:
                    until, enough = self._now() + MORE_S, self.tried + max(MORE, int(MORE_SHARE * self.tried))
                found += new
                await self._report(progress)
                if found and (self._now() >= until or self.tried >= enough or len(found) >= MOST_TOGETHER):
                    yield sorted(found, key=lambda each: -each.chance)
                    found, until = [], self._ends
            if found:
                yield sorted(found, key=lambda each: -each.chance)
        finally:
            await self._stop()

    async def _fill(self) -> bool:
        """Keeps the workers busy; False when nothing is left to do or no time."""
        while len(self._running) < self._in_flight and self._left_s() > 0:
            if not self._ready:
                self._ready = (await asyncio.to_thread(self._pool.take, BATCH))[::-1]
            if not self._ready:
                break
            mutant = self._ready.pop()
            self._running[asyncio.create_task(self._judged(mutant))] = mutant
        return bool(self._running) and self._left_s() > 0

    async def _judged(self, mutant: Mutant) -> Judgement:
        text = self._pool.text(mutant)
        return await self._judge.judge(mutant.path, text, mutant.attempt, max(0.1, self._left_s()))

    def _settle(self, task: asyncio.Task[Judgement]) -> Mutant | None:
        """Raises what the test run raised."""
        mutant = self._running.pop(task)
        judgement = task.result()
        self.tried += mutant.attempt == 0
        if judgement in {Judgement.TIMED_OUT, Judgement.PROMISING}:
            self._pool.put_back(mutant, promising=judgement is Judgement.PROMISING)
        return mutant if judgement is Judgement.PLAUSIBLE else None

    def _left_s(self) -> float:
        return max(0.0, self._ends - self._now())

    async def _report(self, progress: ReportProgress) -> None:
        now = self._now()
        if now - self._reported < REPORT_INTERVAL_S:
            return
        self._reported = now
        share = max((now - self._started) / self._deadline_s, self.tried / max(1, self._pool.total))
        message = f"Tried {self.tried:,} of {self._pool.total:,} edits"
        await progress(Progress(message=message, percent=min(100.0, 100 * share)))

    async def _stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()
