"""OpenAI's chat completions on the wire: whole answers, chunks of a stream, errors."""

import json
from collections.abc import Iterator
from typing import Any

from tests.doubles.vendor.answers import Call, Fails, Says

CREATED = 1_750_000_000
ID = "chatcmpl-loopback"

_TYPES = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    408: ("timeout", None),
    409: ("conflict_error", None),
    413: ("invalid_request_error", "request_too_large"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("server_error", "service_unavailable"),
    529: ("overloaded_error", None),
}
_KINDS = {
    "context_length": (
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. "
        "Please reduce the length of the messages.",
        "context_length_exceeded",
    ),
    "content_filter": (
        "The response was filtered due to the prompt triggering the content management policy.",
        "content_filter",
    ),
}


def whole(says: Says, body: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": says.text or None, "refusal": None}
    if says.calls:
        message["tool_calls"] = [_call(call) for call in says.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(says)}
    return {
        "id": ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": body.get("model", ""),
        "choices": [choice],
        "usage": _usage(says),
        "system_fingerprint": "fp_loopback",
    }


def stream(says: Says, body: dict[str, Any]) -> Iterator[bytes]:
    """The lines of the event stream, the end mark included."""
    yield _chunk(body, {"role": "assistant", "content": "", "refusal": None})
    for piece in says.pieces:
        yield _chunk(body, {"content": piece})
    for index, call in enumerate(says.calls):
        head = {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        yield _chunk(body, {"tool_calls": [head]})
        for at in range(0, len(call.arguments), says.piece):
            part = {"index": index, "function": {"arguments": call.arguments[at : at + says.piece]}}
            yield _chunk(body, {"tool_calls": [part]})
    yield _chunk(body, {}, _finish(says))
    if (body.get("stream_options") or {}).get("include_usage"):
        yield _line({**_head(body), "choices": [], "usage": _usage(says)})
    yield b"data: [DONE]\n\n"


def error(fails: Fails) -> dict[str, Any]:
    kind, code = _TYPES.get(fails.status, ("server_error", None))
    message = fails.message or f"The loopback vendor answers {fails.status}."
    if fails.kind:
        message, code = _KINDS[fails.kind]
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _finish(says: Says) -> str:
    return "content_filter" if says.ending == "refusal" else says.ending


def _usage(says: Says) -> dict[str, Any]:
    return {
        "prompt_tokens": says.input_tokens,
        "completion_tokens": says.output_tokens,
        "total_tokens": says.input_tokens + says.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def _call(call: Call) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": ID, "object": "chat.completion.chunk", "created": CREATED, "model": body.get("model", "")}


def _chunk(body: dict[str, Any], delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _line({**_head(body), "choices": [choice]})


def _line(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
