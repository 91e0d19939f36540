"""Google's generateContent on the wire: whole answers, the events of a stream, errors."""

import json
from collections.abc import Iterator
from typing import Any

from tests.doubles.vendor.answers import Fails, Says

_ENDINGS = {"length": "MAX_TOKENS", "content_filter": "SAFETY", "refusal": "SAFETY"}
_STATES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_KINDS = {
    "context_length": "The input token count (210000) exceeds the maximum number of tokens allowed (200000).",
    "content_filter": "The prompt was blocked by the content filter.",
}


def whole(says: Says, body: dict[str, Any]) -> dict[str, Any]:
    text = [{"text": says.text}] if says.text else []
    return _answer([*text, *_calls(says)], says, last=True)


def stream(says: Says, body: dict[str, Any]) -> Iterator[bytes]:
    for piece in says.pieces:
        yield _line(_answer([{"text": piece}], says, last=False))
    yield _line(_answer(_calls(says), says, last=True))


def error(fails: Fails) -> dict[str, Any]:
    message = _KINDS.get(fails.kind) or fails.message or f"The loopback vendor answers {fails.status}."
    return {"error": {"code": fails.status, "message": message, "status": _STATES.get(fails.status, "UNKNOWN")}}


def _calls(says: Says) -> list[dict[str, Any]]:
    return [{"functionCall": {"name": call.name, "args": call.parsed}} for call in says.calls]


def _answer(parts: list[dict[str, Any]], says: Says, *, last: bool) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts or [{"text": ""}]}, "index": 0}
    if last:
        candidate["finishReason"] = _ENDINGS.get(says.ending, "STOP")
    usage = {
        "promptTokenCount": says.input_tokens,
        "candidatesTokenCount": says.output_tokens,
        "totalTokenCount": says.input_tokens + says.output_tokens,
    }
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": "gemini-2.5-pro",
        "responseId": "loopback",
    }


def _line(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\r\n\r\n"
