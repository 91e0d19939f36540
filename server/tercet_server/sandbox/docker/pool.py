"""Keeps containers between the commands of one task, and one more ready, so that few commands wait for a container to start.

Whoever leases a container has it alone. One that is idle for long, or whose copy is gone, is ended.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Coroutine
from contextlib import suppress

from tercet_shared.errors import SandboxFailed

from tercet_server.sandbox.backend import to_its_end
from tercet_server.sandbox.docker.box import Box
from tercet_server.sandbox.docker.engine import Engine
from tercet_server.sandbox.docker.specification import Kind

IDLE_S = 30.0
LOOK_S = 0.5
STARTING = 4
"""Containers that start at the same time: more only wait for one another inside the engine."""


class Pool:
    """Call `close` at the end."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: defaultdict[Kind, list[tuple[Box, float]]] = defaultdict(list)
        self._coming: defaultdict[Kind, set[asyncio.Task[None]]] = defaultdict(set)
        """What will have put a container among the idle ones when it ends."""
        self._waiting: Counter[Kind] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = asyncio.Semaphore(STARTING)
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    async def lease(self, kind: Kind) -> Box:
        """A container of this kind for one command. Raises SandboxFailed."""
        while self._idle[kind] or len(self._coming[kind]) > self._waiting[kind]:
            if not self._idle[kind]:
                await self._next(kind)
            elif not (box := self._idle[kind].pop()[0]).ending:
                return box
        return await self._started(kind)

    def warm(self, kind: Kind) -> None:
        """Has a container of this kind ready soon."""
        if not self._idle[kind] and not self._coming[kind] and not self._closed:
            self._expect(kind, self._warm(kind))

    def give_back(self, box: Box) -> None:
        """It is emptied and kept for the next command."""
        self._expect(box.kind, self._emptied(box))

    async def close(self) -> None:
        self._closed = True
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        boxes = [box for kept in self._idle.values() for box, _since in kept]
        self._idle.clear()
        await asyncio.gather(*(_end(box) for box in boxes))

    async def _next(self, kind: Kind) -> None:
        self._waiting[kind] += 1
        try:
            await asyncio.wait(self._coming[kind], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting[kind] -= 1

    def _expect(self, kind: Kind, work: Coroutine[None, None, None]) -> None:
        task = self._own(work)
        self._coming[kind].add(task)
        task.add_done_callback(self._coming[kind].discard)

    async def _started(self, kind: Kind) -> Box:
        async with self._starting:
            return await Box.start(self._engine, kind)

    async def _warm(self, kind: Kind) -> None:
        with suppress(SandboxFailed):  # whoever needs one is told
            self._keep(await self._started(kind))

    async def _emptied(self, box: Box) -> None:
        emptied = False
        try:
            emptied = await box.empty()
        finally:
            if emptied and not self._closed:
                self._keep(box)
            else:
                await to_its_end(_end(box))

    def _keep(self, box: Box) -> None:
        self._idle[box.kind].append((box, time.monotonic()))
        if self._looking is None or self._looking.done():
            self._looking = self._own(self._look_after())

    async def _look_after(self) -> None:
        """Until none is idle any more."""
        while any(self._idle.values()):
            await asyncio.sleep(LOOK_S)
            gone = await asyncio.to_thread(
                lambda kinds: [k for k in kinds if not k.writable.exists()], list(self._idle)
            )
            for kind in list(self._idle):
                oldest = time.monotonic() - IDLE_S
                kept = self._idle.pop(kind)
                stays = [each for each in kept if each[1] > oldest and kind not in gone]
                if stays:
                    self._idle[kind] = stays
                await asyncio.gather(*(_end(box) for box, _since in kept if box not in {each[0] for each in stays}))

    def _own(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _end(box: Box) -> None:
    box.kill()
    await box.gone()
