"""Lines that come from an editor: messages are passed on, all else is answered, and nothing ends the reading."""

import asyncio
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.cli.acp.transport import Lines

GOOD = b'{"jsonrpc":"2.0","id":1,"method":"initialize"}\n'


class Written:
    """Stands for the stream to the editor."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.write: Callable[[bytes], None] = self.lines.append

    async def drain(self) -> None:
        pass

    def answers(self) -> list[dict[str, dict[str, object]]]:
        return [json.loads(line) for line in self.lines]


async def received(content: bytes, limit: int = 2**16) -> tuple[list[object], Written]:
    reader, written = asyncio.StreamReader(limit=limit), Written()
    reader.feed_data(content)
    reader.feed_eof()
    lines = Lines(reader, written)  # type: ignore[arg-type]  # what is used of a writer
    messages: list[object] = []
    while (message := await lines.receive()) is not None:
        messages.append(message)
    return messages, written


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{nonsense", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 100_000, -32700),
        (b"[1]", -32600),
        (b"7", -32600),
        (b"null", -32600),
        (b'{"id": 1.5, "method": "initialize"}', -32600),
        (b'{"id": [], "method": "initialize"}', -32600),
        (b'{"id": 1, "method": 5}', -32600),
        (b'{"id": [1], "result": 1}', -32600),
        (b'{"id": 1, "error": "no"}', -32600),
        (b"{}", -32600),
    ],
)
async def test_what_is_no_message_is_answered_and_the_next_is_read(line: bytes, code: int):
    messages, written = await received(line + b"\n\n" + GOOD, limit=2**20)
    assert messages == [json.loads(GOOD)]
    assert [each["error"]["code"] for each in written.answers()] == [code]


async def test_a_line_that_is_too_long_is_refused():
    messages, written = await received(b'"' + b"x" * 5000 + b'"\n' + GOOD, limit=1000)
    assert messages[-1:] == [json.loads(GOOD)]
    assert written.answers()[0]["error"]["code"] == -32700


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b""))))
def test_no_line_ends_the_reading(noise: list[bytes]):
    messages, _ = asyncio.run(received(b"\n".join([*noise, b""]) + GOOD))
    assert messages[-1] == json.loads(GOOD)
