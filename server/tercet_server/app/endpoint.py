"""Where the daemon listens: a Unix socket that only its owner can reach, or a port of the loopback interface."""

import contextlib
import hashlib
import os
import random
import socket
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import DaemonUnavailable

from tercet_server.config import DaemonSettings

SOCKET_NAME = "daemon.sock"
MAX_SOCKET_PATH_BYTES = 100
"""The system's limit is 104 to 108 bytes."""

FREE_PORTS = range(20_000, 32_768)
"""Below the ephemeral ports, from which a client's own end of a connection is taken."""

TRIES = 64
BACKLOG = 128
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Endpoint:
    """A socket that already listens: clients that come early wait in its queue."""

    listener: socket.socket
    path: str | None
    host: str = LOOPBACK
    port: int | None = None

    def withdraw(self) -> None:
        """No new client finds the way here; those that are connected stay."""
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)


def listen(settings: DaemonSettings, home: Path) -> Endpoint:
    """Opens the endpoint that the settings ask for. Only the holder of the daemon's lock may: a stale socket is replaced."""
    if sys.platform != "win32" and hasattr(socket, "AF_UNIX") and settings.listen == "unix":
        return _listen_on_socket(_socket_path(home, os.environ))
    return _listen_on_port(settings.port)


def _listen_on_socket(path: Path) -> Endpoint:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(BACKLOG)
    return Endpoint(listener, str(path))


def _socket_path(home: Path, environ: Mapping[str, str]) -> Path:
    """In the home; where that is too long for a socket, in a private folder of the user's with a short name."""
    path = home / SOCKET_NAME
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
        return path
    name = "tercet-" + hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    for parent in (environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108  # the folder made there is checked
        if parent and len(os.fsencode(parent)) + len(name) + len(SOCKET_NAME) + 2 <= MAX_SOCKET_PATH_BYTES:
            with contextlib.suppress(OSError):
                return _private_folder(Path(parent) / name) / SOCKET_NAME
    raise DaemonUnavailable(f"The path {path} is too long for a socket. Set TERCET_HOME to a shorter one.")


def _private_folder(folder: Path) -> Path:
    """Makes the folder, or takes the one that is there if nobody else can have put it there or can get in."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a private folder")
    return folder


def _listen_on_port(port: int) -> Endpoint:
    candidates = [port] if port else random.SystemRandom().sample(FREE_PORTS, TRIES)
    for candidate in candidates:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, candidate))
        except OSError:
            listener.close()
            continue
        listener.listen(BACKLOG)
        return Endpoint(listener, None, port=candidate)
    wanted = f"port {port} is" if port else f"none of {TRIES} ports is"
    raise DaemonUnavailable(f"The daemon cannot listen: {wanted} free on {LOOPBACK}. Set daemon.port to another one.")
