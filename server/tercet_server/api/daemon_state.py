"""What the daemon knows of itself from its first moment: health is answered from here while the services still assemble."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable

from tercet_shared.daemon import Health
from tercet_shared.errors import DaemonUnavailable, TercetError
from tercet_shared.ids import ClientId
from tercet_shared.runs import RESTING_STATES, RunState

from tercet_server.api.presence import Presence
from tercet_server.api.services import Services

LOG = logging.getLogger(__name__)

ASSEMBLY_DEADLINE_S = 20.0
ASSEMBLED_S = 1.0
"""A daemon that is to end while it still assembles waits so long, for what is whole is closed more cleanly."""

CLOSE_S = 2.5
"""After this the daemon ends all the same: what is under way resumes from the ledger."""

WORKING_STATES = [state for state in RunState if state not in RESTING_STATES]

Assemble = Callable[[], Awaitable[Services]]


class DaemonState:
    """`assemble` makes the services; it runs as a task between `start` and `close`."""

    def __init__(self, version: str, assemble: Assemble) -> None:
        self.version = version
        self.presence = Presence(self._forget)
        self.stopping = asyncio.Event()
        """Set when the daemon is to end: by `/shutdown`, a signal, or for lack of use."""
        self._assemble = assemble
        self._assembly: asyncio.Task[Services] | None = None
        self._started = time.monotonic()

    def start(self) -> None:
        """Begins to assemble; returns at once."""

        async def assembled() -> Services:
            try:
                return await self._assemble()
            except TercetError as error:
                LOG.error("the daemon can do nothing: %s", error.sentence)
                raise

        self._assembly = asyncio.create_task(assembled(), name="assemble the services")

    async def services(self) -> Services:
        """The services, once they are there. Raises what hindered their assembly."""
        if self._assembly is None:
            raise DaemonUnavailable("The daemon has not started yet. Try again in a moment.")
        try:
            return await asyncio.wait_for(asyncio.shield(self._assembly), ASSEMBLY_DEADLINE_S)
        except TimeoutError as error:
            raise DaemonUnavailable("The daemon is still starting. Try again in a moment.") from error

    async def active_runs(self) -> int | None:
        """Runs that work now; None while nobody can know."""
        if self._assembly is None or not self._assembly.done():
            return None
        assembled = self._assembled()
        return len(await assembled.ledger.runs(states=WORKING_STATES, limit=1000)) if assembled else 0

    async def health(self) -> Health:
        active = await self.active_runs()
        return Health(
            version=self.version,
            pid=os.getpid(),
            uptime_s=round(time.monotonic() - self._started, 3),
            active_runs=active or 0,
            clients=self.presence.clients,
            idle=active == 0 and self.presence.clients == 0,
        )

    def end_streams(self) -> None:
        """Ends every event stream after what it has still to deliver; clients resume with the next daemon."""
        assembled = self._assembled()
        if assembled is not None:
            assembled.hub.close()

    async def close(self) -> None:
        """Ends streams, then services. Nothing is left running."""
        self.end_streams()
        await self.presence.close()
        if self._assembly is None:
            return
        await asyncio.wait({self._assembly}, timeout=ASSEMBLED_S)
        if not self._assembly.done():
            self._assembly.cancel()
        await asyncio.gather(self._assembly, return_exceptions=True)
        assembled = self._assembled()
        if assembled is not None:
            try:
                await asyncio.wait_for(assembled.close(), CLOSE_S)
            except TimeoutError:
                LOG.warning("the services did not end within %g s", CLOSE_S)

    def _assembled(self) -> Services | None:
        """The services if they are there; None if they are not yet, or never will be."""
        task = self._assembly
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()

    async def _forget(self, client_id: ClientId) -> None:
        try:
            services = await self.services()
        except TercetError:
            return  # nothing was ever kept
        await services.workspaces.forget_client(client_id)
