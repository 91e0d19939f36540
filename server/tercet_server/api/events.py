"""The event stream: server-sent events, replayed from any sequence number and then live, without a gap or a double."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from sse_starlette import EventSourceResponse, ServerSentEvent
from tercet_shared.events import Event, FindingsChanged
from tercet_shared.ids import ClientId, RunId, WorkspaceId

from tercet_server.api.dependencies import MAX_SEQ, DaemonStateDependency, ServicesDependency
from tercet_server.api.services import Stream
from tercet_server.ports import Ledger

router = APIRouter(tags=["events"])

PING_S = 15
"""Clients give a silent stream up after three of these."""

SEND_TIMEOUT_S = 30.0
"""A client that reads nothing for so long is cut off; it resumes by sequence number."""

PAGE = 500

_Identifier = Query(min_length=1, max_length=100)


@dataclass(frozen=True)
class Filter:
    """Which messages a stream carries. A stream of one run carries no findings."""

    workspace_id: WorkspaceId | None
    run_id: RunId | None

    def lets_pass(self, message: Event | FindingsChanged) -> bool:
        if self.workspace_id is not None and message.workspace_id != self.workspace_id:
            return False
        run_id = message.run_id if isinstance(message, Event) else None
        return self.run_id is None or run_id == self.run_id


@router.get("/events", response_class=EventSourceResponse)
async def events(
    services: ServicesDependency,
    state: DaemonStateDependency,
    after: Annotated[int | None, Query(ge=0, le=MAX_SEQ)] = None,
    client_id: Annotated[ClientId | None, _Identifier] = None,
    workspace_id: Annotated[WorkspaceId | None, _Identifier] = None,
    run_id: Annotated[RunId | None, _Identifier] = None,
) -> EventSourceResponse:
    """What comes after sequence number `after` (left out: after now). `client_id` marks the client as connected."""
    subscription = (
        services.hub.subscribe()
    )  # before the ledger is read: what is committed in between comes twice, never not at all
    last = await services.ledger.last_seq()
    seen = last if after is None else min(after, last)
    messages = _messages(services.ledger, subscription, seen, Filter(workspace_id, run_id))

    async def stream() -> AsyncIterator[ServerSentEvent]:
        with state.presence.stream(client_id):
            async with aclosing(messages):
                async for message in messages:
                    yield _sent(message)

    return EventSourceResponse(stream(), ping=PING_S, send_timeout=SEND_TIMEOUT_S)


async def _messages(
    ledger: Ledger, subscription: Stream, seen: int, wanted: Filter
) -> AsyncGenerator[Event | FindingsChanged, None]:
    """Stored events after `seen`, then the subscription's; ends with the subscription."""
    async with aclosing(subscription):
        while page := await ledger.events(seen, run_id=wanted.run_id, workspace_id=wanted.workspace_id, limit=PAGE):
            for event in page:
                yield event
            seen = page[-1].seq
        async for message in subscription:
            if isinstance(message, Event):
                if message.seq <= seen:
                    continue
                seen = message.seq
            if wanted.lets_pass(message):
                yield message


def _sent(message: Event | FindingsChanged) -> ServerSentEvent:
    if isinstance(message, Event):
        return ServerSentEvent(message.model_dump_json(), event="event", id=str(message.seq))
    return ServerSentEvent(message.model_dump_json(), event="findings")
