"""A model that does what the test scripts: says texts, raises errors, waits. And a spending that only remembers."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from tercet_server.ports import (
    Account,
    CallId,
    CallOutcome,
    Caps,
    Delta,
    Duty,
    Finish,
    Message,
    ModelRequest,
    ModelUsage,
    PlannedCall,
    Reply,
    Speaker,
    ToolCall,
    Usage,
)
from tercet_shared.errors import TercetError
from tercet_shared.ids import RunId, WorkspaceId

PLENTY = Caps(run_usd=1000.0, day_usd=1000.0, workspace_day_usd=1000.0, run_tokens=10_000_000)
ACCOUNT = Account(RunId("r1"), WorkspaceId("w1"), PLENTY)


def asked(text: str = "hello", *, caps: Caps = PLENTY, deadline_s: float = 30.0) -> ModelRequest:
    account = Account(ACCOUNT.run_id, ACCOUNT.workspace_id, caps)
    return ModelRequest((Message(Speaker.USER, text),), Duty.CODER, account, deadline_s=deadline_s)


class ScriptedModel:
    """Each item answers one request: a text, a whole reply, an error, a text and then an error, or seconds to wait before
    "late"."""

    def __init__(
        self, *script: str | Reply | TercetError | tuple[str, TercetError] | float, name: str = "double"
    ) -> None:
        self.name = name
        self.requests: list[ModelRequest] = []
        self.closed = 0
        self._script = list(script)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | Reply, None]:
        self.requests.append(request)
        item = self._script.pop(0)
        try:
            if isinstance(item, TercetError):
                raise item
            if isinstance(item, tuple):
                yield Delta(item[0])
                raise item[1]
            if isinstance(item, float):
                yield Delta("wait ")
                await asyncio.sleep(item)
                item = "late"
            if isinstance(item, Reply):
                yield item
                return
            yield Delta(item)
            yield Reply(item, self.name, usage=Usage(10, 5, 0, 0.01))
        finally:
            self.closed += 1


def calls(*asked: tuple[str, str], text: str = "") -> Reply:
    """An answer that asks for tools: (name, arguments) of each."""
    made = tuple(ToolCall(f"call_{number}", name, arguments) for number, (name, arguments) in enumerate(asked))
    return Reply(text, "double", Finish.TOOL_CALLS, made, Usage(10, 5, 0, 0.01))


class RememberedSpending:
    """Caps nothing."""

    def __init__(self) -> None:
        self.planned: list[PlannedCall] = []
        self.settled: list[tuple[CallId, CallOutcome]] = []

    async def reserve(self, call: PlannedCall, caps: Caps) -> None:
        self.planned.append(call)

    async def settle_call(self, call_id: CallId, outcome: CallOutcome) -> None:
        self.settled.append((call_id, outcome))

    async def settle_lost_calls(self) -> int:
        return 0

    async def usage(self, since: datetime) -> Sequence[ModelUsage]:
        return []
