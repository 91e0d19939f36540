"""JSON lines over private file descriptors: from the driver to its host, and from a test process to the driver.

Every line of a test process begins with a token that only its driver knows, so that what tests write by chance, or a
process that they forked, is never taken for a result.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
from typing import Any, Dict  # Python 3.8 has no dict[...] outside annotations

Message = Dict[str, Any]  # evaluated at run time, also by Python 3.8

LINE_BYTES = 8 * 1024 * 1024


class Sender:
    """Writes whole lines; a signal handler that wants to send while a line is being written is deferred."""

    def __init__(self, descriptor: int, token: str = "") -> None:
        self.descriptor = descriptor
        self.busy = False
        self._token = token.encode("ascii")
        self.owner = os.getpid()

    def send(self, message: Message) -> None:
        if os.getpid() != self.owner:
            return  # a process forked by a test inherited us
        line = self._token + json.dumps(_bounded(message), separators=(",", ":")).encode("ascii") + b"\n"
        self.busy = True
        try:
            while line:
                line = line[os.write(self.descriptor, line) :]
        finally:
            self.busy = False


def _bounded(message: Message) -> Message:
    """Drops the coverage of a message that would be longer than any reader accepts."""
    covered = message.get("covered")
    if covered and sum(len(lines) for lines in covered.values()) > LINE_BYTES // 8:
        return {**message, "covered": {}}
    return message


class Receiver:
    """Cuts what arrives at a descriptor into messages; lines without the token or not JSON are dropped."""

    def __init__(self, descriptor: int, token: str = "") -> None:
        self.descriptor = descriptor
        self.closed = False
        self._token = token.encode("ascii")
        self._pieces: list[bytes] = []

    def read(self) -> list[Message]:
        """What a ready descriptor has to say; sets `closed` at its end."""
        try:
            data = os.read(self.descriptor, 1 << 18)
        except BlockingIOError:
            return []
        if not data:
            self.closed = True
            return []
        if b"\n" not in data:
            self._pieces.append(data)
            return []
        *lines, rest = (b"".join(self._pieces) + data).split(b"\n")
        self._pieces = [rest]
        return [message for message in map(self._message, lines) if message is not None]

    def _message(self, line: bytes) -> Message | None:
        if not line.startswith(self._token):
            return None
        try:
            message = json.loads(line[len(self._token) :].decode("utf-8"))
        except ValueError:
            return None
        return message if isinstance(message, dict) else None


def private_copy(descriptor: int) -> int:
    """A duplicate at a high random number (not inherited by programs), out of the way of code that closes descriptors."""
    number = random.SystemRandom().randrange(200, 900)
    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, number)
    except OSError:  # the limit of open files is lower
        return os.dup(descriptor)
