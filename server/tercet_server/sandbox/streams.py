"""Reads what sandboxed processes print: all of it, so that no pipe fills up, but keeps no more than was asked for."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from tercet_shared.errors import SandboxFailed

CHUNK_BYTES = 256 * 1024
MAX_LINE_BYTES = 64 * 1024**2
MAX_UNREAD_BYTES = 64 * 1024**2
"""Complete lines that may wait for a reader."""
STDERR_TAIL_BYTES = 64 * 1024


class Sink(Protocol):
    """Where a command's stdin is written to."""

    def write(self, data: bytes) -> None: ...
    async def drain(self) -> None: ...
    def close(self) -> None: ...
    async def wait_closed(self) -> None: ...


class Head:
    """The beginning of a stream, and whether there was more."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._data = bytearray()
        self.cut = False

    async def follow(self, stream: asyncio.StreamReader) -> None:
        """Reads `stream` to its end."""
        while chunk := await stream.read(CHUNK_BYTES):
            room = self._limit_bytes - len(self._data)
            self._data += chunk[:room]
            self.cut = self.cut or len(chunk) > room

    def data(self) -> bytes:
        return bytes(self._data)


async def feed(stream: Sink, data: bytes) -> None:
    """Writes `data` and closes the stream; a process that does not want to read it all is no error."""
    with suppress(ConnectionError):
        if data:
            stream.write(data)
            await stream.drain()
    with suppress(ConnectionError):
        stream.close()
        await stream.wait_closed()


class Tail:
    """The end of a stream."""

    def __init__(self, limit_bytes: int = STDERR_TAIL_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._data = bytearray()

    async def follow(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(CHUNK_BYTES):
            self._data += chunk
            del self._data[: -self._limit_bytes]

    def data(self) -> bytes:
        return bytes(self._data)


class Lines:
    """The lines of a stream, in order, for one reader. What does not end in a newline is no line.

    The stream is read whether or not somebody waits for a line; one that goes on unread, or never ends its line, is
    given up: `overflow` is then called and the rest is dropped.
    """

    def __init__(self, overflow: Callable[[], None]) -> None:
        self._overflow = overflow
        self._overflowed = False
        self._lines: deque[bytes] = deque()
        self._unread_bytes = 0
        self._news = asyncio.Event()
        self._ended = False

    async def follow(self, stream: asyncio.StreamReader) -> None:
        partial = bytearray()
        try:
            while chunk := await stream.read(CHUNK_BYTES):
                if not self._overflowed:
                    self._split(partial, chunk)
        finally:
            self._ended = True
            self._news.set()

    async def next(self) -> bytes | None:
        """The next line without its end; None at the end of the stream. Raises SandboxFailed if it overflowed."""
        while not self._lines:
            if self._overflowed:
                raise SandboxFailed(
                    "The sandboxed process wrote a line, or unread lines, of more than 64 MiB and was stopped. Try again."
                )
            if self._ended:
                return None
            self._news.clear()
            await self._news.wait()
        line = self._lines.popleft()
        self._unread_bytes -= len(line)
        return line

    def _split(self, partial: bytearray, chunk: bytes) -> None:
        first, *others = chunk.split(b"\n")
        partial += first
        for other in others:
            self._lines.append(bytes(partial))
            self._unread_bytes += len(partial)
            partial[:] = other
        if len(partial) > MAX_LINE_BYTES or self._unread_bytes > MAX_UNREAD_BYTES + MAX_LINE_BYTES:
            self._overflowed = True
            self._overflow()
            self._lines.clear()
            partial.clear()
        self._news.set()
