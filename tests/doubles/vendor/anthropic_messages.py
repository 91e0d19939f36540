"""Anthropic's messages on the wire: whole answers, the events of a stream, errors."""

import json
from collections.abc import Iterator
from typing import Any

from tests.doubles.vendor.answers import Call, Fails, Says

ID = "msg_loopback"

_ENDINGS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
}
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    529: "overloaded_error",
}
_KINDS = {
    "context_length": "prompt is too long: 210000 tokens > 200000 maximum",
    "content_filter": "Output blocked by content filtering policy",
}


def whole(says: Says, body: dict[str, Any]) -> dict[str, Any]:
    text = [{"type": "text", "text": says.text}] if says.text else []
    return {
        **_head(says, body),
        "content": [*text, *(_call(call) for call in says.calls)],
        "stop_reason": _ENDINGS[says.ending],
        "usage": {"input_tokens": says.input_tokens, "output_tokens": says.output_tokens},
    }


def stream(says: Says, body: dict[str, Any]) -> Iterator[bytes]:
    for event in _events(says, body):
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def error(fails: Fails) -> dict[str, Any]:
    message = _KINDS.get(fails.kind) or fails.message or f"The loopback vendor answers {fails.status}."
    kind = _TYPES.get(fails.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_loopback"}


def _events(says: Says, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = {**_head(says, body), "content": [], "stop_reason": None}
    yield {"type": "message_start", "message": begun}
    index = 0
    if says.text:
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        yield {"type": "ping"}
        for piece in says.pieces:
            yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        yield {"type": "content_block_stop", "index": 0}
        index = 1
    for number, call in enumerate(says.calls, start=index):
        yield {"type": "content_block_start", "index": number, "content_block": {**_call(call), "input": {}}}
        for at in range(0, len(call.arguments), says.piece):
            part = {"type": "input_json_delta", "partial_json": call.arguments[at : at + says.piece]}
            yield {"type": "content_block_delta", "index": number, "delta": part}
        yield {"type": "content_block_stop", "index": number}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": _ENDINGS[says.ending], "stop_sequence": None},
        "usage": {"output_tokens": says.output_tokens},
    }
    yield {"type": "message_stop"}


def _call(call: Call) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": call.parsed}


def _head(says: Says, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": body.get("model", ""),
        "stop_sequence": None,
        "usage": {"input_tokens": says.input_tokens, "output_tokens": 1},
    }
