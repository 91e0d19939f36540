"""However a sandbox ends, nothing of it is left: no process, no folder, no descriptor."""

import asyncio
import glob
import os
import signal
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tercet_server.config import SandboxSettings
from tercet_server.ports import Ending, Sandbox
from tercet_server.sandbox import scratch

from .conftest import AT_ONCE_S, INTERPRETER, LIMITS, Runner, marked, until, with_docker

DAEMONS = {
    "child": "os.fork() or time.sleep(300)",
    "new session": "os.fork() or (os.setsid(), time.sleep(300))",
    "double fork": "os.fork() or (os.setsid(), os.fork() and os._exit(0), os.close(0), os.close(1), os.close(2), time.sleep(300))",
    "ignores signals": "os.fork() or ([signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 15)], time.sleep(300))",
    "stopped": "os.fork() or os.kill(os.getpid(), signal.SIGSTOP)",
}
HOLD = "print('ready', flush=True); time.sleep(300)"


def held_by_us() -> tuple[set[str], int]:
    return set(os.listdir("/proc/self/fd")), threading.active_count()


def running_code(mark: str) -> list[psutil.Process]:
    """Marked processes that are the interpreter, not what started it."""
    return [process for process in marked(mark) if "python" in process.name()]


def own_folders() -> list[str]:
    return glob.glob(f"{tempfile.gettempdir()}/{scratch.PREFIX}{scratch.owner_tag()}-*")


@pytest.mark.parametrize("daemon", DAEMONS.values(), ids=DAEMONS)
async def test_what_the_command_leaves_running_ends_with_it(python: Runner, nothing_left: str, daemon: str):
    result = await python(f"import os, signal, time\n{daemon}\ntime.sleep(0.1)\nprint('done')", nothing_left)
    assert (result.ending, result.stdout) == (Ending.EXITED, b"done\n"), result
    assert not marked(nothing_left)
    assert own_folders() == []


@pytest.mark.parametrize("daemon", DAEMONS.values(), ids=DAEMONS)
async def test_a_cancel_kills_at_once(python: Runner, nothing_left: str, daemon: str):
    running = asyncio.ensure_future(python(f"import os, signal, time\n{daemon}\n{HOLD}", nothing_left))
    await until(lambda: len(marked(nothing_left)) >= 2)
    started = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - started < AT_ONCE_S
    assert not marked(nothing_left)
    assert own_folders() == []


@pytest.mark.parametrize("steps", range(0, 40, 3))
async def test_a_cancel_while_starting_leaves_nothing(python: Runner, nothing_left: str, steps: int):
    running = asyncio.ensure_future(python(f"import time\n{HOLD}", nothing_left))
    for _ in range(steps):
        await asyncio.sleep(0)
    await asyncio.sleep(steps / 2000)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not marked(nothing_left)
    assert own_folders() == []


@with_docker
async def test_cancelling_twice_changes_nothing(python: Runner, nothing_left: str):
    running = asyncio.ensure_future(python(f"import time\n{HOLD}", nothing_left))
    await until(lambda: bool(marked(nothing_left)))
    for _ in range(3):
        running.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not marked(nothing_left)


async def test_twenty_at_a_time_leak_nothing(python: Runner, nothing_left: str):
    await python("pass")  # threads and descriptors that are made once
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(None, time.sleep, 0.05) for _ in range(40)))
    descriptors, _ = held_by_us()
    program = "import os, time, sys\nos.fork() or (os.setsid(), time.sleep(300))\nprint(sys.argv[2] * 10)"
    results = await asyncio.gather(*(python(program, nothing_left, str(n)) for n in range(20)))
    assert [result.stdout.decode() for result in results] == [f"{str(n) * 10}\n" for n in range(20)]
    assert not marked(nothing_left)
    await until(lambda: not {thread.name for thread in threading.enumerate()} & {"sandbox-watchdog"})
    await until(lambda: len(held_by_us()[0]) <= len(descriptors))
    assert own_folders() == []


async def test_hostile_modes_do_not_keep_the_private_folder(python: Runner):
    await python(
        "import os; os.makedirs(os.environ['TMPDIR'] + '/a/b', 0o000); os.makedirs(os.environ['HOME'] + '/c', 0)"
    )
    assert own_folders() == []


DAEMON = """
import asyncio, sys
from pathlib import Path
from tercet_server.config import SandboxSettings
from tercet_server.ports import Jail, Limits
from tercet_server.sandbox import choosing
from tercet_server.sandbox.watchdog import Watchdog

async def main():
    backend, docker_host, copy, mark, program = sys.argv[1:6]
    sandbox = await choosing.BACKENDS[backend][1](Watchdog(), SandboxSettings(docker_host=docker_host))
    jail = Jail(Path(copy), Path("/workspace"), tuple(map(Path, sys.argv[6:])))
    async with sandbox.open(jail, [sys.executable, "-c", program, mark], Limits(wall_s=300)) as process:
        print((await process.receive()).decode(), flush=True)
        await asyncio.sleep(300)

asyncio.run(main())
"""


@with_docker
@pytest.mark.parametrize("daemon", DAEMONS.values(), ids=DAEMONS)
async def test_a_killed_daemon_takes_its_sandboxes_with_it(
    sandbox: Sandbox, settings: SandboxSettings, copy: Path, nothing_left: str, daemon: str
):
    program = f"import os, signal, time\n{daemon}\n{HOLD}"
    host = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-c",
            DAEMON,
            sandbox.name,
            settings.docker_host,
            str(copy),
            nothing_left,
            program,
            *map(str, INTERPRETER),
        ),
        stdout=asyncio.subprocess.PIPE,
    )
    assert host.stdout is not None
    assert await asyncio.wait_for(host.stdout.readline(), 20) == b"ready\n"
    assert len(marked(nothing_left)) >= 2
    host.kill()
    await host.wait()
    await until(lambda: not marked(nothing_left))
    await asyncio.to_thread(scratch.sweep)
    assert not glob.glob(f"{tempfile.gettempdir()}/{scratch.PREFIX}{host.pid}.*")


@with_docker
async def test_code_cannot_kill_what_watches_it(python: Runner, nothing_left: str):
    """Whatever it does to its parents, the sandbox ends in order."""
    result = await python(
        "import os, signal, time\nos.fork() or (os.setsid(), time.sleep(300))\n"
        "for target in {os.getppid() or 1, 1}:\n    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):\n"
        "        try: os.kill(target, number)\n        except OSError: pass\nprint('alive', flush=True)",
        nothing_left,
    )
    assert (result.ending, result.stdout) == (Ending.EXITED, b"alive\n"), result
    assert not marked(nothing_left)


@with_docker
async def test_a_supervisor_killed_from_outside_is_an_error_or_an_end(python: Runner, nothing_left: str):
    """The system may kill anything when memory runs out: it must not hang the daemon."""
    running = asyncio.ensure_future(python(f"import time\n{HOLD}", nothing_left))
    await until(lambda: bool(running_code(nothing_left)))
    victim = min(marked(nothing_left), key=lambda process: process.pid)
    os.kill(victim.pid, signal.SIGKILL)
    done, _ = await asyncio.wait([running], timeout=30)
    assert done
    running.exception()


def test_sweeping_keeps_what_a_living_daemon_uses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    mine = scratch.make(None)
    dead = tmp_path / f"{scratch.PREFIX}999999999.1-x"
    reused = tmp_path / f"{scratch.PREFIX}{os.getpid()}.1-x"
    foreign = tmp_path / f"{scratch.PREFIX}unknown"
    link = tmp_path / f"{scratch.PREFIX}999999999.2-x"
    for folder in (dead, reused, foreign):
        (folder / "home").mkdir(parents=True)
    link.symlink_to(mine)
    scratch.sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in (mine, foreign, link))


@with_docker
async def test_the_loop_may_be_busy_and_the_deadline_holds(python: Runner, nothing_left: str):
    running = asyncio.ensure_future(python(f"import time\n{HOLD}", nothing_left, limits=replace(LIMITS, wall_s=2.0)))
    await until(lambda: bool(running_code(nothing_left)))
    deadline = time.monotonic() + 20
    while marked(nothing_left) and time.monotonic() < deadline:
        pass  # the loop does nothing else meanwhile
    assert not marked(nothing_left)
    assert (await running).ending is Ending.TIMEOUT
