"""Keeps the end of what tests print, however much it is, in bounded memory."""

from __future__ import annotations

import contextlib
import io
from collections import deque
from typing import Any

TAIL_CHARACTERS = 8_000


class _TailBytes(io.RawIOBase):
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chunks: deque[bytes] = deque()
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        written = len(data)
        chunk = bytes(memoryview(data)[-self._limit :])
        self._chunks.append(chunk)
        self._size += len(chunk)
        while self._size - len(self._chunks[0]) > self._limit:
            self._size -= len(self._chunks.popleft())
        return written

    def fileno(self) -> int:
        return 1

    def take(self) -> bytes:
        data, self._size = b"".join(self._chunks)[-self._limit :], 0
        self._chunks.clear()
        return data


class Tail(io.TextIOWrapper):
    """A stand-in for stdout and stderr; `take` empties it."""

    def __init__(self, limit: int = TAIL_CHARACTERS) -> None:
        self._raw = _TailBytes(limit)
        super().__init__(io.BufferedWriter(self._raw), encoding="utf-8", errors="replace", line_buffering=True)

    def take(self) -> str:
        """The last characters printed since the last call."""
        with contextlib.suppress(ValueError):  # closed by a test
            self.flush()
        return self._raw.take().decode("utf-8", "replace")
