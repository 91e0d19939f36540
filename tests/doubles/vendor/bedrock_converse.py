"""Amazon Bedrock's Converse on the wire: whole answers, the framed events of a stream, errors and errors within a stream."""

import json
import struct
from binascii import crc32
from collections.abc import Iterator
from typing import Any

from tests.doubles.vendor.answers import Call, Fails, Says

MEDIA = "application/vnd.amazon.eventstream"

_ENDINGS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
    "refusal": "content_filtered",
}
_TYPES = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    413: "RequestEntityTooLargeException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
_KINDS = {
    "context_length": "Input is too long for requested model.",
    "content_filter": "The content filter blocked the prompt.",
}
_STRING = 7
"""The type of a header's value."""


def whole(says: Says, body: dict[str, Any]) -> dict[str, Any]:
    text = [{"text": says.text}] if says.text else []
    calls = [{"toolUse": {**_named(call), "input": call.parsed}} for call in says.calls]
    message = {"role": "assistant", "content": [*text, *calls]}
    return {"output": {"message": message}, "stopReason": _ENDINGS[says.ending], **_counted(says)}


def stream(says: Says, body: dict[str, Any]) -> Iterator[bytes]:
    for kind, payload in _events(says):
        yield _framed({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, payload)


def error(fails: Fails) -> dict[str, Any]:
    return {"message": _KINDS.get(fails.kind) or fails.message or f"The loopback vendor answers {fails.status}."}


def error_headers(fails: Fails) -> dict[str, str]:
    return {"x-amzn-errortype": _TYPES.get(fails.status, "InternalServerException")}


def failure() -> bytes:
    """What says within a stream that there will be no rest."""
    headers = {
        ":exception-type": "throttlingException",
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return _framed(headers, {"message": "Too many requests, please wait before trying again."})


def _events(says: Says) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "messageStart", {"role": "assistant"}
    index = 0
    for piece in says.pieces:
        yield "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}, "p": "abcdefgh"}
    if says.text:
        yield "contentBlockStop", {"contentBlockIndex": 0}
        index = 1
    for number, call in enumerate(says.calls, start=index):
        yield "contentBlockStart", {"contentBlockIndex": number, "start": {"toolUse": _named(call)}}
        for at in range(0, len(call.arguments), says.piece):
            part = {"toolUse": {"input": call.arguments[at : at + says.piece]}}
            yield "contentBlockDelta", {"contentBlockIndex": number, "delta": part}
        yield "contentBlockStop", {"contentBlockIndex": number}
    yield "messageStop", {"stopReason": _ENDINGS[says.ending]}
    yield "metadata", _counted(says)


def _named(call: Call) -> dict[str, str]:
    return {"toolUseId": call.id, "name": call.name}


def _counted(says: Says) -> dict[str, Any]:
    usage = {
        "inputTokens": says.input_tokens,
        "outputTokens": says.output_tokens,
        "totalTokens": says.input_tokens + says.output_tokens,
    }
    return {"usage": usage, "metrics": {"latencyMs": 12}}


def _framed(headers: dict[str, str], payload: dict[str, Any]) -> bytes:
    """One message of AWS's event stream: a prelude of two lengths, headers, payload, and a checksum after each part."""
    body, head = json.dumps(payload).encode(), b"".join(_header(*each) for each in headers.items())
    prelude = struct.pack("!II", 16 + len(head) + len(body), len(head))
    message = prelude + struct.pack("!I", crc32(prelude)) + head + body
    return message + struct.pack("!I", crc32(message))


def _header(name: str, value: str) -> bytes:
    return struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _STRING, len(value)) + value.encode()
