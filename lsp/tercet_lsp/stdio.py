"""The editor's end of the pipes: standard input and output that never block the event loop, nor the process's end."""

import asyncio
import contextlib
import os
import queue
import threading

_CHUNK_BYTES = 65_536
_FLUSH_DEADLINE_S = 2.0


class PipeReader:
    """Reads a file descriptor in a daemon thread, for as long as anything comes; `stream` ends when it ends."""

    def __init__(self, descriptor: int) -> None:
        self.stream = asyncio.StreamReader()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(descriptor,), name="tercet-stdin", daemon=True).start()

    def _read(self, descriptor: int) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # a closed pipe, a closed loop: the end, either way
            while chunk := os.read(descriptor, _CHUNK_BYTES):
                self._loop.call_soon_threadsafe(self.stream.feed_data, chunk)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.stream.feed_eof)


class PipeWriter:
    """Writes to a file descriptor in a daemon thread, in order; an editor that does not read never stops the server."""

    def __init__(self, descriptor: int) -> None:
        self._chunks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, args=(descriptor,), name="tercet-stdout", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        self._chunks.put(data)

    def close(self) -> None:
        """Nothing is written after this; what was, is on its way. See `flush`."""
        self._chunks.put(None)

    def flush(self) -> None:
        """Waits (briefly, and in a blocking way: for the process's end) until everything has been written."""
        self.close()
        self._thread.join(_FLUSH_DEADLINE_S)

    def _write(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):  # nobody reads any more: standard input ends too, and that ends the server
            while (chunk := self._chunks.get()) is not None:
                view = memoryview(chunk)
                while view:
                    view = view[os.write(descriptor, view) :]
