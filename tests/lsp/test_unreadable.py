"""What is no message, or no sensible one, ends nobody's server: the real process, spoken to byte by byte."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.impersonated_editor import SERVER

WAIT_S = 60


class Bytes:
    """A client that writes what it likes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def write(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def say(self, **message: Any) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", **message}).encode())

    async def answer(self, request_id: int | None) -> Any:
        assert self.process.stdout is not None
        async with asyncio.timeout(WAIT_S):
            while True:
                headers = await self.process.stdout.readuntil(b"\r\n\r\n")
                length = int(headers.split(b"\r\n")[0].removeprefix(b"Content-Length: "))
                message = json.loads(await self.process.stdout.readexactly(length))
                if "method" not in message and message.get("id") == request_id:
                    return message


@pytest.fixture
async def client(tercet_home: Path) -> AsyncIterator[Bytes]:
    pipe = subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*SERVER, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    yield Bytes(process)
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_the_server_outlives_what_it_cannot_read(client: Bytes):
    hover = {"textDocument": {"uri": "file:///p/x.py"}, "position": {"line": 0, "character": 0}}
    client.say(id=1, method="textDocument/hover", params=hover)
    assert (await client.answer(1))["error"]["code"] == -32002, "the first request must be `initialize`"
    client.say(id=2, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}})
    await client.answer(2)
    for garbage in (
        b"{",
        b"\xff\xfe",
        b"",
        b"[1, 2]",
        b"7",
        b"[" * 100_000,
        b'{"jsonrpc": "2.0"}',
        b'"' + b"x" * 9 + b'"',
    ):
        client.write(garbage)
    assert (await client.answer(None))["error"]["code"] == -32700
    change = {"textDocument": {"uri": "file:///p/x.py", "version": 2}, "contentChanges": [{"text": "x"}]}
    client.say(method="textDocument/didChange", params=change)  # it was never opened
    client.say(method="textDocument/didChange", params={"textDocument": 3})
    client.say(method="textDocument/didClose", params={"textDocument": {"uri": "file:///p/never.py"}})
    large = {"uri": "file:///p/large.py", "languageId": "python", "version": 1, "text": "x = 1\n" * 500_000}
    client.say(method="textDocument/didOpen", params={"textDocument": large})
    client.say(id=3, method="textDocument/hover", params={"textDocument": [], "position": None})
    assert (await client.answer(3))["error"]["code"] == -32602
    client.say(id=4, method="textDocument/hover", params=hover)
    assert (await client.answer(4))["result"] is None
    client.say(id=5, method="shutdown")
    assert (await client.answer(5))["result"] is None
    client.say(method="exit")
    assert await asyncio.wait_for(client.process.wait(), WAIT_S) == 0
