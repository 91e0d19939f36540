"""Sets attacks on a sandbox and says which it contained."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import SandboxFailed

from tercet_server.config import SandboxSettings
from tercet_server.ports import Jail, Sandbox, SandboxResult
from tercet_server.sandbox.hostile.attacks import ATTACKS, PRELUDE, Attack
from tercet_server.sandbox.hostile.orphans import DAEMON_KILLED, orphaned
from tercet_server.sandbox.hostile.scene import Scene, scene

INTERPRETER = tuple(Path(path) for path in dict.fromkeys((sys.prefix, sys.base_prefix)))


@dataclass(frozen=True)
class Outcome:
    """`broken` is what the attack achieved, in words; empty: it was contained."""

    attack: str
    broken: str


NAMES = (*(attack.name for attack in ATTACKS), DAEMON_KILLED)


async def attempt_all(sandbox: Sandbox, settings: SandboxSettings) -> AsyncIterator[Outcome]:
    """One after the other; those that this machine cannot make are left out. `settings` are those of `sandbox`."""
    for attack in ATTACKS:
        if possible(attack):
            yield await attempt(sandbox, attack)
    yield Outcome(DAEMON_KILLED, await orphaned(sandbox.name, settings))


def possible(attack: Attack) -> bool:
    return not attack.x86_64 or os.uname().machine == "x86_64"


async def attempt(sandbox: Sandbox, attack: Attack) -> Outcome:
    """Raises nothing: a sandbox that breaks down has contained nothing."""
    with_scene = scene()
    place = await asyncio.to_thread(with_scene.__enter__)
    try:
        result = await _run(sandbox, attack, place)
        broken = [*_said(attack, result), *await asyncio.to_thread(lambda: list(place.harm()))]
    except SandboxFailed as error:
        broken = [error.sentence]
    finally:
        await asyncio.to_thread(with_scene.__exit__, None, None, None)
    return Outcome(attack.name, "; ".join(dict.fromkeys(broken)))


async def _run(sandbox: Sandbox, attack: Attack, place: Scene) -> SandboxResult:
    jail = Jail(place.copy, place.copy, INTERPRETER)
    program = f"MB = 1024**2\n{PRELUDE}\n{attack.program}"
    targets = place.targets(sandbox.root_inside(jail))
    return await sandbox.run(jail, [sys.executable, "-c", program, targets, f"--{place.word}"], attack.limits)


def _said(attack: Attack, result: SandboxResult) -> list[str]:
    first, *lines = result.stdout.decode(errors="replace").split("\n") if result.stdout else ("",)
    if first != "STARTED":
        return [f"the attack did not start: {result.stderr.decode(errors='replace')[-300:]}"]
    broken = [line.removeprefix("REACHED ") for line in lines if line.startswith("REACHED ")]
    if attack.endings and result.ending not in attack.endings:
        broken.append(f"it ended otherwise than by its limit ({result.ending})")
    return broken
