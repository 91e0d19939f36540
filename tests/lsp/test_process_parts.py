"""The pipes and the parent: what the process stands on."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tercet_lsp import parent
from tercet_lsp.stdio import PipeReader, PipeWriter


async def test_what_is_written_arrives_in_order_and_the_end_is_an_end():
    read_end, write_end = os.pipe()
    reader, writer = PipeReader(read_end), PipeWriter(write_end)
    for number in range(1000):
        writer.write(b"%d\n" % number)
    await asyncio.to_thread(writer.flush)
    os.close(write_end)
    assert await reader.stream.read() == b"".join(b"%d\n" % number for number in range(1000))
    os.close(read_end)


async def test_an_editor_that_does_not_read_holds_nothing_up():
    read_end, write_end = os.pipe()
    writer = PipeWriter(write_end)
    writer.write(b"x" * 10_000_000)  # far more than a pipe holds
    os.close(read_end)
    await asyncio.to_thread(writer.flush)
    writer.write(b"nobody reads this")
    os.close(write_end)


@pytest.mark.parametrize("watch", [parent.death_of, parent._signal_zero])
async def test_the_end_of_a_process_is_noticed(watch: Callable[[int], Coroutine[Any, Any, None]]):
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    watching = asyncio.create_task(watch(process.pid))
    await asyncio.sleep(0)
    assert not watching.done()
    process.kill()
    await process.wait()
    await asyncio.wait_for(watching, 30)


async def test_a_process_that_is_not_there_is_waited_for_in_vain():
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    await process.wait()
    watching = asyncio.create_task(parent.death_of(process.pid))
    await asyncio.sleep(0.05)
    assert not watching.done()
    watching.cancel()
