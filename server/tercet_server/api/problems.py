"""Maps every error to its HTTP status and writes it as a problem document (RFC 9457). The only place that does."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from tercet_shared import errors
from tercet_shared.errors import TercetError
from tercet_shared.wire import Wire

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[str, HTTPStatus] = {
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "invalid_request": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_config": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_authorized": HTTPStatus.UNAUTHORIZED,
    "not_found": HTTPStatus.NOT_FOUND,
    "not_trusted": HTTPStatus.FORBIDDEN,
    "conflict": HTTPStatus.CONFLICT,
    "stale_text": HTTPStatus.CONFLICT,
    "already_claimed": HTTPStatus.CONFLICT,
    "dirty_in_editor": HTTPStatus.CONFLICT,
    "undo_conflict": HTTPStatus.CONFLICT,
    "edit_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported": HTTPStatus.UNPROCESSABLE_ENTITY,
    "no_tests": HTTPStatus.UNPROCESSABLE_ENTITY,
    "nothing_failing": HTTPStatus.UNPROCESSABLE_ENTITY,
    "no_interpreter": HTTPStatus.UNPROCESSABLE_ENTITY,
    "sandbox_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "sandbox_failed": HTTPStatus.SERVICE_UNAVAILABLE,
    "deadline_exceeded": HTTPStatus.GATEWAY_TIMEOUT,
    "disk_full": HTTPStatus.INSUFFICIENT_STORAGE,
    "workspace_gone": HTTPStatus.GONE,
    "not_writable": HTTPStatus.FORBIDDEN,
    "daemon_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "version_mismatch": HTTPStatus.UPGRADE_REQUIRED,
    "no_model": HTTPStatus.UNPROCESSABLE_ENTITY,
    "budget_exceeded": HTTPStatus.PAYMENT_REQUIRED,
    "model_failed": HTTPStatus.BAD_GATEWAY,
    "model_busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "model_rejected": HTTPStatus.BAD_GATEWAY,
    "context_too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "content_filtered": HTTPStatus.UNPROCESSABLE_ENTITY,
}

FIELDS_NAMED = 5
"""Wrong fields that one sentence lists."""


class ProblemDocument(Wire):
    """RFC 9457, with the code that clients act upon."""

    type: str
    """A URN that ends with the code."""
    title: str
    """What the code means, whatever the occasion."""
    status: int
    detail: str
    """A sentence for a person: what is wrong here, and what to do next."""
    code: str
    retryable: bool
    data: dict[str, Any]


def problem_response(
    error: TercetError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The response for an error; `status` where HTTP itself already decided on another one."""
    http_status = status or STATUS[error.code].value
    document = {
        "type": f"urn:tercet:problem:{error.code}",
        "title": (type(error).__doc__ or "").strip().partition("\n")[0],
        "status": http_status,
        "detail": error.sentence,
        "code": error.code,
        "retryable": error.retryable,
        "data": error.data,
    }
    content = json.dumps(document, default=str)  # pure ASCII, so that no lone surrogate can break it
    headers = dict(headers or {})
    if error.code == errors.NotAuthorized.code:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return Response(content, status_code=http_status, headers=headers, media_type=MEDIA_TYPE)


async def on_tercet_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, TercetError):  # pragma: no cover  # FastAPI calls it for nothing else
        raise error
    return problem_response(error)


async def on_invalid_request(_: Request, error: Exception) -> Response:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    return problem_response(errors.InvalidRequest(_what_is_wrong(faults), fields=[_place(each) for each in faults]))


async def on_http_error(request: Request, error: Exception) -> Response:
    """What routing itself refuses: an unknown path, a wrong method, a body that is none."""
    if not isinstance(error, HTTPException):  # pragma: no cover  # FastAPI calls it for nothing else
        raise error
    what = f"{request.method} {request.url.path}"[:200]
    sentence = {
        404: f"There is no endpoint {what}. See docs/schema/openapi.json for those there are.",
        405: f"{what} is not allowed; the endpoint takes {(error.headers or {}).get('Allow', 'other methods')}.",
    }.get(error.status_code, f"{what} was refused: {error.detail}.")
    kind = errors.NotFound if error.status_code == 404 else errors.InvalidRequest
    return problem_response(kind(sentence), status=error.status_code, headers=error.headers)


def _what_is_wrong(faults: Sequence[Mapping[str, Any]]) -> str:
    named = "; ".join(f"{_place(each)}: {each['msg']}" for each in faults[:FIELDS_NAMED])
    more = f"; and {len(faults) - FIELDS_NAMED} more" if len(faults) > FIELDS_NAMED else ""
    return f"The request is malformed. {named}{more}."


def _place(fault: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in fault["loc"])[:100]
