"""Keeps the daemon's overlays equal to the editor's documents: what is wanted is compared with what was sent.

What changes is sent at once; while something is on its way, only the newest of what comes meanwhile is sent next. Sending
can be waited for (`flush`), and starts over with a new daemon (`resend`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from tercet_shared.errors import Conflict, DaemonUnavailable, TercetError

from tercet_lsp.session.folders import Folder, Place

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Overlay:
    """The text of one version of a document."""

    version: int
    text: str


_UNKNOWN = Overlay(-1, "")
"""What a daemon has that did not answer, or that may be another one than before."""


class OverlayStore(Protocol):
    """Where overlays go: the daemon."""

    async def put_overlay(self, place: Place, version: int, text: str) -> None: ...
    async def delete_overlay(self, place: Place) -> None: ...


class Overlays:
    """The wanted and the sent overlays of one session."""

    def __init__(self, store: Callable[[], OverlayStore | None], spawn: Callable[[Coroutine[Any, Any, None]], object]):
        self._store = store
        """The daemon to send to, None while there is none."""
        self._spawn = spawn
        self._wanted: dict[Place, Overlay] = {}
        self._sent: dict[Place, Overlay] = {}
        self._sending = asyncio.Lock()
        self._due = False
        """Somebody will send what is wanted, once what is on its way has arrived."""

    def want(self, place: Place, overlay: Overlay) -> None:
        """The document has this text now."""
        self._wanted[place] = overlay
        self._soon()

    def drop(self, place: Place) -> None:
        """The document is closed: the file on disk counts again."""
        self._wanted.pop(place, None)
        self._soon()

    def drop_folder(self, folder: Folder) -> None:
        """The editor has closed the folder."""
        self._wanted = {place: overlay for place, overlay in self._wanted.items() if place.folder != folder}
        self._soon()

    def wanted(self, place: Place) -> Overlay | None:
        return self._wanted.get(place)

    def count(self) -> int:
        """How many documents are with the daemon, or soon will be."""
        return len(self._wanted)

    async def flush(self) -> None:
        """Sends what the daemon does not have yet. Raises the daemon's errors."""
        async with self._sending:
            self._due = False
            store = self._store()
            if store is None:
                raise DaemonUnavailable("The Tercet daemon is not connected yet. Try again in a moment.")
            await self._send_to(store)

    async def resend(self, store: OverlayStore) -> None:
        """Sends everything, and what is closed by now too: the daemon may be a new one, or the one that was lost."""
        async with self._sending:
            self._sent = dict.fromkeys(self._sent, _UNKNOWN)
            await self._send_to(store)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            self._spawn(self._flush_quietly())

    async def _flush_quietly(self) -> None:
        """As `flush`; where there is no daemon, the next connection sends everything."""
        try:
            await self.flush()
        except TercetError as error:
            logger.info("overlays wait: %s", error)

    async def _send_to(self, store: OverlayStore) -> None:
        for place in {*self._sent, *self._wanted}:
            wanted = self._wanted.get(place)
            if wanted == self._sent.get(place):
                continue
            self._sent[place] = _UNKNOWN
            if wanted is None:
                await store.delete_overlay(place)
                self._sent.pop(place, None)
            elif await self._put(store, place, wanted):
                self._sent[place] = wanted

    async def _put(self, store: OverlayStore, place: Place, overlay: Overlay) -> bool:
        """Whether the daemon took it. A version that does not grow (a document opened anew) starts the overlay over."""
        try:
            await store.put_overlay(place, overlay.version, overlay.text)
        except Conflict:
            await store.delete_overlay(place)
            await store.put_overlay(place, overlay.version, overlay.text)
        except DaemonUnavailable:
            raise
        except TercetError as error:
            logger.warning("no overlay of %s: %s", place.path, error)
            await store.delete_overlay(place)  # better the file than an old text
            return False
        return True
