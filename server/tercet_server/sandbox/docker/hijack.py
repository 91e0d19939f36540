"""The engine's raw streams: an HTTP request whose connection becomes a command's stdin and, in frames, its output.

The SDK reads such a connection through a buffer and may lose the first bytes with it, so this little is done here.
Format: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
"""

import asyncio
import json
import socket
import struct
from contextlib import suppress
from typing import Any

from tercet_shared.errors import SandboxFailed

from tercet_server.sandbox.docker.engine import Engine

CONNECT_S = 30.0
HEADER = struct.Struct(">BxxxL")
"""A frame's stream (1: stdout, 2: stderr) and length."""
STDOUT = 1
CHUNK_BYTES = 256 * 1024


async def open_stream(engine: Engine, path: str, body: dict[str, Any] | None = None) -> "Stream":
    """Posts to `path` and takes the connection over. Raises SandboxFailed."""
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_unix_connection(engine.socket)
            try:
                await _upgrade(reader, writer, f"/v{engine.api.api_version}{path}", json.dumps(body or {}).encode())
            except BaseException:
                writer.close()
                raise
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise SandboxFailed(f"Docker's engine does not answer: {error}. Try again.") from error
    return Stream(reader, writer)


async def _upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: bytes) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode("ascii") + body)
    await writer.drain()
    answer = await reader.readuntil(b"\r\n\r\n")
    if answer.split(b" ", 2)[1] not in {b"101", b"200"}:
        said = (await reader.read(1000)).decode(errors="replace")
        raise SandboxFailed(f"Docker refused: {' '.join(said.split())}")


class Stream:
    """A taken-over connection. Written to, it is the command's stdin; closing that end leaves the output open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        """Ends the command's stdin."""
        if not self._writer.is_closing():
            self._writer.write_eof()

    async def wait_closed(self) -> None:
        await self._writer.drain()

    def cut(self) -> None:
        """Ends both directions. From any thread, at any time."""
        with suppress(OSError):  # closed already
            self._writer.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        """Closes the whole connection. From the event loop's thread."""
        self._writer.transport.abort()

    async def split(self, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader) -> None:
        """Feeds what arrives to the two readers until the end, which both are told of."""
        try:
            while True:
                kind, length = HEADER.unpack(await self._reader.readexactly(HEADER.size))
                target = stdout if kind == STDOUT else stderr
                while length:
                    data = await self._reader.read(min(length, CHUNK_BYTES))
                    if not data:
                        return
                    target.feed_data(data)
                    length -= len(data)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            stdout.feed_eof()
            stderr.feed_eof()
