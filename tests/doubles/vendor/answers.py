"""What a scripted vendor does with one request. Knows no wire format."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Call:
    """A tool call. `arguments` is the text the model wrote: valid JSON or not."""

    name: str
    arguments: str
    id: str = "call_1"

    @property
    def parsed(self) -> Any:
        """The arguments as an object, for the wires that have no text of them."""
        try:
            return json.loads(self.arguments)
        except ValueError:
            return {"unreadable": self.arguments}


@dataclass(frozen=True)
class Says:
    """A whole answer. `finish`: "stop", "length", "tool_calls", "content_filter" or "refusal"."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    input_tokens: int = 11
    output_tokens: int = 7
    finish: str = ""
    piece: int = 16
    """Characters in one chunk of a stream."""
    wait_s: float = 0.0
    """Before every chunk after the first."""
    first_wait_s: float = 0.0

    @property
    def ending(self) -> str:
        return self.finish or ("tool_calls" if self.calls else "stop")

    @property
    def pieces(self) -> list[str]:
        return [self.text[at : at + self.piece] for at in range(0, len(self.text), self.piece)]


@dataclass(frozen=True)
class Fails:
    """An error of the vendor's. `kind`: "", "context_length" or "content_filter" (both with status 400)."""

    status: int
    kind: str = ""
    message: str = ""
    retry_after: str | None = None


@dataclass(frozen=True)
class Hangs:
    """Takes the request and never answers."""


@dataclass(frozen=True)
class Closes:
    """Closes the connection without a word."""


class How(StrEnum):
    """How a stream breaks off."""

    CLOSE = "close"
    STALL = "stall"
    GARBAGE = "garbage"
    """Bytes that are not JSON where a chunk is due, or instead of a whole answer."""
    FAILURE = "failure"
    """What the wire has to say that there will be no rest; Bedrock's alone."""
    END = "end"
    """A clean end of the body, but without the wire's own end mark and usage."""


@dataclass(frozen=True)
class Breaks:
    """Begins an answer, and breaks off after so many chunks."""

    how: How
    after: int = 2
    says: Says = field(default_factory=lambda: Says("An answer that will never be whole, however long one waits."))


Answer = Says | Fails | Hangs | Closes | Breaks
