"""Bounds on one call of explored code: processor time, memory, recursion, and nothing that reaches beyond the process."""

from __future__ import annotations

import contextlib
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

CALL_S = 0.1
"""Of processor time."""

MORE_MEMORY_BYTES = 768 * 1024 * 1024

_FORBIDDEN = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate",
    "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.kill", "os.killpg", "os.putenv", "os.unsetenv",
    "os.chdir", "shutil.", "subprocess.Popen", "socket.connect", "socket.bind", "socket.getaddrinfo", "sqlite3.connect",
    "ftplib.", "smtplib.", "urllib.Request", "webbrowser.open", "signal.pthread_kill", "pty.spawn", "ctypes.dlopen",
    "os.startfile", "tempfile.",
)  # fmt: skip


class TooLong(BaseException):
    """Not an Exception: the code under test must not catch it."""


class Reached(BaseException):
    """It tried to reach beyond the process."""


class Guard:
    """Installed once in a process; bounds what runs inside `call`."""

    def __init__(self) -> None:
        self._inside = False
        self._reached = ""
        signal.signal(signal.SIGVTALRM, self._stop)
        sys.addaudithook(self._on_event)
        self._limit_memory()

    @contextlib.contextmanager
    def call(self, seconds: float = CALL_S) -> Iterator[None]:
        """Raises TooLong and Reached, whatever the code inside caught."""
        self._reached = ""
        self._inside = True
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            self._inside = False
        if self._reached:
            raise Reached(self._reached)

    def _stop(self, number: int, frame: Any) -> NoReturn:
        raise TooLong

    def _on_event(self, event: str, arguments: Any) -> None:
        if not self._inside:
            return
        if event.startswith(_FORBIDDEN) or (event == "open" and _writes(arguments)):
            self._reached = event
            raise Reached(event)

    def _limit_memory(self) -> None:
        with contextlib.suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (now + MORE_MEMORY_BYTES, hard))


def _writes(arguments: Any) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & 3)
