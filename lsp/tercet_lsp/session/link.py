"""The connection to the user's daemon: finds or starts it, follows its events, and comes back after every break.

Imported late (pydantic, httpx). Decides nothing about what the events mean.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import httpx
from tercet_shared.client import DaemonClient
from tercet_shared.discovery import ensure_daemon
from tercet_shared.errors import DaemonUnavailable, TercetError
from tercet_shared.events import Event, FindingsChanged
from tercet_shared.ids import ClientId

from tercet_lsp.session.daemon import Daemon
from tercet_lsp.session.folders import Folders

ANSWER_DEADLINE_S = 20.0
"""How long a command waits for a daemon that is being started, or started again."""

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0

_Answer = TypeVar("_Answer")

logger = logging.getLogger(__name__)


class Follower(Protocol):
    """Who is told what comes over the link."""

    async def connected(self, daemon: Daemon) -> None:
        """A daemon that knows nothing of this client yet. Once this returns, it counts as ready."""
        ...

    async def happened(self, daemon: Daemon, event: Event) -> None: ...

    async def findings_changed(self, daemon: Daemon, notice: FindingsChanged) -> None: ...

    def ready(self, daemon: Daemon) -> None:
        """From now on questions are answered."""
        ...

    def lost(self, problem: TercetError) -> None:
        """The daemon went away, or none was found; it is tried again."""
        ...

    def unreachable(self, error: TercetError) -> None:
        """No daemon could be found or started, for now, more than once."""
        ...


class Link:
    """Keeps exactly one connection for as long as `run` runs."""

    def __init__(self, follower: Follower, client_id: ClientId, folders: Folders) -> None:
        self._follower = follower
        self._client_id = client_id
        self._folders = folders
        self._last_seq: int | None = None
        self._daemon: Daemon | None = None
        self._ready = asyncio.Event()
        self._suspect = asyncio.Event()
        self._problem: TercetError | None = None
        self._closed = False

    @property
    def current(self) -> Daemon | None:
        """The daemon that is ready now."""
        return self._daemon

    def close(self) -> None:
        """Connects no more; `run` is to be cancelled next.

        Said beforehand, for before Python 3.13 a task group that is ending already, since the daemon went away in the same
        moment, swallows the cancellation.
        """
        self._closed = True

    async def run(self) -> None:
        """Connects, follows, connects again, until cancelled."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                record = await ensure_daemon()
                async with DaemonClient(record) as client:
                    pause_s = _FIRST_PAUSE_S
                    await self._follow(Daemon(client, self._client_id, self._folders, record))
            except* TercetError as broken:
                self._problem = _first(broken)
                logger.info("not connected: %s", self._problem)
                self._follower.lost(self._problem)
                if pause_s > _FIRST_PAUSE_S:
                    self._follower.unreachable(self._problem)
            except* ValueError as broken:  # what pydantic raises for an answer that it does not know
                logger.error("the daemon speaks another language: %s", broken.exceptions)
            if self._closed:
                return
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def ask(self, question: Callable[[Daemon], Awaitable[_Answer]], *, repeatable: bool = True) -> _Answer:
        """The daemon's answer; asked once more if the daemon went away, unless the question may have been heard.

        Raises the daemon's errors, and DaemonUnavailable when there is none in time.
        """
        daemon = await self._ready_daemon()
        try:
            return await question(daemon)
        except DaemonUnavailable as error:
            never_heard = isinstance(error.__cause__, httpx.ConnectError)
            if not (repeatable or never_heard):
                raise
            self._doubt(daemon)
        return await question(await self._ready_daemon())

    # -- parts ------------------------------------------------------------------------------------------------------

    async def _ready_daemon(self) -> Daemon:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                await self._ready.wait()
        if self._daemon is None:
            raise self._problem or DaemonUnavailable(
                "The Tercet daemon does not answer. `tercet doctor` in a terminal says why."
            )
        return self._daemon

    def _doubt(self, daemon: Daemon) -> None:
        """A request failed: whatever the event stream says, connect anew."""
        if self._daemon is daemon:
            self._not_ready()
            self._suspect.set()

    def _not_ready(self) -> None:
        self._daemon = None
        self._ready.clear()

    async def _follow(self, daemon: Daemon) -> None:
        """Until the stream breaks, which raises."""
        inbox: asyncio.Queue[Event | FindingsChanged] = asyncio.Queue()
        opened = asyncio.Event()
        self._suspect.clear()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(daemon, inbox, opened))
                tasks.create_task(self._digest(daemon, inbox, opened))
                tasks.create_task(self._until_suspect())
        finally:
            self._not_ready()

    async def _read(
        self, daemon: Daemon, inbox: "asyncio.Queue[Event | FindingsChanged]", opened: asyncio.Event
    ) -> None:
        stream = daemon.client.events(self._last_seq, client_id=self._client_id, opened=opened.set)
        async for event in stream:
            inbox.put_nowait(event)
        raise DaemonUnavailable("The Tercet daemon has ended; it is started again.")

    async def _digest(
        self, daemon: Daemon, inbox: "asyncio.Queue[Event | FindingsChanged]", opened: asyncio.Event
    ) -> None:
        """What came since the stream opened is held back until the follower has asked how things stand."""
        await opened.wait()
        await self._follower.connected(daemon)
        self._daemon, self._problem = daemon, None
        self._ready.set()
        self._follower.ready(daemon)
        while True:
            await self._hand_on(daemon, await inbox.get())

    async def _hand_on(self, daemon: Daemon, event: Event | FindingsChanged) -> None:
        try:
            if isinstance(event, Event):
                await self._follower.happened(daemon, event)
                self._last_seq = event.seq
            else:
                await self._follower.findings_changed(daemon, event)
        except DaemonUnavailable:
            raise
        except TercetError as error:
            logger.warning("%s could not be looked up: %s", event, error)

    async def _until_suspect(self) -> None:
        await self._suspect.wait()
        raise DaemonUnavailable("The Tercet daemon did not answer a request.")


def _first(group: BaseExceptionGroup[TercetError]) -> TercetError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, TercetError)
    return error
