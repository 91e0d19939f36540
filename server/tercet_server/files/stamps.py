"""Stamps tell without reading whether a file is still what it was."""

import os
import time
from typing import NamedTuple

_CLOCK_TICK_NS = 50_000_000
"""Two changes within one tick of the kernel's clock (1-10 ms; here with room to spare) carry the same times."""


class Stamp(NamedTuple):
    """What changes when a file changes: nobody but root can set the change time, so equal stamps mean equal contents."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int
    mode: int
    links: int


def stamp(status: os.stat_result) -> Stamp | None:
    """None while the file is so fresh that another change could carry the same times."""
    if status.st_ctime_ns > time.time_ns() - _CLOCK_TICK_NS:
        return None
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode, status.st_nlink)
