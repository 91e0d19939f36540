"""The port to language models: what is asked, what streams back, who pays. Nothing here knows a vendor."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from tercet_shared.ids import RunId, WorkspaceId


class Speaker(StrEnum):
    """Who says a message. `TOOL` answers one of the model's tool calls."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True)
class ToolCall:
    """What a model wants to be done. `arguments` is the text it wrote: meant to be JSON, checked by nobody yet."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Message:
    speaker: Speaker
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    """Of the assistant's own earlier message."""
    answers: str = ""
    """The id of the tool call that a TOOL message answers."""


@dataclass(frozen=True)
class Tool:
    """A function that the model may ask for. `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


class Duty(StrEnum):
    """What a model is asked for: which models serve it, in which order, is configuration."""

    PLANNER = "planner"
    CODER = "coder"
    CRITIQUE = "critique"


@dataclass(frozen=True)
class Caps:
    """Hard limits of spending. Money is in US dollars; days are those of UTC."""

    run_usd: float
    day_usd: float
    workspace_day_usd: float
    run_tokens: int


@dataclass(frozen=True)
class Allowance:
    """What one request may carry of the project, and bring back, in tokens."""

    context_tokens: int = 24_000
    output_tokens: int = 8192

    def shorter(self) -> "Allowance":
        """For a model that cannot read so much."""
        return replace(self, context_tokens=self.context_tokens // 4)


@dataclass(frozen=True)
class Account:
    """Who pays for a call: a run of a workspace, up to its caps; and how large its workspace lets a call be."""

    run_id: RunId
    workspace_id: WorkspaceId
    caps: Caps
    allowance: Allowance = field(default_factory=Allowance)


@dataclass(frozen=True)
class ModelRequest:
    """One question. `deadline_s` is for everything that is done about it: retries and other models included."""

    messages: tuple[Message, ...]
    duty: Duty
    account: Account
    tools: tuple[Tool, ...] = ()
    schema: Mapping[str, Any] | None = None
    """A JSON Schema that the reply's text should follow; vendors that cannot enforce it are asked in words alone."""
    most_output_tokens: int = 4096
    temperature: float | None = None
    """None: the vendor's default."""
    deadline_s: float = 120.0

    def with_messages(self, *more: Message) -> "ModelRequest":
        return replace(self, messages=(*self.messages, *more))


@dataclass(frozen=True)
class Usage:
    """Tokens of one or more calls, and what they cost in US dollars."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Of the input, what the vendor had already and charges less for."""
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.cost_usd + other.cost_usd,
        )


class Finish(StrEnum):
    """Why a model stopped. `LENGTH`: at `most_output_tokens`, so the text is cut off."""

    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"


@dataclass(frozen=True)
class Delta:
    """A piece of the text, as it is written. `restart`: another attempt begins, all pieces before are void."""

    text: str = ""
    restart: bool = False


@dataclass(frozen=True)
class Reply:
    """The whole answer: the last item of every stream that ends well."""

    text: str
    model: str
    """Which one answered, as configured: "provider/model"."""
    finish: Finish = Finish.STOP
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)


class Model(Protocol):
    """A language model, or several that act as one."""

    name: str

    def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | Reply, None]:
        """Pieces of the text, then exactly one `Reply`. Closing the stream early, or cancelling the task, stops the vendor.

        Raises ModelFailed and its children, BudgetExceeded, NoModel, DeadlineExceeded.
        """
        ...


async def ask(model: Model, request: ModelRequest) -> Reply:
    """The whole answer of a model, for callers that show nothing of it as it is written. Raises what `stream` raises."""
    stream = model.stream(request)
    try:
        async for item in stream:
            if isinstance(item, Reply):
                return item
    finally:
        await stream.aclose()
    raise RuntimeError(f"the stream of {model.name} ended without a reply")
