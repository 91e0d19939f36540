"""Ollama's chat on the wire: whole answers, the JSON lines of a stream, errors."""

import json
from collections.abc import Iterator
from typing import Any

from tests.doubles.vendor.answers import Fails, Says

MEDIA = "application/x-ndjson"
CREATED = "2026-01-02T03:04:05.678901Z"


def whole(says: Says, body: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": says.text}
    if says.calls:
        message["tool_calls"] = _calls(says)
    return {**_head(body), "message": message, **_done(says)}


def stream(says: Says, body: dict[str, Any]) -> Iterator[bytes]:
    for piece in says.pieces:
        yield _line({**_head(body), "message": {"role": "assistant", "content": piece}, "done": False})
    if says.calls:
        message = {"role": "assistant", "content": "", "tool_calls": _calls(says)}
        yield _line({**_head(body), "message": message, "done": False})
    yield _line({**_head(body), "message": {"role": "assistant", "content": ""}, **_done(says)})


def error(fails: Fails) -> dict[str, Any]:
    messages = {"context_length": "the input length exceeds the context length"}
    return {"error": messages.get(fails.kind) or fails.message or f"the loopback vendor answers {fails.status}"}


def _calls(says: Says) -> list[dict[str, Any]]:
    return [{"function": {"name": call.name, "arguments": call.parsed}} for call in says.calls]


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {"model": body.get("model", ""), "created_at": CREATED}


def _done(says: Says) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "length" if says.ending == "length" else "stop",
        "total_duration": 1_000_000,
        "load_duration": 1,
        "prompt_eval_count": says.input_tokens,
        "prompt_eval_duration": 1,
        "eval_count": says.output_tokens,
        "eval_duration": 1,
    }


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"
