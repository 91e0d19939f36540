"""The loopback vendor's HTTP server, in a thread of its own: takes requests, remembers them, does what the script says."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType, TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.doubles.vendor import (
    anthropic_messages,
    bedrock_converse,
    google_content,
    ollama_chat,
    openai_chat,
    openai_responses,
)
from tests.doubles.vendor.answers import Answer, Breaks, Closes, Fails, Hangs, How, Says

GARBAGE = b'data: {"id": "x", "choices": [{"delta": \n\n'
PATIENCE_S = 30.0
"""How long a hanging or stalled request is held at most, so that a broken test ends."""


@dataclass
class Received:
    """One request as it arrived, and what became of it. Times are `time.monotonic()`."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    client: tuple[str, int]
    raw_path: str = ""
    raw: bytes = b""
    at: float = field(default_factory=time.monotonic)
    hung_up_at: float | None = None
    """When the client closed the connection before the answer was whole."""
    completed: bool = False
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def streams(self) -> bool:
        ends = ("/api/chat", ":streamGenerateContent", "/converse-stream")
        return bool(self.body.get("stream", self.path.endswith(ends)))

    @property
    def text(self) -> str:
        """The whole request body as text: what the vendor got to see."""
        return json.dumps(self.body, ensure_ascii=False)


Script = Sequence[Answer] | Callable[[Received], Answer]


class Vendor:
    """Use as a context manager. A list of answers is given out in order; once it is used up the vendor answers 500."""

    def __init__(self, script: Script) -> None:
        self.requests: list[Received] = []
        self._script = script
        self._given = 0
        self._connections: dict[tuple[str, int], _Connection] = {}
        self._listener = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # else asyncio leaves Nagle on
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(256)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        routes = [
            Route(path, self._endpoint(wire), methods=["POST"])
            for path, wire in (
                ("/v1/chat/completions", openai_chat),
                ("/openai/deployments/{deployment}/chat/completions", openai_chat),
                ("/v1/responses", openai_responses),
                ("/v1/messages", anthropic_messages),
                ("/api/chat", ollama_chat),
                ("/v1beta/models/{model}:streamGenerateContent", google_content),
                ("/v1beta/models/{model}:generateContent", google_content),
                ("/model/{model:path}/converse-stream", bedrock_converse),
                ("/model/{model:path}/converse", bedrock_converse),
            )
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            http=self._protocol(),
            log_config=None,
            log_level="critical",
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="loopback-vendor")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener]))

    # -- connections --------------------------------------------------------------------------------------------

    def _protocol(self) -> type[H11Protocol]:
        vendor = self

        class Watched(H11Protocol):
            """uvicorn's protocol, whose connections the vendor can cut and whose ends it sees at once."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                vendor._connections[_peer(transport)] = _Connection(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                vendor._lost(_peer(self.transport))
                super().connection_lost(exc)

        return Watched

    def _lost(self, client: tuple[str, int]) -> None:
        connection = self._connections.pop(client, None)
        request = connection.request if connection else None
        if request is not None and not request.completed:
            request.hung_up_at = time.monotonic()
            request.hung_up.set()

    # -- requests -----------------------------------------------------------------------------------------------

    def _endpoint(self, wire: ModuleType) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            client = (request.client.host, request.client.port) if request.client else ("", 0)
            raw_path, raw = request.scope["raw_path"].decode(), await request.body()
            received = Received(request.url.path, dict(request.headers), json.loads(raw), client, raw_path, raw)
            self._connections[client].request = received
            self.requests.append(received)
            return await self._respond(received, self._next(received), wire)

        return endpoint

    def _next(self, received: Received) -> Answer:
        if callable(self._script):
            return self._script(received)
        self._given += 1
        if self._given > len(self._script):
            return Fails(500, message="The script has no more answers.")
        return self._script[self._given - 1]

    async def _respond(self, received: Received, answer: Answer, wire: ModuleType) -> Response:
        if isinstance(answer, Fails):
            received.completed = True
            error = getattr(wire, "error", openai_chat.error)
            headers = {"retry-after": answer.retry_after} if answer.retry_after is not None else {}
            headers |= getattr(wire, "error_headers", lambda _: {})(answer)
            return JSONResponse(error(answer), answer.status, headers)
        if isinstance(answer, Hangs):
            await _held(received, PATIENCE_S)
            return Response(status_code=504)
        if isinstance(answer, Closes):
            self._cut(received)
            return Response(status_code=504)
        if received.streams:
            kind = getattr(wire, "MEDIA", "text/event-stream")
            return StreamingResponse(self._chunks(received, answer, wire), media_type=kind)
        return await self._whole(received, answer, wire)

    async def _whole(self, received: Received, answer: Says | Breaks, wire: ModuleType) -> Response:
        says = answer.says if isinstance(answer, Breaks) else answer
        await _held(received, says.first_wait_s)
        text = json.dumps(wire.whole(says, received.body)).encode()
        if isinstance(answer, Breaks):
            if answer.how is How.STALL:
                await _held(received, PATIENCE_S)
            if answer.how is How.CLOSE:
                self._cut(received)
            text = text[: len(text) // 2]
        received.completed = True
        return Response(text, media_type="application/json")

    async def _chunks(self, received: Received, answer: Says | Breaks, wire: ModuleType) -> AsyncIterator[bytes]:
        says = answer.says if isinstance(answer, Breaks) else answer
        chunks: Iterator[bytes] = wire.stream(says, received.body)
        for number, chunk in enumerate(chunks):
            await _held(received, says.wait_s if number else says.first_wait_s)
            if received.hung_up.is_set():
                return
            if isinstance(answer, Breaks) and number == answer.after:
                if answer.how is How.STALL:
                    await _held(received, PATIENCE_S)
                elif answer.how is How.CLOSE:
                    self._cut(received)
                elif answer.how is How.GARBAGE:
                    yield GARBAGE
                elif answer.how is How.FAILURE:
                    yield wire.failure()
                received.completed = answer.how in (How.GARBAGE, How.END, How.FAILURE)
                return
            yield chunk
        received.completed = True

    def _cut(self, received: Received) -> None:
        received.completed = True  # by the vendor's own will
        with contextlib.suppress(KeyError):
            self._connections[received.client].transport.abort()


@dataclass
class _Connection:
    transport: asyncio.Transport
    request: Received | None = None


def _peer(transport: Any) -> tuple[str, int]:
    host, port = transport.get_extra_info("peername")[:2]
    return host, port


async def _held(received: Received, seconds: float) -> None:
    """Waits, but no longer than the client does."""
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(received.hung_up.wait(), seconds)
