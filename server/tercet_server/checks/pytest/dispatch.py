"""Hands jobs to workers: to a warm one that is idle rather than to one that would have to start first."""

import asyncio
from collections import deque

from tercet_server.checks.pytest.job import Job


class Dispatcher:
    """Jobs are taken in the order in which they were put; withdrawn ones are skipped."""

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()
        self._warm: list[asyncio.Future[Job]] = []
        self._cold: list[asyncio.Future[Job]] = []

    def put(self, job: Job) -> None:
        for idle in (self._warm, self._cold):
            while idle:
                worker = idle.pop()
                if not worker.done():
                    worker.set_result(job)
                    return
        self._waiting.append(job)

    async def take(self, *, warm: bool) -> Job:
        """The next job that somebody still waits for; `warm` says whether the worker's driver runs already."""
        while True:
            job = self._waiting.popleft() if self._waiting else await self._wait(self._warm if warm else self._cold)
            if not job.done.done():
                return job

    async def _wait(self, idle: list[asyncio.Future[Job]]) -> Job:
        turn: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        idle.append(turn)
        try:
            return await turn
        finally:
            if turn in idle:
                idle.remove(turn)

    def withdraw_all(self) -> None:
        """Cancels what nobody has taken."""
        while self._waiting:
            self._waiting.popleft().done.cancel()
