"""A kept process: lines in, lines out, and no way to hang or fill the daemon."""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest
from tercet_server.ports import Jail, Limits, Sandbox, SandboxProcess
from tercet_shared.errors import SandboxFailed

from .conftest import AT_ONCE_S, LIMITS, marked

Kept = Callable[..., AbstractAsyncContextManager[SandboxProcess]]
ECHO = """
import sys
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(b"<" + line.rstrip() + b">\\n")
    sys.stdout.flush()
"""


@pytest.fixture
def keep(sandbox: Sandbox, jail: Jail, nothing_left: str) -> Kept:
    def opened(program: str, limits: Limits = LIMITS) -> AbstractAsyncContextManager[SandboxProcess]:
        return sandbox.open(jail, [sys.executable, "-c", program, nothing_left], limits)

    return opened


async def send_until_refused(process: SandboxProcess) -> None:
    """What is sent right after the end may still fit into the pipe."""
    for _ in range(1000):
        await process.send(b"x" * 100_000)


async def test_lines_go_in_and_out(keep: Kept):
    async with keep(ECHO) as process:
        for number in range(200):
            await process.send(f"line {number}".encode())
            assert await process.receive() == f"<line {number}>".encode()


async def test_many_lines_wait_in_order(keep: Kept):
    async with keep("for n in range(10000): print(n)") as process:
        lines = [await process.receive() for _ in range(10_000)]
        assert lines == [str(n).encode() for n in range(10_000)]
        assert await process.receive() is None
        assert await process.receive() is None


async def test_long_lines_travel_whole(keep: Kept):
    line = bytes(range(11, 250)) * 80_000
    async with keep(ECHO, replace(LIMITS, wall_s=60)) as process:
        await process.send(line)
        assert await process.receive() == b"<" + line + b">"


async def test_sending_while_the_other_side_only_writes_does_not_hang(keep: Kept):
    """Both pipes fill up at once if one of the two sides does not read."""
    program = (
        "import sys\nblock = 'x' * 1000\nfor _ in range(20000): print(block)\n"
        "sys.stdout.flush()\nprint(len(sys.stdin.readline()))"
    )
    async with keep(program) as process, asyncio.timeout(20):
        await process.send(b"y" * 5_000_000)
        lines = [await process.receive() for _ in range(20_001)]
        assert lines[-1] == b"5000001"


async def test_what_is_no_line_is_not_sent(keep: Kept):
    async with keep(ECHO) as process:
        with pytest.raises(ValueError, match="one line"):
            await process.send(b"two\nlines")


async def test_an_unfinished_line_is_no_line(keep: Kept):
    async with keep("print('whole'); print('half', end='')") as process:
        assert [await process.receive(), await process.receive()] == [b"whole", None]


async def test_a_line_without_end_is_given_up(keep: Kept):
    async with keep("import os\nblock = b'x' * 1048576\nwhile True: os.write(1, block)") as process:
        with pytest.raises(SandboxFailed, match="64 MiB"):
            await asyncio.wait_for(process.receive(), 30)


async def test_the_end_of_the_process_is_told(keep: Kept):
    async with keep("raise SystemExit(3)") as process:
        assert await process.receive() is None
        with pytest.raises(SandboxFailed, match="ended"):
            await send_until_refused(process)


@pytest.mark.parametrize(
    ("program", "limits", "said"),
    [
        ("raise SystemExit(3)", LIMITS, "ended with exit code 3"),
        ("import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()", LIMITS, "signal 6"),
        ("import time; time.sleep(300)", replace(LIMITS, wall_s=0.3), "over its limit: timeout"),
    ],
)
async def test_a_silent_end_explains_itself(keep: Kept, program: str, limits: Limits, said: str):
    async with keep(program, limits) as process:
        assert process.how_it_ended() == ""
        assert await asyncio.wait_for(process.receive(), 30) is None
        assert said in process.how_it_ended()
        assert await process.receive() is None


async def test_the_last_words_are_known_at_the_end(keep: Kept):
    async with keep("import os; os.close(1); os.write(2, b'x' * 200_000); os.write(2, b'bye')") as process:
        assert await process.receive() is None
        assert process.stderr_tail().endswith(b"bye")


async def test_the_tail_of_stderr_is_kept(keep: Kept):
    async with keep("import sys\nfor n in range(50000): print('error', n, file=sys.stderr)\nprint('done')") as process:
        assert await process.receive() == b"done"
        assert await process.receive() is None
        async with asyncio.timeout(20):
            while not process.stderr_tail().endswith(b"error 49999\n"):
                await asyncio.sleep(0.005)
        assert len(process.stderr_tail()) == 64 * 1024


async def test_leaving_kills_at_once(keep: Kept, nothing_left: str):
    program = (
        "import os, signal, time\n[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 13, 15)]\n"
        "os.fork() or (os.setsid(), os.fork())\nprint('ready', flush=True)\nwhile True: os.write(2, b'x' * 65536)"
    )
    async with keep(program) as process:
        await process.receive()
        await process.receive()
        started = time.monotonic()
    assert time.monotonic() - started < AT_ONCE_S
    assert not marked(nothing_left)


async def test_an_error_of_the_caller_ends_it_too(keep: Kept, nothing_left: str):
    async def break_down() -> None:
        async with keep("import time; print('ready', flush=True); time.sleep(300)") as process:
            await process.receive()
            raise KeyError

    with pytest.raises(KeyError):
        await break_down()
    assert not marked(nothing_left)


async def test_a_cancel_while_waiting_for_a_line(keep: Kept, nothing_left: str):
    ready = asyncio.Event()

    async def talk() -> None:
        async with keep("import time; print('ready', flush=True); time.sleep(300)") as process:
            await process.receive()
            ready.set()
            await process.receive()

    talking = asyncio.ensure_future(talk())
    await ready.wait()
    started = time.monotonic()
    talking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await talking
    assert time.monotonic() - started < AT_ONCE_S
    assert not marked(nothing_left)


async def test_the_deadline_ends_the_conversation(keep: Kept):
    async with keep("import time; print('ready', flush=True); time.sleep(300)", replace(LIMITS, wall_s=2.0)) as process:
        assert await process.receive() == b"ready"
        assert await asyncio.wait_for(process.receive(), 20) is None
        with pytest.raises(SandboxFailed, match="deadline"):
            await send_until_refused(process)
