"""A program that does one thing with runs and is killed in the middle: `python -m ... ROOT HOME event KIND STATE`, or
`... ROOT HOME write PROPOSAL FILE`. It kills itself (SIGKILL) at the event, or right before FILE would be written."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tercet_shared.events import Event
from tercet_shared.ids import ProposalId

from tests.doubles.function_tests import ReplacingProposer
from tests.server.runs.conftest import REPAIRS, opened_world


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def die_at_event(root: Path, home: Path, kind: str, state: str) -> None:
    async with opened_world(root, home, [ReplacingProposer(REPAIRS)]) as world, world.hub.subscribe() as messages:
        await world.service.start(world.request())
        async for message in messages:
            if isinstance(message, Event) and message.type == kind and message.data.get("state", "") == state:
                die()


async def die_at_write(root: Path, home: Path, proposal_id: str, file: str) -> None:
    async def before_write(path: str) -> None:
        if path == file:
            die()

    async with opened_world(root, home) as world:
        world.workspaces.before_write = before_write
        await world.applier.apply(ProposalId(proposal_id), None)


if __name__ == "__main__":
    _, root, home, what, *details = sys.argv
    work = die_at_event if what == "event" else die_at_write
    asyncio.run(work(Path(root), Path(home), *details))
