"""JSON-RPC messages as lines of JSON on two streams. What is no message is answered with an error, and the next line is read."""

import asyncio
import json
from typing import Any, TypeGuard

from acp import RequestError

LONGEST_LINE = 50 * 1024 * 1024
"""Bytes of one message; editors embed whole files."""


class Lines:
    """A transport as the protocol's library wants it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, message: dict[str, Any]) -> None:
        """Raises ConnectionError when the editor has gone."""
        self._writer.write(json.dumps(message, separators=(",", ":"), default=str).encode() + b"\n")
        await self._writer.drain()

    async def receive(self) -> dict[str, Any] | None:
        """The next message; None once the editor has gone."""
        while True:
            try:
                line = await self._reader.readline()
                if not line:
                    return None
                message = json.loads(line) if line.strip() else None
            except (ValueError, RecursionError) as error:
                await self._refuse(RequestError.parse_error({"reason": str(error)}))
                continue
            if _is_message(message):
                return message
            if line.strip():
                await self._refuse(RequestError.invalid_request({"reason": "This is no message of JSON-RPC 2.0."}))

    async def close(self) -> None:
        self._writer.close()

    async def _refuse(self, error: RequestError) -> None:
        await self.send({"jsonrpc": "2.0", "id": None, "error": error.to_error_obj()})


def _is_message(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is a request, a notification, or an answer to one of our requests, whose ids are numbers."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str | int | None):
        return False
    if "method" in value:
        return isinstance(value["method"], str)
    return isinstance(value.get("id"), int) and isinstance(value.get("error", {}), dict | None)
