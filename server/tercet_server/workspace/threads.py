"""Blocking work in threads, in a way that cancellation leaves nothing half-done behind."""

import asyncio
from collections.abc import Callable
from threading import Event
from typing import TypeVar

Result = TypeVar("Result")


class Stopped(Exception):
    """Raised inside the work, by the work, once it has seen that it should stop."""


async def to_its_end(work: Callable[[], Result], stop: Event | None = None) -> Result:
    """Runs `work` in a thread and waits for its end even if the caller is cancelled; only then is the cancellation raised.

    `stop` is set on cancellation: work that looks at it ends early and cleans up after itself.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
            if stop is not None:
                stop.set()
    if cancelled is None:
        return task.result()
    failed = None if task.cancelled() else task.exception()
    raise cancelled from failed
