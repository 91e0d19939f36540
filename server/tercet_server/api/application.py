"""Builds the FastAPI application from its routers, guards and error handlers, and its OpenAPI document."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from tercet_shared.discovery import API_PREFIX
from tercet_shared.errors import TercetError

from tercet_server.api import context, daemon, events, learning, proposals, runs, sandbox, workspaces
from tercet_server.api.daemon_state import DaemonState
from tercet_server.api.edge import BodyLimit, CatchAll
from tercet_server.api.guard import Access, Guard
from tercet_server.api.problems import (
    MEDIA_TYPE,
    ProblemDocument,
    on_http_error,
    on_invalid_request,
    on_tercet_error,
)

ROUTERS = (
    daemon.router,
    workspaces.router,
    context.router,
    learning.router,
    runs.router,
    events.router,
    proposals.router,
    sandbox.router,
)


def build_api(state: DaemonState, access: Access) -> FastAPI:
    """The application. Its lifespan starts and closes `state`."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        state.start()
        try:
            yield
        finally:
            await state.close()

    app = FastAPI(title="Tercet", version=state.version, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.daemon = state
    for router in ROUTERS:
        app.include_router(router, prefix=API_PREFIX)
    app.add_exception_handler(TercetError, on_tercet_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)
    for middleware in (BodyLimit, CatchAll):
        app.add_middleware(middleware)
    app.add_middleware(Guard, access=access)  # the last one added is the first one asked
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way to change the document
    return app


def openapi(app: FastAPI) -> dict[str, Any]:
    """The API's description: every endpoint may answer with a problem document, and wants the bearer token."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = document["components"]["schemas"]
        for framework_model in ("HTTPValidationError", "ValidationError"):
            schemas.pop(framework_model, None)
        schemas["ProblemDocument"] = ProblemDocument.model_json_schema()
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        for path in document["paths"].values():
            for operation in path.values():
                _describe_answers(operation)
        app.openapi_schema = document
    return app.openapi_schema


def _describe_answers(operation: dict[str, Any]) -> None:
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {
        "description": "A problem (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }
