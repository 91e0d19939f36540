"""Follows a run until it rests, through a daemon that restarts and a person who presses Ctrl-C.

The first Ctrl-C cancels the run and waits for its end; the second stops waiting.
"""

import asyncio
import signal
from types import FrameType, TracebackType
from typing import Self

from tercet_shared.errors import DaemonUnavailable
from tercet_shared.events import EventType
from tercet_shared.ids import RunId
from tercet_shared.runs import RESTING_STATES, Run, RunState

from tercet_server.cli.progress import Watch
from tercet_server.cli.session import Session

RECONNECTS = 3
"""A daemon that dies more often than this during one run has a reason; the person should see it."""


class LeftRunning(Exception):
    """The person went away and the run goes on."""


class Interrupts:
    """Counts Ctrl-C while a run is followed, instead of letting it end the process."""

    def __init__(self) -> None:
        self._presses: asyncio.Queue[None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    async def next(self) -> None:
        await self._presses.get()

    def _press(self, number: int, frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._presses.put_nowait, None)


async def follow(session: Session, run_id: RunId, watch: Watch, after: int = 0) -> Run:
    """The run as it rests, later than the event of that number.

    Raises LeftRunning at the second Ctrl-C, DaemonUnavailable if the daemon stays away.
    """
    with Interrupts() as interrupts, watch:
        resting = asyncio.create_task(until_rest(session, run_id, watch, after))
        try:
            if await _first_of(resting, interrupts):
                return resting.result()
            watch.say("Cancelling. Press Ctrl-C again to stop waiting for it.")
            await session.client.cancel_run(run_id)
            if await _first_of(resting, interrupts):
                return resting.result()
        finally:
            resting.cancel()
    raise LeftRunning(
        f"The run may still be going on: `tercet show {run_id}` tells, `tercet cancel {run_id}` cancels it."
    )


async def _first_of(resting: "asyncio.Task[Run]", interrupts: Interrupts) -> bool:
    """Whether the run came to rest, rather than Ctrl-C being pressed."""
    pressed = asyncio.create_task(interrupts.next())
    try:
        await asyncio.wait({resting, pressed}, return_when=asyncio.FIRST_COMPLETED)
        return resting.done()
    finally:
        pressed.cancel()


async def until_rest(session: Session, run_id: RunId, watch: Watch, seen: int = 0) -> Run:
    """The run as it rests, whoever presses what. Raises DaemonUnavailable if the daemon stays away."""
    for reconnects_left in reversed(range(RECONNECTS + 1)):
        try:
            async for event in session.client.follow_run(run_id, seen):
                seen = event.seq
                watch.show(event)
                if event.type is EventType.RUN_STATE and RunState(event.data["state"]) in RESTING_STATES:
                    return await session.client.run(run_id)
        except DaemonUnavailable:
            if not reconnects_left:
                raise
            watch.say("The daemon went away; starting it again. The run goes on where it was.")
            await session.reconnect()
    raise AssertionError("the last attempt returns or raises")


async def begin_of_round(session: Session, run: Run) -> int:
    """The number of the event before which lies what came of the run's earlier rounds."""
    if not run.round:
        return 0
    events = await session.client.run_events(run.id)
    return next(each.seq for each in events if each.type is EventType.RUN_TAKEN_UP and each.data["round"] == run.round)
