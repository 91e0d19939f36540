"""Tercet's errors as the protocol's: the one place where they are mapped."""

from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from tercet_shared.errors import InvalidRequest, TercetError

REQUEST_FAILED = -32803
"""LSP 3.17: the request was well-formed and could not be done. (ContentModified would be kept from the user.)"""


def response_error(error: TercetError) -> JsonRpcException:
    """The answer to a request that failed: the sentence for the user, the code and data for a program."""
    data = {"code": error.code, "retryable": error.retryable, **error.data}
    code = JsonRpcInvalidParams.CODE if isinstance(error, InvalidRequest) else REQUEST_FAILED
    return JsonRpcException(message=error.sentence, code=code, data=data)
