"""Our own methods as an editor's extension calls them; the daemon's part is in tests/e2e/lsp/test_views.py."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tercet_lsp.protocol import OWN_PROTOCOL
from tercet_lsp.session.session import DaemonView
from tercet_shared.editor import PROTOCOL, Snapshot
from tercet_shared.errors import DaemonUnavailable
from tercet_shared.events import Event, EventType
from tercet_shared.ids import RunId, WorkspaceId

from tests.doubles.language_wire import Wire

FOLDER = {"uri": "file:///p", "name": "p"}


def test_the_protocol_s_version_is_said_before_pydantic_is_loaded():
    assert OWN_PROTOCOL == PROTOCOL
    wire = Wire()
    assert wire.initialize()["capabilities"]["experimental"] == {"tercet": {"protocol": PROTOCOL}}


async def answer(wire: Wire, method: str, params: Any) -> Any:
    before = len(wire.sent)
    wire.say(id=7, method=method, params=params)
    async with asyncio.timeout(10):
        while not (found := [each for each in wire.sent[before:] if each.get("id") == 7]):
            await asyncio.sleep(0.01)
    return found[0]


async def test_a_snapshot_is_answered_while_there_is_no_daemon():
    wire = Wire()
    wire.initialize(workspaceFolders=[FOLDER])
    wire.server.session.lost(DaemonUnavailable("It does not start."))
    snapshot = Snapshot.model_validate((await answer(wire, "tercet/snapshot", None))["result"])
    assert (snapshot.daemon.state, snapshot.daemon.problem) == ("lost", "It does not start.")
    assert (snapshot.workspaces, snapshot.runs, snapshot.proposals) == ([], [], [])


@pytest.mark.parametrize(
    ("method", "params", "says"),
    [
        ("tercet/changes", None, "params"),
        ("tercet/changes", {"proposal": 3}, "proposal"),
        ("tercet/runEvents", {"run": "r1", "after": -1}, "after"),
        ("tercet/runEvents", {"run": "r1", "before": 1}, "before"),
        ("tercet/runEvents", ["r1"], "params"),
    ],
)
async def test_wrong_parameters_are_named(method: str, params: Any, says: str):
    wire = Wire()
    wire.initialize(workspaceFolders=[FOLDER])
    error = (await answer(wire, method, params))["error"]
    assert error["code"] == -32602
    assert says in error["message"]


@pytest.mark.parametrize(
    ("experimental", "hears"),
    [({"tercet": {"events": True}}, True), ({"tercet": True}, False), ([], False), (None, False)],
)
async def test_only_an_editor_that_asked_for_them_hears_of_events(experimental: Any, hears: bool):
    wire = Wire()
    wire.initialize(workspaceFolders=[FOLDER], capabilities={"experimental": experimental})
    before = len(wire.sent)
    event = Event(
        seq=1, run_id=RunId("r1"), workspace_id=WorkspaceId("w1"), n=1, type=EventType.RUN_PROGRESS,
        at=datetime(2030, 1, 1, tzinfo=UTC), data={"message": "testing"},
    )  # fmt: skip
    for listener in wire.server.session.on_event:
        listener(event)
    view = DaemonView("connected", "1.0", 42)
    for told in wire.server.session.on_daemon:
        told(view)
    sent = {each["method"]: each["params"] for each in wire.sent[before:]}
    if hears:
        assert Event.model_validate(sent["tercet/event"]) == event
        assert sent["tercet/daemon"] == {"state": "connected", "version": "1.0", "pid": 42, "problem": None}
    else:
        assert sent == {}


def test_a_notification_of_a_request_s_name_is_dropped():
    wire = Wire()
    wire.initialize()
    assert wire.say(method="tercet/snapshot") == []
    assert wire.say(method="tercet/nonsense") == []
    (unknown,) = wire.say(id=8, method="tercet/nonsense")
    assert unknown["error"]["code"] == -32601


def test_the_own_methods_are_documented(repository_docs: str):
    wire = Wire()
    wire.initialize()
    for method in (*wire.server.protocol.own_requests, "tercet/event", "tercet/daemon"):
        assert f"| `{method}` |" in repository_docs


@pytest.fixture
def repository_docs() -> str:
    return (Path(__file__).parents[2] / "docs" / "editors.md").read_text("utf-8")
