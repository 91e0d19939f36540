"""A process that stands in for a daemon that is going to be killed; see `orphans`. Run as a program, never imported."""

import asyncio
import sys
from pathlib import Path

from tercet_server.config import SandboxSettings
from tercet_server.ports import Jail, Limits
from tercet_server.sandbox.choosing import BACKENDS
from tercet_server.sandbox.watchdog import Watchdog

TENACIOUS = """
import os, signal, time
for number in (1, 2, 3, 15): signal.signal(number, signal.SIG_IGN)
os.fork() or (os.setsid(), os.fork())
print("ready", flush=True)
time.sleep(600)
"""


async def stand_in(backend: str, settings: SandboxSettings, copy: Path, mark: str) -> None:
    """Opens a sandbox for code that does not want to end, says so, and waits."""
    sandbox = await BACKENDS[backend][1](Watchdog(), settings)
    jail = Jail(copy, copy, tuple(Path(path) for path in dict.fromkeys((sys.prefix, sys.base_prefix))))
    async with sandbox.open(jail, [sys.executable, "-c", TENACIOUS, mark], Limits(wall_s=600)) as process:
        print((await process.receive() or b"").decode(), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(stand_in(sys.argv[1], SandboxSettings.model_validate_json(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]))
