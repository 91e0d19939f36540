"""Measures how much a sandboxed tree has written to the host's disk: what it adds to the private copy has no other bound.

A look costs two system calls. The files are looked through when the disk itself has lost more than the limit, for other
programs write to it too; and from time to time in any case, for they also remove what they have written, and then the disk
loses nothing. Blocking: called from the watchdog's thread.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

ENTRY_BYTES = 4096
"""What a file costs at least, though it be empty."""
RECOUNT_S = 1.0
UNSUSPECTED_S = 5.0
"""How long the disk alone is trusted."""
CLOCK_S = 0.1
"""By so much a file system's clock may be behind."""


class WrittenFiles:
    """What is written below `roots` from now on."""

    def __init__(self, roots: Sequence[Path], limit_bytes: int) -> None:
        self._roots = roots
        self._limit_bytes = limit_bytes
        self._since = time.time() - CLOCK_S
        self._used = self._on_disks()
        self._counted_at = time.monotonic() - RECOUNT_S

    def exceeded(self) -> bool:
        used = self._on_disks()
        self._used = min(self._used, used)
        trusted_s = RECOUNT_S if used - self._used > self._limit_bytes else UNSUSPECTED_S
        if time.monotonic() - self._counted_at < trusted_s:
            return False
        written = 0
        for size in self._sizes():
            written += size
            if written > self._limit_bytes:
                return True
        self._counted_at = time.monotonic()
        return False

    def _on_disks(self) -> int:
        """What is in use on the file systems of the roots, each counted once."""
        used = {}
        for root in self._roots:
            with suppress(OSError):
                found = os.statvfs(root)
                blocks = (found.f_blocks - found.f_bfree) * found.f_frsize
                used[found.f_fsid] = blocks + (found.f_files - found.f_ffree) * ENTRY_BYTES
        return sum(used.values())

    def _sizes(self) -> Iterator[int]:
        """Of everything that was made or changed; a file's time of change cannot be set back."""
        waiting = [*map(str, self._roots)]
        while waiting:
            with suppress(OSError), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    with suppress(OSError):  # gone meanwhile: the others of its folder still count
                        found = entry.stat(follow_symlinks=False)
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
                        if found.st_ctime >= self._since:
                            yield max(ENTRY_BYTES, found.st_blocks * 512)
