"""A thread with an event loop of its own for the vendors' libraries, which now and then block: the daemon's own loop never does.

Knows nothing of models: it runs a generator there and hands its items over here.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class _Ended:
    """No more items; with what was raised, if anything was."""

    error: BaseException | None = None


async def in_vendor_loop(make: Callable[[], AsyncGenerator[Item, None]]) -> AsyncGenerator[Item, None]:
    """The items of the generator that `make` makes. Leaving early, or being cancelled, closes it there at once."""
    here, items = asyncio.get_running_loop(), asyncio.Queue[Item | _Ended]()

    def hand_over(item: Item | _Ended) -> None:
        with contextlib.suppress(RuntimeError):  # nobody is here any more
            here.call_soon_threadsafe(items.put_nowait, item)

    async def pump() -> None:
        async with contextlib.aclosing(make()) as stream:
            async for item in stream:
                hand_over(item)

    pumping = asyncio.run_coroutine_threadsafe(pump(), _loop())
    pumping.add_done_callback(lambda done: hand_over(_Ended(None if done.cancelled() else done.exception())))
    try:
        while not isinstance(item := await items.get(), _Ended):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        pumping.cancel()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One for the process, for as long as it lives: the libraries keep their connections open in it."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=_serve, args=[loop], name="tercet-vendors", daemon=True).start()
    return loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
