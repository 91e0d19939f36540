"""Limits hold against code that fights them, and the result says which one was passed."""

import resource
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tercet_server.ports import Ending

from .conftest import AT_ONCE_S, LIMITS, Runner, marked, with_docker

MB = 1024**2

pytestmark = with_docker


async def test_the_deadline_kills_what_ignores_signals(python: Runner, nothing_left: str):
    started = time.monotonic()
    result = await python(
        "import signal, time, os\nfor n in (1, 2, 3, 15): signal.signal(n, signal.SIG_IGN)\n"
        "for _ in range(3): os.fork()\nprint('here', flush=True)\ntime.sleep(60)",
        nothing_left,
        limits=replace(LIMITS, wall_s=2.0),
    )
    assert (result.ending, result.exit_code) == (Ending.TIMEOUT, None)
    assert b"here" in result.stdout
    assert time.monotonic() - started < 2.0 + AT_ONCE_S


async def test_endless_output_neither_hangs_nor_fills_memory(python: Runner):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await python(
        "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "block = b'x' * 65536\nwhile True: os.write(1, block); os.write(2, block)",
        limits=replace(LIMITS, wall_s=1.0),
    )
    assert result.ending is Ending.TIMEOUT
    assert (len(result.stdout), result.stdout_cut, len(result.stderr), result.stderr_cut) == (MB, True, MB, True)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 64 * 1024


async def test_a_gigabyte_of_output_is_read_and_dropped(python: Runner):
    result = await python("import os\nblock = b'x' * 1048576\nfor _ in range(1024): os.write(1, block)")
    assert (result.ending, result.exit_code, len(result.stdout), result.stdout_cut) == (Ending.EXITED, 0, MB, True)


async def test_memory_of_one_process(python: Runner, nothing_left: str):
    result = await python(
        "data = []\nwhile True: data.append(bytearray(b'x') * (10 << 20))",
        nothing_left,
        limits=replace(LIMITS, memory_bytes=200 * MB),
    )
    assert result.ending is Ending.MEMORY


async def test_memory_of_several_processes_together(python: Runner, nothing_left: str):
    result = await python(
        "import os, time\nfor _ in range(7):\n    if os.fork() == 0: break\ndata = bytearray(b'x') * (60 << 20)\ntime.sleep(30)",
        nothing_left,
        limits=replace(LIMITS, memory_bytes=250 * MB),
    )
    assert result.ending is Ending.MEMORY
    assert result.duration_s < 10


async def test_memory_shared_by_many_processes_counts_once(python: Runner):
    result = await python(
        "import os, time\ndata = bytearray(b'x') * (80 << 20)\nfor _ in range(6):\n"
        "    if os.fork() == 0: time.sleep(0.5); os._exit(0)\n"
        "for _ in range(6): os.wait()\nprint('done')",
        limits=replace(LIMITS, memory_bytes=300 * MB),
    )
    assert (result.ending, result.stdout) == (Ending.EXITED, b"done\n"), result


async def test_files_in_memory_are_limited(python: Runner):
    """/tmp and /dev/shm are either of limited size or not there."""
    result = await python(
        "import os\nfor folder in (os.environ['TMPDIR'], '/dev/shm'):\n"
        "    try:\n        for n in range(60):\n            with open(f'{folder}/{n}', 'wb') as f: f.write(b'x' * (10 << 20))\n"
        "        print('filled')\n    except OSError as error: print('refused')",
        limits=replace(LIMITS, memory_bytes=200 * MB),
    )
    if python.sandbox.name == "bubblewrap":
        assert result.stdout == b"refused\nrefused\n" or result.ending is Ending.MEMORY
    else:
        assert b"refused" in result.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", id="fork"),
        pytest.param(
            "import os\nwhile True:\n    try:\n        if os.fork(): os._exit(0)\n"
            "        os.setsid()\n        os.fork()\n    except OSError: pass",
            id="double fork",
        ),
    ],
)
async def test_a_fork_bomb_is_stopped(python: Runner, nothing_left: str, bomb: str):
    result = await python(bomb, nothing_left, limits=replace(LIMITS, wall_s=10, processes=24))
    if "os._exit" not in bomb:
        assert result.ending in {Ending.PROCESSES, Ending.MEMORY}, result.ending
    assert not marked(nothing_left)


async def test_as_many_processes_as_allowed_are_fine(python: Runner):
    result = await python(
        "import os, time\nfor _ in range(10):\n"
        "    if os.fork() == 0: time.sleep(0.3); os._exit(0)\nfor _ in range(10): os.wait()\nprint('done')",
        limits=replace(LIMITS, processes=12),
    )
    assert (result.ending, result.stdout) == (Ending.EXITED, b"done\n")


async def test_a_huge_file_is_refused(python: Runner, copy: Path):
    result = await python(
        "try:\n    with open('huge', 'wb') as file:\n        for _ in range(100): file.write(b'x' * 1048576)\n"
        "except OSError as error: print(error.errno)",
        limits=replace(LIMITS, file_size_bytes=5 * MB),
    )
    assert result.stdout == b"27\n"
    assert (copy / "huge").stat().st_size <= 5 * MB


async def test_processor_time_is_limited(python: Runner):
    result = await python("while True: pass", limits=replace(LIMITS, cpu_s=1, wall_s=20))
    assert result.ending is Ending.TIMEOUT
    assert result.duration_s < 15


async def test_limits_cannot_be_raised(python: Runner):
    result = await python(
        "import resource\nfor name in ('RLIMIT_FSIZE', 'RLIMIT_CORE'):\n"
        "    try: resource.setrlimit(getattr(resource, name), (1 << 40, 1 << 40)); print('raised')\n"
        "    except (ValueError, OSError): print('refused')"
    )
    assert result.stdout == b"refused\nrefused\n"


async def test_what_is_written_to_a_cache_counts(python: Runner, tmp_path: Path):
    cache = tmp_path / "cache"
    cache.mkdir()
    result = await python(
        "import sys, time\nfor number in range(400):\n"
        "    with open(f'{sys.argv[1]}/{number}', 'wb') as file: file.write(b'x' * (1 << 20))\n    time.sleep(0.02)",
        str(cache),
        limits=replace(LIMITS, disk_bytes=64 * MB),
        jail=replace(python.jail, caches=(cache,)),
    )
    assert result.ending is Ending.DISK
