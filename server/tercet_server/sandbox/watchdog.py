"""Watches running sandboxes from a thread of its own and kills those that pass a limit. Starts and reaps nothing.

A thread, because a deadline must hold even while the event loop is busy, and because reading /proc blocks. It polls
every 20 ms and ends when nothing is left to watch.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tercet_server.ports import Ending, Limits
from tercet_server.sandbox import proctree
from tercet_server.sandbox.disk import WrittenFiles

POLL_S = 0.02
RECOUNT_S = 0.2
"""How long an exact count of memory is trusted that turned out to be below the limit."""


class Account(Protocol):
    """The kernel's own book-keeping of a tree, where there is one."""

    def exceeded(self) -> Ending | None:
        """The limit that the kernel has enforced so far, if any."""
        ...


@dataclass(eq=False)
class Watch:
    """One tree of processes. `ending` says which limit it passed, once it has."""

    root_pid: int | None
    """Host pid of the process that everything in the sandbox descends from; it is not counted itself. None where the
    `account` alone counts."""
    limits: Limits
    kill: Callable[[], None]
    """Kills the whole tree. Called from the watchdog's thread, perhaps more than once."""
    files_bytes: Callable[[], int] = int
    """What the tree's own file systems in memory hold now, which counts as memory."""
    uncounted: int = 0
    """Processes of the tree that belong to the sandbox itself."""
    account: Account | None = None
    written_below: Sequence[Path] = ()
    """Host folders on a disk that the tree may write to."""
    started_at: float = field(default_factory=time.monotonic)
    ending: Ending | None = None
    _counted_at: float = 0.0
    _written: WrittenFiles | None = None

    def restart(self) -> None:
        """Begins to count time, and what is written, now. Blocking."""
        self.started_at = time.monotonic()
        self._written = WrittenFiles(self.written_below, self.limits.disk_bytes)

    def check(self) -> None:
        """Compares the tree with its limits, and kills it if it is over one."""
        ending = self._passed()
        if ending is not None:
            self.ending = self.ending or ending
            self.kill()

    def _passed(self) -> Ending | None:
        if time.monotonic() - self.started_at >= self.limits.wall_s:
            return Ending.TIMEOUT
        if self._written is not None and self._written.exceeded():
            return Ending.DISK
        if self.root_pid is None:
            return self.account.exceeded() if self.account else None
        processes = proctree.descendants(self.root_pid)
        if len(processes) - self.uncounted > self.limits.processes:
            return Ending.PROCESSES
        if self._memory_passed(processes):
            return Ending.MEMORY
        return self.account.exceeded() if self.account else None

    def _memory_passed(self, processes: Sequence[int]) -> bool:
        files = self.files_bytes()
        if files + sum(map(proctree.resident_bytes, processes)) <= self.limits.memory_bytes:
            return False
        if time.monotonic() - self._counted_at < RECOUNT_S:
            return False
        if files + sum(map(proctree.proportional_bytes, processes)) > self.limits.memory_bytes:
            return True
        self._counted_at = time.monotonic()
        return False


class Watchdog:
    """The thread that checks every watch in turn.

    `add` may wait for a lock, so it is called from threads; the others never wait, and are called from the event loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: set[Watch] = set()
        self._disposals: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None

    def add(self, watch: Watch) -> None:
        with self._lock:
            self._watches.add(watch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="sandbox-watchdog", daemon=True)
                self._thread.start()

    def remove(self, watch: Watch) -> None:
        self._watches.discard(watch)

    def dispose(self, release: Callable[[], None]) -> None:
        """Calls `release` when no check is under way that might still use what it releases."""
        if self._thread is None:
            release()
        else:
            self._disposals.append(release)

    def _watch(self) -> None:
        while True:
            while self._disposals:
                self._disposals.popleft()()
            with self._lock:
                watches = tuple(self._watches)
                if not watches and not self._disposals:
                    self._thread = None
                    return
            for watch in watches:
                watch.check()
            time.sleep(POLL_S)
