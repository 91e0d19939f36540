"""The messages of one conversation with a model: asks, remembers, tells. Knows no file and no test."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tercet_shared.runs import Intent

from tercet_server.edits import ELISION
from tercet_server.ports import (
    Account,
    Duty,
    Message,
    Model,
    ModelRequest,
    Reply,
    Speaker,
    Tool,
    ToolCall,
    ask,
)
from tercet_server.prompts import render, role_text

LONGEST_ANSWER_S = 240.0


class Talk:
    """Begins with what the model is and what it is asked."""

    def __init__(self, model: Model, system: str, asked: str, account: Account, output_tokens: int) -> None:
        messages = (Message(Speaker.SYSTEM, system), Message(Speaker.USER, asked))
        self._model = model
        self._request = ModelRequest(messages, Duty.CODER, account, most_output_tokens=output_tokens)

    async def answer(self, tools: Sequence[Tool], left_s: float) -> Reply:
        """Asks, and takes the answer up. Raises what the model raises."""
        request = replace(self._request, tools=tuple(tools), deadline_s=min(LONGEST_ANSWER_S, left_s))
        reply = await ask(self._model, request)
        self._request = self._request.with_messages(Message(Speaker.ASSISTANT, reply.text, reply.tool_calls))
        return reply

    def tell(self, name: str, **values: str) -> None:
        """A text of `prompts`, as the user's next message."""
        self._request = self._request.with_messages(Message(Speaker.USER, render(name, **values)))

    def tell_result(self, call: ToolCall, text: str) -> None:
        """What came of a tool call. Every call of an answer has to be told one before the model is asked again."""
        self._request = self._request.with_messages(Message(Speaker.TOOL, text, answers=call.id))


async def system_text(intent: Intent, paths: Sequence[str], may_edit: str, *, with_tools: bool) -> str:
    """Who the model is, for a step of this intent about these files."""

    def rendered() -> str:
        form = render("form_text").strip()
        return render(
            "coder_system",
            duty=render(f"duty_{intent}").strip(),
            role=role_text(Duty.CODER, intent, paths),
            elision=ELISION,
            may_edit=may_edit,
            form=render("form_tools", text=form).strip() if with_tools else form,
        )

    return await asyncio.to_thread(rendered)
