"""Knows which clients are connected: those with an open event stream. Forgets one some time after its last stream closed."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

from tercet_shared.errors import TercetError
from tercet_shared.ids import ClientId

LOG = logging.getLogger(__name__)

GRACE_S = 10.0
"""A client whose stream broke may come back for its overlays within this time."""

UNSTREAMED_GRACE_S = 60.0
"""A client that sends overlays but never opened a stream is forgotten after this much silence."""


class Presence:
    """`forget` drops what is kept for a client."""

    def __init__(self, forget: Callable[[ClientId], Awaitable[None]], grace_s: float = GRACE_S) -> None:
        self._forget = forget
        self._grace_s = grace_s
        self._streams: Counter[ClientId | None] = Counter()
        self._partings: dict[ClientId, asyncio.Task[None]] = {}
        self._active_at = time.monotonic()

    @property
    def streams(self) -> int:
        return self._streams.total()

    @property
    def clients(self) -> int:
        """Connected clients; streams that name no client count one each."""
        return sum(1 for client in self._streams if client is not None) + self._streams[None]

    def touch(self) -> None:
        """Notes that somebody wants something of the daemon."""
        self._active_at = time.monotonic()

    def idle_s(self) -> float:
        """Seconds since the last request or open stream; 0 while a stream is open."""
        return 0.0 if self.streams else time.monotonic() - self._active_at

    @contextlib.contextmanager
    def stream(self, client_id: ClientId | None) -> Iterator[None]:
        """While inside, the client is connected."""
        self._stay(client_id)
        self._streams[client_id] += 1
        try:
            yield
        finally:
            self._streams[client_id] -= 1
            self.touch()
            if not self._streams[client_id]:
                del self._streams[client_id]
                self._part(client_id, self._grace_s)

    def seen(self, client_id: ClientId) -> None:
        """Renews the time of a client that sends overlays without a stream."""
        if client_id not in self._streams:
            self._part(client_id, UNSTREAMED_GRACE_S)

    async def close(self) -> None:
        tasks = list(self._partings.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _stay(self, client_id: ClientId | None) -> None:
        parting = self._partings.pop(client_id, None) if client_id is not None else None
        if parting is not None:
            parting.cancel()

    def _part(self, client_id: ClientId | None, grace_s: float) -> None:
        if client_id is None:
            return
        self._stay(client_id)
        self._partings[client_id] = asyncio.create_task(self._forget_later(client_id, grace_s))

    async def _forget_later(self, client_id: ClientId, grace_s: float) -> None:
        await asyncio.sleep(grace_s)
        self._partings.pop(client_id, None)
        try:
            await self._forget(client_id)
        except TercetError as error:
            LOG.warning("client %s could not be forgotten: %s", client_id, error.sentence)
