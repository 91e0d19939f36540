"""pygls' protocol, made strict where it is lenient: every malformed request is answered, every error is one of ours.

Knows nothing of what the messages are about.
"""

import logging
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any

import attrs
from cattrs import transform_error
from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.json_rpc import JsonRPCNotification
from pygls.protocol.language_server import lsp_method
from tercet_shared.errors import TercetError

from tercet_lsp.convert.errors import response_error
from tercet_lsp.documents import Documents

logger = logging.getLogger(__name__)

_REFUSED = JsonRPCNotification(method="$/refused", jsonrpc="2.0", params=None)
"""Handed on in place of a message that was answered (or dropped) already: notifications of this name are ignored."""

OWN_SCHEME = "tercet"
"""The scheme of our virtual documents."""

OWN_PROTOCOL = 1
"""`tercet_shared.editor.PROTOCOL`, without loading it before `initialize` is answered (a test compares them)."""


@attrs.define
class _OwnRequest:
    """A request of a method that the protocol does not know."""

    id: int | str
    method: str
    jsonrpc: str
    params: Any = None


class Protocol(LanguageServerProtocol):
    """One connection to one editor."""

    own_requests: frozenset[str] = frozenset()
    """The names of our own requests that are served."""

    def documents(self) -> Documents:
        """The open documents. (No property: pygls reads every property before there are any.)"""
        if not isinstance(self.workspace, Documents):
            self._workspace = Documents.instead_of(self.workspace, self._server._text_document_sync_kind)
        assert isinstance(self._workspace, Documents)
        return self._workspace

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        result = yield from super().lsp_initialize(params)
        assert self.documents() is self.workspace  # ours from here on: no document can be open yet
        if types.WORKSPACE_TEXT_DOCUMENT_CONTENT in self.fm.features and result.capabilities.workspace is not None:
            options = types.TextDocumentContentOptions(schemes=[OWN_SCHEME])
            result.capabilities.workspace.text_document_content = options
        result.capabilities.experimental = {"tercet": {"protocol": OWN_PROTOCOL}}
        return result

    def get_message_type(self, method: str) -> type[Any] | None:  # type: ignore[override]  # pygls caches its own
        """The parameters of our own requests stay as they came; who reads them validates them."""
        return _OwnRequest if method in self.own_requests else super().get_message_type(method)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """As pygls', but what does not fit the protocol is refused here instead of being left unanswered."""
        if "method" in data and isinstance(data["method"], str) and self.get_message_type(data["method"]) is None:
            data.setdefault("params", None)  # pygls' own classes for methods that it does not know demand some
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            return self._refuse(data, _readable(error))

    def refuse_unreadable(self, error: ValueError) -> None:
        """Answers what is no JSON, as JSON-RPC demands: with no id, for none could be read."""
        refusal = {"code": JsonRpcParseError.CODE, "message": f"This is no JSON: {error}"[:500]}
        self._send_data({"jsonrpc": self.VERSION, "id": None, "error": refusal})

    def _refuse(self, data: dict[str, Any], error: JsonRpcException) -> Any:
        if "method" not in data and "id" not in data:
            return data  # an object inside a message that happens to have a key "jsonrpc"
        logger.warning("malformed %s: %s", data.get("method", "response"), error)
        if "id" in data and "method" in data:
            self._send_response(data["id"], error=error.to_response_error())
        elif "id" in data and (waiting := self._request_futures.pop(data["id"], None)) is not None:
            waiting.set_exception(error)
        return _REFUSED

    def _handle_request(self, msg_id: int | str, method_name: str, params: Any) -> None:
        if self._workspace is None and method_name != types.INITIALIZE:
            error = JsonRpcServerNotInitialized("The first request must be `initialize`.")
            self._send_response(msg_id, error=error.to_response_error())
        else:
            super()._handle_request(msg_id, method_name, params)

    def _send_handler_result(self, future: "Future[Any]", *, msg_id: int | str) -> None:
        error = None if future.cancelled() else future.exception()
        if not isinstance(error, TercetError):
            super()._send_handler_result(future, msg_id=msg_id)
            return
        self._request_futures.pop(msg_id, None)
        self._send_response(msg_id, error=response_error(error).to_response_error())


def _readable(error: JsonRpcException) -> JsonRpcException:
    """The same refusal with what is wrong and where, if the cause tells."""
    if error.__cause__ is None:
        return error
    reasons = "; ".join(transform_error(error.__cause__, path="message"))
    return JsonRpcInvalidParams(f"Malformed message: {reasons}"[:2000])
