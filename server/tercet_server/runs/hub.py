"""In-process fan-out of committed events and transient notices to whoever streams them. Stores nothing.

A subscriber that does not keep up is cut off, never waited for: it resumes from the ledger by sequence number.
"""

import asyncio
from types import TracebackType
from typing import Self

from tercet_shared.events import Event, FindingsChanged

BACKLOG = 1000
"""Messages that a subscriber may be behind before it is cut off."""

Message = Event | FindingsChanged


class EventHub:
    """`publish` and `subscribe` are for the event loop's thread alone; neither blocks."""

    def __init__(self, backlog: int = BACKLOG) -> None:
        self._backlog = backlog
        self._subscriptions: set[Subscription] = set()

    def publish(self, message: Message) -> None:
        for subscription in list(self._subscriptions):
            subscription.put(message)

    def subscribe(self) -> "Subscription":
        """Everything published from this call on. Close it, or use it as an async context manager."""
        subscription = Subscription(self._subscriptions, self._backlog)
        self._subscriptions.add(subscription)
        return subscription

    @property
    def subscribers(self) -> int:
        return len(self._subscriptions)

    def close(self) -> None:
        """Ends every subscription after what it has still to deliver."""
        for subscription in list(self._subscriptions):
            subscription.end()


class Subscription:
    """An async iterator of messages. It ends when the hub closes or the subscriber has fallen behind (`fell_behind`)."""

    def __init__(self, registry: "set[Subscription]", backlog: int) -> None:
        self.fell_behind = False
        self._registry = registry
        self._backlog = backlog
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue()

    def put(self, message: Message) -> None:
        if self._queue.qsize() >= self._backlog:
            self.fell_behind = True
            self.end()
            return
        self._queue.put_nowait(message)

    def end(self) -> None:
        self._registry.discard(self)
        self._queue.put_nowait(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        message = await self._queue.get()
        if message is None:
            self._queue.put_nowait(None)
            raise StopAsyncIteration
        return message

    async def aclose(self) -> None:
        self._registry.discard(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
