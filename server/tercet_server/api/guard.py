"""Lets in only the owner of the daemon: the token, the Host and the Origin of every request. Knows no endpoint.

Host and Origin keep web pages out: a browser can be made to send requests to the loopback interface, but not to lie there.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send
from tercet_shared.errors import NotAuthorized

from tercet_server.api.problems import problem_response

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
SOCKET_HOST = "tercet"
"""What clients name as Host over the Unix socket."""


@dataclass(frozen=True)
class Access:
    """What a request must bring. `origins` are the daemon's own, the only ones that may be named at all."""

    token: str
    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()

    @classmethod
    def over_socket(cls, token: str) -> "Access":
        return cls(token, LOOPBACK_HOSTS | {SOCKET_HOST})

    @classmethod
    def over_tcp(cls, token: str, port: int) -> "Access":
        return cls(token, LOOPBACK_HOSTS, frozenset(f"http://{host}:{port}" for host in LOOPBACK_HOSTS))

    def objection(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Why a request with these raw headers is refused, as a sentence; None if it may pass."""
        listed = list(headers)
        host = _only(listed, b"host")
        if host is None or _without_port(host.lower()) not in self.hosts:
            return "Requests must name the loopback interface as their Host."
        origins = _all(listed, b"origin")
        if any(origin not in self.origins for origin in origins):
            return "Requests from web pages are refused."
        scheme, _, token = (_only(listed, b"authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not _same(token.strip(), self.token):
            return (
                "The token is missing or wrong. It stands in daemon.json in Tercet's home and changes with every start."
            )
        return None


class Guard:
    """ASGI middleware that refuses, on every path, what `access` objects to."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        objection = self._access.objection(scope["headers"])
        if scope["type"] != "http" or objection is not None:
            response = problem_response(NotAuthorized(objection or "Only HTTP requests are served."))
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _same(given: str, wanted: str) -> bool:
    """In constant time, so that answers do not tell how much of a guess was right."""
    return secrets.compare_digest(given.encode("utf-8"), wanted.encode("utf-8"))


def _all(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]


def _only(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The header's value if it was sent exactly once."""
    values = _all(headers, name)
    return values[0] if len(values) == 1 else None


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
