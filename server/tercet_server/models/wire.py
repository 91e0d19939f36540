"""Between the port's messages and litellm's: requests out, chunks in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tercet_server.ports import Delta, Finish, Message, ModelRequest, Speaker, Tool, ToolCall, Usage

WORTH_CACHING_CHARACTERS = 4000
"""A system message shorter than this is below the vendors' least length for caching."""

FILTERED = "content_filter"


def arguments(request: ModelRequest, *, marks_cache: bool, enforces_schema: bool) -> dict[str, Any]:
    """What of litellm's arguments follows from the request alone."""
    chosen: dict[str, Any] = {
        "messages": [_message(each, marks_cache) for each in request.messages],
        "max_tokens": request.most_output_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.temperature is not None:
        chosen["temperature"] = request.temperature
    if request.tools:
        chosen["tools"] = [_tool(each) for each in request.tools]
    if request.schema is not None and enforces_schema:
        schema = {"name": "answer", "schema": dict(request.schema)}
        chosen["response_format"] = {"type": "json_schema", "json_schema": schema}
    return chosen


def estimated_tokens(messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
    """More than these will probably count: three bytes a token, where English and code have about four."""
    texts = [each.text for each in messages] + [call.arguments for each in messages for call in each.tool_calls]
    texts += [f"{each.name}{each.description}{each.parameters}" for each in tools]
    return sum(len(text.encode("utf-8", "surrogatepass")) // 3 + 8 for text in texts)


@dataclass
class Collected:
    """What the chunks of one stream come to."""

    texts: list[str] = field(default_factory=list)
    calls: dict[int, list[str]] = field(default_factory=dict)
    """By index: id, name, arguments."""
    finish: str | None = None
    usage: Usage | None = None

    def add(self, chunk: Any) -> Delta | None:
        """Takes one of litellm's chunks in; the text in it, if there is any."""
        if (usage := getattr(chunk, "usage", None)) is not None:
            self.usage = _usage(usage)
        if not chunk.choices:
            return None
        choice = chunk.choices[0]
        self.finish = choice.finish_reason or self.finish
        for part in choice.delta.tool_calls or ():
            self._add_call(part)
        text = choice.delta.content
        if not text:
            return None
        self.texts.append(text)
        return Delta(text)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(ToolCall(*parts) for _, parts in sorted(self.calls.items()))

    def why_it_ended(self) -> Finish:
        """By what came of it: litellm says that tools are called where an agreed form was asked for by way of one."""
        if self.finish == "length":
            return Finish.LENGTH
        return Finish.TOOL_CALLS if self.calls else Finish.STOP

    def _add_call(self, part: Any) -> None:
        parts = self.calls.setdefault(part.index, ["", "", ""])
        parts[0] = parts[0] or part.id or ""
        parts[1] += part.function.name or ""
        parts[2] += part.function.arguments or ""


def _message(message: Message, marks_cache: bool) -> dict[str, Any]:
    text = message.text.encode("utf-8", "replace").decode()  # a lone surrogate has no place in JSON
    written: dict[str, Any] = {"role": message.speaker.value, "content": text}
    if message.speaker is Speaker.SYSTEM and marks_cache and len(text) >= WORTH_CACHING_CHARACTERS:
        written["content"] = [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]
    if message.speaker is Speaker.TOOL:
        written["tool_call_id"] = message.answers
    if message.tool_calls:
        written["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return written


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _usage(usage: Any) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    cached = getattr(details, "cached_tokens", None) or 0
    return Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, cached)
