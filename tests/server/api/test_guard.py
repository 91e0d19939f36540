"""Nobody gets in: on every path a wrong token, Host or Origin is refused before anything else is looked at."""

import httpx
import pytest
from starlette.routing import Route
from tercet_server.api import Access
from tercet_server.api.problems import MEDIA_TYPE

from tests.doubles.running_api import RunningApi, toy_app

TOKEN = "secret-token-of-this-test"
PROPER = [(b"host", b"tercet"), (b"authorization", f"Bearer {TOKEN}".encode())]


def _every_path(tmp_path) -> list[tuple[str, str]]:
    routes = [route for route in toy_app(tmp_path).routes if isinstance(route, Route)]
    listed = [(method, route.path.replace("{", "").replace("}", "")) for route in routes for method in route.methods]
    return [*listed, ("GET", "/api/v1/no/such/path"), ("GET", "/docs"), ("GET", "/"), ("OPTIONS", "/api/v1/health")]


REFUSED = {
    "no token": {"authorization": None},
    "wrong token": {"authorization": "Bearer wrong"},
    "token without scheme": {"authorization": TOKEN},
    "other scheme": {"authorization": f"Basic {TOKEN}"},
    "token that is not ASCII": {"authorization": "Bearer ä".encode()},
    "rebound Host": {"host": "evil.example"},
    "Host with a suffix": {"host": "localhost.evil.example"},
    "web page": {"origin": "https://evil.example"},
    "sandboxed web page": {"origin": "null"},
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
async def test_every_path_refuses(change: dict, tmp_path):
    app = toy_app(tmp_path)
    headers = {"authorization": f"Bearer {TOKEN}", "host": "tercet"} | change
    sent = {key: value for key, value in headers.items() if value is not None}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tercet") as http:
        for method, path in _every_path(tmp_path):
            response = await http.request(method, path, headers=sent)
            assert response.status_code == 401, (method, path)
            assert response.headers["content-type"] == MEDIA_TYPE
            if method != "HEAD":
                assert response.json()["code"] == "not_authorized"


def test_headers_sent_twice_are_refused():
    access = Access.over_socket(TOKEN)
    assert access.objection(PROPER) is None
    assert access.objection([*PROPER, (b"host", b"tercet")])
    assert access.objection([*PROPER, (b"authorization", b"Bearer wrong")])


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:123", "127.0.0.1:9", "[::1]", "[::1]:80"])
def test_the_loopback_interface_has_these_names(host: str):
    headers = [(b"host", host.encode()), PROPER[1]]
    assert Access.over_tcp(TOKEN, 20_001).objection(headers) is None


def test_the_name_of_the_socket_is_none_over_tcp():
    assert Access.over_tcp(TOKEN, 20_001).objection(PROPER)


def test_the_daemons_own_origin_may_be_named():
    access = Access.over_tcp(TOKEN, 20_001)
    headers = [(b"host", b"127.0.0.1:20001"), PROPER[1]]
    assert access.objection([*headers, (b"origin", b"http://127.0.0.1:20001")]) is None
    assert access.objection([*headers, (b"origin", b"http://127.0.0.1:20002")])


async def test_a_websocket_is_refused(tmp_path):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "headers": PROPER, "path": "/", "extensions": {"websocket.http.response": {}}}
    await toy_app(tmp_path)(scope, None, send)
    assert sent[0]["status"] == 401


async def test_the_description_is_there_for_the_owner_and_pages_of_documentation_for_nobody(api: RunningApi):
    base = "http://tercet"
    assert (await api.http.get(f"{base}/openapi.json")).status_code == 200
    assert (await api.http.get(f"{base}/docs")).status_code == 404
