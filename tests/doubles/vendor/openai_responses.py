"""OpenAI's responses on the wire: whole answers and the typed events of a stream. Errors are those of chat completions."""

import json
from collections.abc import Iterator
from typing import Any

from tests.doubles.vendor.answers import Call, Says

ID = "resp_loopback"
MESSAGE_ID = "msg_loopback"


def whole(says: Says, body: dict[str, Any]) -> dict[str, Any]:
    return _response(says, body, "incomplete" if says.ending in ("length", "content_filter") else "completed")


def stream(says: Says, body: dict[str, Any]) -> Iterator[bytes]:
    events = enumerate(_events(says, body))
    for number, event in events:
        yield f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': number})}\n\n".encode()


def _events(says: Says, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    empty = {**_response(Says(), body, "in_progress"), "output": [], "usage": None}
    yield {"type": "response.created", "response": empty}
    yield {"type": "response.in_progress", "response": empty}
    output = 0
    if says.text:
        yield from _text_events(says)
        output = 1
    for index, call in enumerate(says.calls, start=output):
        yield from _call_events(call, index, says.piece)
    done = whole(says, body)
    yield {"type": f"response.{done['status']}", "response": done}


def _text_events(says: Says) -> Iterator[dict[str, Any]]:
    where = {"item_id": MESSAGE_ID, "output_index": 0, "content_index": 0}
    opened = {"id": MESSAGE_ID, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": opened}
    part = {"type": "output_text", "text": "", "annotations": []}
    yield {"type": "response.content_part.added", **where, "part": part}
    for piece in says.pieces:
        yield {"type": "response.output_text.delta", **where, "delta": piece}
    yield {"type": "response.output_text.done", **where, "text": says.text}
    yield {"type": "response.content_part.done", **where, "part": {**part, "text": says.text}}
    yield {"type": "response.output_item.done", "output_index": 0, "item": _message(says)}


def _call_events(call: Call, index: int, size: int) -> Iterator[dict[str, Any]]:
    item = _call(call)
    where = {"item_id": item["id"], "output_index": index}
    opened = {**item, "arguments": "", "status": "in_progress"}
    yield {"type": "response.output_item.added", "output_index": index, "item": opened}
    for at in range(0, len(call.arguments), size):
        piece = call.arguments[at : at + size]
        yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
    yield {"type": "response.function_call_arguments.done", **where, "arguments": call.arguments}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _message(says: Says) -> dict[str, Any]:
    part = {"type": "output_text", "text": says.text, "annotations": []}
    return {"id": MESSAGE_ID, "type": "message", "status": "completed", "role": "assistant", "content": [part]}


def _call(call: Call) -> dict[str, Any]:
    return {
        "id": f"fc_{call.id}",
        "type": "function_call",
        "status": "completed",
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    }


def _response(says: Says, body: dict[str, Any], status: str) -> dict[str, Any]:
    output = [_message(says)] if says.text else []
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    return {
        "id": ID,
        "object": "response",
        "created_at": 1_750_000_000,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": reasons[says.ending]} if status == "incomplete" else None,
        "model": body.get("model", ""),
        "output": [*output, *(_call(call) for call in says.calls)],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": {
            "input_tokens": says.input_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": says.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": says.input_tokens + says.output_tokens,
        },
    }
