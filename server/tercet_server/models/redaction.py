"""Keeps secrets in the house: what detect-secrets finds in a prompt is replaced before it is sent, and put back in the reply.

Files of the `.env` class are no matter of this module: `prompts` refuses to take them in.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from tercet_server.models.detection import secrets_of_line
from tercet_server.ports import Delta, Message, Model, ModelRequest, Reply

MARK = "__REDACTED_SECRET_{}__"
"""Reads as an identifier and as the inside of a string, so that code around it stays code."""

SHORTEST = 4
"""Characters: anything shorter would be replaced all over the text."""

LONGEST_LINE = 4000
"""A longer line is looked at in pieces: the detectors' patterns take more than linear time."""

OVERLAP = 500
"""Characters that two pieces share, so that a secret is whole in one of them."""

_KEY_BLOCK = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)


class RedactingModel:
    """The outermost of the models: nothing is sent that has not passed here."""

    def __init__(self, inner: Model) -> None:
        self.name = inner.name
        self._inner = inner

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | Reply, None]:
        """See `ports.Model`. Pieces of text are shown with the marks; the reply has the secrets again."""
        marks = Marks()
        messages = await asyncio.to_thread(_redacted, request.messages, marks)
        async with aclosing(self._inner.stream(replace(request, messages=messages))) as stream:
            async for item in stream:
                yield marks.restored(item) if isinstance(item, Reply) else item


@dataclass
class Marks:
    """The secrets of one request and what stands for them."""

    by_secret: dict[str, str] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """Takes up every secret of the text. Blocks."""
        for secret in secrets_in(text):
            self.by_secret.setdefault(secret, MARK.format(len(self.by_secret) + 1))

    def redact(self, text: str) -> str:
        """The text with the mark of every secret taken up so far; the longest first where one contains another."""
        if not self.by_secret:
            return text
        secrets = sorted(self.by_secret, key=len, reverse=True)
        return re.sub("|".join(map(_pattern, secrets)), lambda found: self.by_secret[found[0]], text)

    def restore(self, text: str) -> str:
        for secret, mark in self.by_secret.items():
            text = text.replace(mark, secret)
        return text

    def restored(self, reply: Reply) -> Reply:
        calls = tuple(replace(each, arguments=self.restore(each.arguments)) for each in reply.tool_calls)
        return replace(reply, text=self.restore(reply.text), tool_calls=calls)


def _pattern(secret: str) -> str:
    """Where a secret is hidden: everywhere; one that is a mere word (`password = "password"`) only in quotes, or the names of
    half the code would go with it."""
    escaped = re.escape(secret)
    return rf"(?<=[\"'`]){escaped}(?=[\"'`])" if re.fullmatch(r"[A-Za-z_]+", secret) else escaped


def secrets_in(text: str) -> list[str]:
    """Every secret that is found in the text, as it stands there. Blocks: about a tenth of a millisecond a line."""
    found = dict.fromkeys(each[0] for each in _KEY_BLOCK.finditer(text))
    for line in dict.fromkeys(_KEY_BLOCK.sub("", text).splitlines()):
        for at in range(0, max(1, len(line) - OVERLAP), LONGEST_LINE - OVERLAP):
            found.update(dict.fromkeys(secrets_of_line(line[at : at + LONGEST_LINE])))
    return [secret for secret in found if len(secret) >= SHORTEST]


def _redacted(messages: tuple[Message, ...], marks: Marks) -> tuple[Message, ...]:
    for each in messages:
        marks.note(each.text)
        for call in each.tool_calls:
            marks.note(call.arguments)
    return tuple(
        replace(
            each,
            text=marks.redact(each.text),
            tool_calls=tuple(replace(call, arguments=marks.redact(call.arguments)) for call in each.tool_calls),
        )
        for each in messages
    )
