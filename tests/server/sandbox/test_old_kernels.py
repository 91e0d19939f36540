"""With less Landlock than this kernel has: what an older one can hold, it holds."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tercet_server.ports import Ending, Jail
from tercet_server.sandbox import landlock
from tercet_server.sandbox.identity import Identity, identity_for
from tercet_server.sandbox.process import ProcessSandbox
from tercet_server.sandbox.watchdog import Watchdog

from .conftest import LIMITS, Runner, marked

ABIS = range(1, 6)
SOMEBODY = Identity(54321, 54321)


@pytest.fixture(params=ABIS)
def old(request: pytest.FixtureRequest, jail: Jail) -> Runner:
    if landlock.kernel_abi() < request.param:
        pytest.skip("the kernel's Landlock is older")
    return Runner(ProcessSandbox(Watchdog(), request.param), jail)


async def test_files_outside_stay(old: Runner, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    result = await old(
        "import os, sys, socket\nfor action in ("
        "lambda: open(sys.argv[1]), lambda: os.truncate(sys.argv[1], 0), lambda: os.unlink(sys.argv[1]), socket.socket):\n"
        "    try: action(); print('did')\n    except OSError: print('refused')\nopen('mine', 'w').write('x')",
        str(secret),
    )
    assert result.stdout.split() == [b"refused"] * 4, result
    assert secret.read_text() == "secret"


async def test_the_tree_is_reaped_without_scoped_signals(old: Runner, nothing_left: str):
    result = await old(
        "import os, signal, time\n"
        "for _ in range(5): os.fork() or (os.setsid(), signal.signal(15, signal.SIG_IGN), time.sleep(300))\n"
        "for number in (9, 15, 19):\n    for target in (os.getppid(), -os.getppid(), -1):\n"
        "        try: os.kill(target, number); print('did')\n        except OSError: pass\nprint('end')",
        nothing_left,
    )
    assert (result.ending, result.stdout) == (Ending.EXITED, b"end\n"), result
    assert not marked(nothing_left)


BOMBS = {
    "growing": "f() { f | f & }; f; sleep 0.3",
    "moving": "f() { (f &) }; f; sleep 0.3",
}


@pytest.fixture
def foreign() -> Iterator[Jail]:
    """A copy that belongs to somebody else, below folders that everybody may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="tercet-foreign-"))
    folder.chmod(0o755)
    copy = folder / "copy"
    copy.mkdir()
    os.chown(copy, SOMEBODY.uid, SOMEBODY.gid)
    jail = Jail(copy, copy)
    assert identity_for(jail) == SOMEBODY  # as root nothing would bound the bomb: it would take the whole machine
    yield jail
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else, whose processes the kernel counts")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
async def test_a_fork_bomb_is_swept_up(foreign: Jail, nothing_left: str, bomb: str):
    command = ["/bin/sh", "-c", bomb, nothing_left]
    async with asyncio.timeout(60):
        await ProcessSandbox(Watchdog(), 5).run(foreign, command, replace(LIMITS, processes=8, wall_s=2))
    assert not marked(nothing_left)
