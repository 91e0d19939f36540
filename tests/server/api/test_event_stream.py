"""The event stream: replay and live without a gap or a double, resumable anywhere, and who is connected by it."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from tercet_server.api.presence import Presence
from tercet_server.runs import EventHub
from tercet_shared.events import Event, EventType
from tercet_shared.ids import ClientId, RunId, WorkspaceId
from tercet_shared.runs import Intent, RunRequest
from tercet_shared.workspaces import OverlayRequest, Workspace

from tests.doubles.running_api import RunningApi


async def new_run(api: RunningApi, workspace_id: str = "w-one") -> RunId:
    """A run in the ledger that nobody carries."""
    services = await api.services()
    request = RunRequest(workspace_id=WorkspaceId(workspace_id), intent=Intent.FIX)
    return (await services.ledger.create_run(request, datetime.now(UTC))).id


async def progress(api: RunningApi, run_id: RunId, count: int, key: str = "") -> None:
    services = await api.services()
    for number in range(count):
        await services.ledger.append(run_id, EventType.RUN_PROGRESS, {"message": str(number)}, f"p{key}{number}")


async def collect(api: RunningApi, count: int, after: int | None = 0, **query) -> list[Event]:
    found = []
    async with asyncio.timeout(20), aclosing(api.client.events(after, **query)) as stream:
        async for message in stream:
            assert isinstance(message, Event)
            found.append(message)
            if len(found) == count:
                return found
    raise AssertionError("the stream ended")


async def test_what_was_is_replayed_and_what_comes_follows(api: RunningApi):
    run = await new_run(api)
    await progress(api, run, 700)
    reading = asyncio.create_task(collect(api, 1201))
    await progress(api, run, 500, "live")
    assert [event.seq for event in await reading] == list(range(1, 1202))


async def test_a_stream_resumes_after_any_event(api: RunningApi):
    run = await new_run(api)
    await progress(api, run, 30)
    everything = await collect(api, 31)
    for seen in (0, 1, 15, 30):
        assert await collect(api, 31 - seen, after=seen) == everything[seen:]


async def test_without_a_number_the_stream_begins_now(api: RunningApi):
    run = await new_run(api)
    await progress(api, run, 5)
    opened = asyncio.Event()
    reading = asyncio.create_task(collect(api, 2, after=None, opened=opened.set))
    await opened.wait()
    await progress(api, run, 2, "later")
    assert [event.seq for event in await reading] == [7, 8]


async def test_a_number_from_another_ledger_does_not_deafen(api: RunningApi):
    run = await new_run(api)
    opened = asyncio.Event()
    reading = asyncio.create_task(collect(api, 1, after=10**9, opened=opened.set))
    await opened.wait()
    await progress(api, run, 1)
    assert [event.seq for event in await reading] == [2]


async def test_a_stream_carries_what_was_asked_for(api: RunningApi):
    one, other = await new_run(api, "w-one"), await new_run(api, "w-other")
    await progress(api, one, 2)
    await progress(api, other, 2)
    opened = asyncio.Event()
    of_run = asyncio.create_task(collect(api, 4, run_id=other, opened=opened.set))
    of_workspace = asyncio.create_task(collect(api, 4, workspace_id=WorkspaceId("w-other")))
    await opened.wait()
    await progress(api, one, 1, "b")
    await progress(api, other, 1, "b")
    assert {event.run_id for event in await of_run} == {other}
    assert {event.run_id for event in await of_workspace} == {other}


async def test_lines_carry_the_number_to_resume_from(api: RunningApi):
    await new_run(api)
    async with api.http.stream("GET", "/events", params={"after": 0}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()
        assert [await anext(lines), await anext(lines)] == ["id: 1", "event: event"]


async def test_a_client_that_falls_behind_is_cut_off_and_resumes_without_loss(api: RunningApi):
    hub = EventHub(backlog=10)
    subscription = hub.subscribe()
    events = await collect_stored(api, await new_run(api), 40)
    for event in events:
        hub.publish(event)
    assert subscription.fell_behind
    seen = [message async for message in subscription]
    resumed = await collect(api, len(events) - len(seen), after=seen[-1].seq)
    assert [*seen, *resumed] == events


async def collect_stored(api: RunningApi, run: RunId, count: int) -> list[Event]:
    await progress(api, run, count - 1)
    return await (await api.services()).ledger.events(0, run_id=run)


async def test_all_streams_end_with_the_daemon(api: RunningApi):
    opened = asyncio.Event()

    async def read() -> str:
        async for _ in api.client.events(opened=opened.set):
            pass
        return "ended"

    reading = asyncio.create_task(read())
    await opened.wait()
    api.state.end_streams()
    assert await asyncio.wait_for(reading, 30) == "ended"


# -- who is connected ---------------------------------------------------------------------------------------------


class Forgotten:
    def __init__(self) -> None:
        self.clients: list[ClientId] = []
        self.happened = asyncio.Event()

    async def __call__(self, client_id: ClientId) -> None:
        self.clients.append(client_id)
        self.happened.set()


ME = ClientId("e-me")


async def test_a_client_is_forgotten_after_its_last_stream_and_a_grace():
    forgotten = Forgotten()
    presence = Presence(forgotten, grace_s=0.01)
    with presence.stream(ME):
        with presence.stream(ME):
            assert (presence.clients, presence.streams) == (1, 2)
        assert not forgotten.clients
    await asyncio.wait_for(forgotten.happened.wait(), 30)
    assert forgotten.clients == [ME]
    assert presence.clients == 0


async def test_a_client_that_comes_back_in_time_keeps_its_texts():
    forgotten = Forgotten()
    presence = Presence(forgotten, grace_s=0.05)
    with presence.stream(ME):
        pass
    with presence.stream(ME):
        await asyncio.sleep(0.15)
        assert not forgotten.clients
    await presence.close()


async def test_idleness_counts_from_the_last_stream_or_request():
    presence = Presence(Forgotten())
    with presence.stream(None):
        assert presence.idle_s() == 0.0
        assert presence.clients == 1
    assert 0 <= presence.idle_s() < 1


@pytest.mark.parametrize("again", [False, True])
async def test_a_client_without_a_stream_is_forgotten_later(monkeypatch, again: bool):
    monkeypatch.setattr("tercet_server.api.presence.UNSTREAMED_GRACE_S", 0.01)
    forgotten = Forgotten()
    presence = Presence(forgotten)
    presence.seen(ME)
    if again:
        presence.seen(ME)
    await asyncio.wait_for(forgotten.happened.wait(), 30)
    assert forgotten.clients == [ME]


async def test_a_dead_clients_overlays_go_with_it(api: RunningApi, workspace: Workspace, monkeypatch):
    """Over the wire: the text that the editor showed counts no more once its stream is gone."""
    services = await api.services()
    monkeypatch.setattr(api.state.presence, "_grace_s", 0.01)
    opened = asyncio.Event()
    reading = asyncio.create_task(
        anext(api.client.events(client_id=ME, workspace_id=WorkspaceId("w-x"), opened=opened.set))
    )
    await opened.wait()
    await api.client.put_overlay(workspace.id, OverlayRequest(client_id=ME, path="calc.py", version=1, text="unsaved"))
    assert await services.workspaces.current_text(workspace.id, "calc.py", None) == "unsaved"
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    async with asyncio.timeout(10):
        while await services.workspaces.current_text(workspace.id, "calc.py", None) == "unsaved":
            await asyncio.sleep(0.01)
