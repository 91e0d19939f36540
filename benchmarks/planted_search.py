"""The baseline: a plain search that knows which file is at fault, tries the planting operators' changes of it in random order,
and takes the first that passes. What planted a fault can mostly undo it, so this is a generous baseline.
"""

import json
import os
import queue
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.planted_faults import Site, sites
from benchmarks.planted_plants import Plant, Project, make_workspace, planted_text
from benchmarks.planted_suite import SCRIPT, environment

PER_TEST_S = 2
RUN_S = 20
"""Processor seconds for the tests of one change."""

WORKERS = 2


@dataclass
class _Search:
    """What the workers share."""

    changes: "queue.SimpleQueue[Site]"
    text: str
    ends: float
    stop: threading.Event = field(default_factory=threading.Event)
    found: str | None = None
    tried: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Found:
    """`text` of the planted file that passes the shown tests, or None."""

    text: str | None
    tried: int
    seconds: float


def search(project: Project, planted: Plant, seed: int, deadline_s: float) -> Found:
    """Two workers, each with its own copy of the workspace."""
    text = planted_text(project, planted)
    changes = _in_random_order(planted, text, seed)
    with tempfile.TemporaryDirectory(prefix="tercet-planted-") as folder:
        roots = [make_workspace(project, planted, Path(folder) / str(number)) for number in range(WORKERS)]
        started = time.monotonic()
        shared = _Search(changes, text, started + deadline_s)
        threads = [threading.Thread(target=_work, args=(shared, project, planted, root)) for root in roots]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Found(shared.found, shared.tried, time.monotonic() - started)


def _in_random_order(planted: Plant, text: str, seed: int) -> "queue.SimpleQueue[Site]":
    found = list(sites(planted.fault.path, text))
    random.Random(f"{seed}/{planted.name}/search").shuffle(found)
    changes: queue.SimpleQueue[Site] = queue.SimpleQueue()
    for site in found:
        changes.put(site)
    return changes


def _work(shared: _Search, project: Project, planted: Plant, root: Path) -> None:
    command = [project.python, str(SCRIPT), "serve", str(PER_TEST_S)]
    server = subprocess.Popen(
        command,
        cwd=root,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    stopper = threading.Timer(max(0.0, shared.ends - time.monotonic()), _end, (server,))
    stopper.start()
    try:
        for text in _texts(shared):
            if _passes(server, planted, project.library.tests, text):
                with shared.lock:
                    shared.found = shared.found or text
                shared.stop.set()
    except (OSError, ValueError):
        return  # the time is over, and the server was ended
    finally:
        stopper.cancel()
        _end(server)


def _texts(shared: _Search) -> Iterator[str]:
    while not shared.stop.is_set() and time.monotonic() < shared.ends:
        try:
            fault = shared.changes.get_nowait().fault(shared.text)
        except queue.Empty:
            return
        if fault is not None:
            with shared.lock:
                shared.tried += 1
            yield fault.apply(shared.text)


def _passes(server: "subprocess.Popen[str]", planted: Plant, tests: str, text: str) -> bool:
    """What failed first, then everything. Raises OSError or ValueError if the server has ended."""
    runs = [planted.shown_failing, [tests]]
    asked = {"path": planted.fault.path, "text": text, "runs": runs, "seconds": RUN_S}
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(asked) + "\n")
    server.stdin.flush()
    return bool(json.loads(server.stdout.readline()))


def _end(server: "subprocess.Popen[str]") -> None:
    """With the forks in its session."""
    if server.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    for stream in (server.stdin, server.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
