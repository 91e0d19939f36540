"""One daemon per user: a lock on a file in the home, which the system releases however its holder ends.

Standard library only: it is held before anything heavy is loaded.
"""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

LOCK_NAME = "daemon.lock"


class DaemonLock:
    """Held from `acquire` until the end of the context, or of the process. Use as a context manager."""

    def __init__(self, home: Path) -> None:
        self._descriptor = os.open(home / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)

    def acquire(self) -> bool:
        """Takes the lock if nobody holds it; never waits."""
        try:
            _lock(self._descriptor)
        except OSError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
