"""The edge of a request: bounds its body, and turns what nobody foresaw into a logged problem. Knows no endpoint."""

import logging
from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tercet_shared.errors import InternalError, TooLarge

from tercet_server.api.problems import problem_response

LOG = logging.getLogger(__name__)

MAX_BODY_BYTES = 12 * 1024 * 1024
"""Room for the overlay of the largest text that is taken (10 MB) with its JSON around it."""


class BodyLimit:
    """ASGI middleware that reads a request's body whole before anybody works on it, and refuses one over the limit."""

    def __init__(self, app: ASGIApp, limit_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await self._body(scope, receive)
        if body is None:
            limit_mb = self._limit_bytes // (1024 * 1024)
            response = problem_response(TooLarge(f"The request is larger than {limit_mb} MB. Send smaller texts."))
            await response(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _body(self, scope: Scope, receive: Receive) -> deque[Message] | None:
        if any(_declares_more(key, value, self._limit_bytes) for key, value in scope["headers"]):
            return None
        messages: deque[Message] = deque()
        size = 0
        while not messages or messages[-1].get("more_body", False):
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limit_bytes:
                return None
            messages.append(message)
        return messages


def _declares_more(name: bytes, value: bytes, limit_bytes: int) -> bool:
    return name.lower() == b"content-length" and value.isdigit() and int(value[:20]) > limit_bytes


def _replay(messages: deque[Message], receive: Receive) -> Receive:
    async def next_message() -> Message:
        return messages.popleft() if messages else await receive()

    return next_message


class CatchAll:
    """ASGI middleware: an error that no handler knows is logged with its traceback; the client learns no details."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except Exception:
            LOG.exception("%s %s broke down", scope.get("method"), scope.get("path"))
            if scope["type"] != "http" or started:
                raise
            sentence = "Something inside Tercet broke. `tercet daemon logs` shows what; please report it."
            await problem_response(InternalError(sentence))(scope, receive, send)
