"""Hostile requests made from the API's own description: never a server error, always what the description promises.

The event stream and the shutdown are left out: one never ends, the other ends the rest; they have tests of their own.
"""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tercet_shared.ids import WorkspaceId
from tercet_shared.workspaces import Trust, WorkspaceRequest

from tests.doubles.running_api import RunningApi, running_api, toy_app, write_toy

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]

DESCRIPTION = toy_app(Path("unused")).openapi()
schema = (
    schemathesis.openapi.from_dict(DESCRIPTION)
    .exclude(path_regex="/(events|shutdown)$", method="GET")
    .exclude(path_regex="/shutdown$")
)


class ServedApi:
    """The API in a thread of its own, with a registered toy project."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="served api")

    def __enter__(self) -> "ServedApi":
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with running_api(tcp=True) as self.api:
            request = WorkspaceRequest(root=str(self._root), trust=Trust.TRUSTED)
            self.workspace_id = (await self.api.client.register_workspace(request)).id
            self._ready.set()
            await self._end.wait()

    api: RunningApi
    workspace_id: WorkspaceId


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    with ServedApi(write_toy(tmp_path_factory.mktemp("toy"))) as served:
        yield served


@schema.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_daemon(case: Case, served: ServedApi):
    """Half of the requests name a workspace that there is, so that they get past the first look."""
    if ord(case.id[-1]) % 2:
        for place in (case.path_parameters, case.body):
            if isinstance(place, dict) and "workspace_id" in place:
                place["workspace_id"] = served.workspace_id
    record = served.api.record
    case.call_and_validate(
        base_url=record.base_url.removesuffix("/api/v1"),
        headers={**(case.headers or {}), "Authorization": f"Bearer {record.token}"},
        checks=CHECKS,
    )
