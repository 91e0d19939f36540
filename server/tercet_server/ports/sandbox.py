"""The port through which project code runs, and what a sandboxed command sees and may use."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Limits:
    """What one sandboxed process tree may use."""

    wall_s: float = 120.0
    cpu_s: float | None = None
    memory_bytes: int = 2 * 1024**3
    processes: int = 128
    file_size_bytes: int = 256 * 1024**2
    disk_bytes: int = 2 * 1024**3
    """Written to the disk by all its processes together: to the private copy, and to a temporary folder that is none in memory."""
    output_bytes: int = 1024**2
    """Kept of each of stdout and stderr; the rest is read and dropped, and the result says so."""


@dataclass(frozen=True)
class Jail:
    """What a sandboxed command sees: one writable folder, a few read-only ones, and nothing else of the user's."""

    writable: Path
    """Host folder with the private copy."""
    appears_at: Path
    """Where the private copy should stand inside (the workspace's root). A backend that cannot mount says so by `root_inside`."""
    readable: tuple[Path, ...] = ()
    """Further host files and folders, seen read-only at their own paths (interpreter, drivers)."""
    caches: tuple[Path, ...] = ()
    """Host folders that the daemon made for compilers to keep things in, writable at their own paths. One that outlives the
    private copy is given only to commands that run no project code. Nothing outside the sandbox reads them."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the backend's own short allow-list; nothing of the daemon's environment is passed."""
    network: bool = False
    runtime: str = "python"
    """Which runtime the commands need, where that decides what they run in: a container's image."""


class Ending(StrEnum):
    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    PROCESSES = "processes"
    DISK = "disk"
    SIGNALLED = "signalled"


@dataclass(frozen=True)
class SandboxResult:
    exit_code: int | None
    """None unless `ending` is EXITED."""
    ending: Ending
    stdout: bytes
    stderr: bytes
    stdout_cut: bool
    stderr_cut: bool
    duration_s: float


class SandboxProcess(Protocol):
    """A kept process that is talked to line by line over its stdin and stdout."""

    async def send(self, line: bytes) -> None:
        """Writes one line; its end is added unless it is there."""
        ...

    async def receive(self) -> bytes | None:
        """The next line without its end; None once the process has closed its stdout. Lines are limited to 64 MiB."""
        ...

    def stderr_tail(self) -> bytes:
        """The last 64 KiB of its stderr."""
        ...

    def how_it_ended(self) -> str:
        """Its exit code or signal, and the limit that it passed, in words; empty while that is not known."""
        ...


class Sandbox(Protocol):
    """Runs project code: no network, no secrets, limits, the whole process tree reaped."""

    name: str
    isolation: str

    def images(self, runtimes: Sequence[str]) -> list[str]:
        """The images that commands for these runtimes have run in so far; none where they run on this machine's own system."""
        ...

    def root_inside(self, jail: Jail) -> Path:
        """Where `jail.writable` stands for the commands inside: `appears_at` if it can be mounted there."""
        ...

    async def run(
        self, jail: Jail, command: Sequence[str], limits: Limits, stdin: bytes = b"", cwd: str = "."
    ) -> SandboxResult:
        """Runs `command` in the folder `cwd` (relative to the copy's root) to its end or limit."""
        ...

    def open(self, jail: Jail, command: Sequence[str], limits: Limits) -> AbstractAsyncContextManager[SandboxProcess]:
        """Keeps a process for many requests; leaving the context kills its whole tree."""
        ...

    async def close(self) -> None:
        """Gives back what is kept between commands. Nothing may be run afterwards."""
        ...
