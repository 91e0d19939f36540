"""Every error reaches the client as a problem document with a sentence, and as the same class that was raised."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tercet_server.api.edge import MAX_BODY_BYTES
from tercet_server.api.problems import MEDIA_TYPE, STATUS, problem_response
from tercet_shared import errors
from tercet_shared.ids import WorkspaceId
from tercet_shared.workspaces import WorkspaceRequest

from tests.doubles.running_api import RunningApi, running_api

pytestmark = pytest.mark.asyncio(loop_scope="module")

SENTENCE = "It went wrong like this. Do that."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api() -> AsyncIterator[RunningApi]:
    async with running_api() as running:
        yield running


async def test_every_code_has_a_status():
    assert set(STATUS) == {each.code for each in errors.all_errors()}


@pytest.mark.parametrize("kind", errors.all_errors(), ids=lambda kind: kind.code)
async def test_the_client_raises_what_the_daemon_raised(kind, api: RunningApi, monkeypatch):
    services = await api.services()

    async def fail(*_: object) -> None:
        raise kind(SENTENCE, path="a.py")

    monkeypatch.setattr(services.workspaces, "get", fail)
    with pytest.raises(errors.TercetError) as raised:
        await api.client.workspace(WorkspaceId("w-any"))
    assert type(raised.value) is kind
    assert raised.value.sentence == SENTENCE
    assert raised.value.data == {"path": "a.py"}
    response = await api.http.get("/workspaces/w-any")
    assert response.headers["content-type"] == MEDIA_TYPE
    assert response.json()["status"] == response.status_code == STATUS[kind.code]
    assert response.json()["retryable"] is kind.retryable
    assert response.json()["title"]


async def test_what_nobody_foresaw_is_logged_and_told_without_details(api: RunningApi, monkeypatch, caplog):
    services = await api.services()

    async def fail(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(services.workspaces, "get", fail)
    response = await api.http.get("/workspaces/w-any")
    assert response.status_code == 500
    assert response.json()["code"] == "internal"
    assert "secret" not in response.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/runs", {"workspace_id": "w", "intent": "juggle"}, "body.intent"),
        ("POST", "/runs", {"workspace_id": "w", "intent": "fix", "intents": 1}, "body.intents"),
        ("POST", "/workspaces", {}, "body.root"),
        ("GET", "/runs?limit=0", None, "query.limit"),
        ("GET", "/events?after=-1", None, "query.after"),
        ("GET", "/events?after=9223372036854775808", None, "query.after"),
        ("DELETE", "/workspaces/w/overlays?client_id=e&path=../x", None, "query.path"),
    ],
)
async def test_a_malformed_request_is_told_which_field(api: RunningApi, method, path, body, field):
    response = await api.http.request(method, path, json=body)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "invalid_request")
    assert field in problem["detail"]
    assert problem["data"]["fields"] == [field]


@pytest.mark.parametrize("content", [b"{", b"\xff", b'"\\ud800"', b'{"\\ud800": 1}', b"[" * 100_000, b""])
async def test_a_body_that_is_none_is_a_malformed_request(api: RunningApi, content: bytes):
    response = await api.http.post("/runs", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.json()["code"] == "invalid_request"


async def test_an_unknown_path_and_a_wrong_method_are_problems(api: RunningApi):
    unknown = await api.http.get("/nothing")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    wrong = await api.http.delete("/health")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "invalid_request")
    assert wrong.headers["allow"] == "GET"


async def test_a_request_over_the_limit_is_refused_by_its_declared_size(api: RunningApi):
    response = await api.http.post("/workspaces", content=b" " * (MAX_BODY_BYTES + 1))
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


async def test_a_request_over_the_limit_is_refused_even_if_it_declares_nothing(api: RunningApi):
    async def endless():
        for _ in range(MAX_BODY_BYTES // 2**20 + 1):
            yield b" " * 2**20

    response = await api.http.post("/workspaces", content=endless())
    assert response.status_code == 413


async def test_the_largest_text_fits(api: RunningApi):
    with pytest.raises(errors.TercetError) as raised:
        await api.client.register_workspace(WorkspaceRequest(root="/" + "x" * (10 * 2**20)))
    assert not isinstance(raised.value, errors.TooLarge | errors.InternalError)


async def test_data_that_is_no_json_is_shown_as_text(tmp_path):
    assert str(tmp_path).encode() in problem_response(errors.NotFound("No.", path=tmp_path)).body
