"""Reads processes and their memory out of /proc. Sends no signals and decides nothing.

Everything here races with the processes it looks at: one that is gone counts nothing. Blocking, but short: call it
from a thread. Systems without /proc have no descendants.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

PROC = Path("/proc")


def descendants(root_pid: int) -> list[int]:
    """Every process below `root_pid`, which itself is left out."""
    children_of = _children_by_kernel if _kernel_lists_children() else _children_by_scan()
    found: list[int] = []
    seen = {root_pid}
    waiting = [root_pid]
    while waiting:
        new = [pid for pid in children_of(waiting.pop()) if pid not in seen]
        seen.update(new)
        found += new
        waiting += new
    return found


def resident_bytes(pid: int) -> int:
    """Resident memory, shared pages counted in full: cheap, and never less than what the process costs."""
    with suppress(OSError, ValueError, IndexError):
        return int(_read(PROC / str(pid) / "statm").split()[1]) * _page_size()
    return 0


def proportional_bytes(pid: int) -> int:
    """Memory that cannot be dropped, each shared page divided by its users; walks page tables, so it is not for every poll."""
    try:
        lines = _read(PROC / str(pid) / "smaps_rollup").splitlines()
    except OSError:
        return resident_bytes(pid)  # gone, or it hides its memory map: then it counts in full
    parts = [line.split() for line in lines if line.startswith((b"Pss_Anon:", b"Pss_Shmem:"))]
    return sum(int(part[1]) * 1024 for part in parts) if parts else resident_bytes(pid)


def tasks_of(uid: int) -> int:
    """How many processes and threads a user has."""
    count = 0
    for name in os.listdir(PROC) if PROC.is_dir() else ():
        if name.isdigit():
            with suppress(OSError):
                if os.stat(PROC / name).st_uid == uid:
                    count += len(os.listdir(PROC / name / "task"))
    return count


def start_time(pid: int) -> int:
    """When a process started, in clock ticks since boot; 0 if there is none. With the pid it names a process for good."""
    with suppress(OSError, ValueError, IndexError):
        return int(_read(PROC / str(pid) / "stat").rpartition(b")")[2].split()[19])
    return 0


def _children_by_kernel(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for thread in os.listdir(PROC / str(pid) / "task"):
            with suppress(OSError):
                yield from map(int, _read(PROC / str(pid) / "task" / thread / "children").split())


class _children_by_scan:  # noqa: N801  # stands in for the function above
    """For kernels without CONFIG_PROC_CHILDREN: one pass over all processes."""

    def __init__(self) -> None:
        self._children: defaultdict[int, list[int]] = defaultdict(list)
        for name in os.listdir(PROC) if PROC.is_dir() else ():
            if name.isdigit():
                with suppress(OSError, ValueError, IndexError):
                    parent = int(_read(PROC / name / "stat").rpartition(b")")[2].split()[1])
                    self._children[parent].append(int(name))

    def __call__(self, pid: int) -> list[int]:
        return self._children[pid]


@cache
def _kernel_lists_children() -> bool:
    return (PROC / "self/task" / str(os.getpid()) / "children").exists()


@cache
def _page_size() -> int:
    return os.sysconf("SC_PAGE_SIZE")


def _read(path: Path) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()
