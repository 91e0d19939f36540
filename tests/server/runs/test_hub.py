"""The hub delivers in order, never waits for a slow subscriber, and ends streams cleanly."""

import asyncio

from tercet_server.runs import EventHub
from tercet_shared.events import FindingsChanged


def notice(number: int) -> FindingsChanged:
    return FindingsChanged(workspace_id="w", paths=[str(number)])


async def test_everything_published_after_subscribing_arrives_in_order():
    hub = EventHub()
    hub.publish(notice(0))
    async with hub.subscribe() as messages:
        for number in (1, 2, 3):
            hub.publish(notice(number))
        hub.close()
        assert [message async for message in messages] == [notice(1), notice(2), notice(3)]
        assert not messages.fell_behind


async def test_a_subscriber_that_falls_behind_is_cut_off_and_the_others_are_not():
    hub = EventHub(backlog=2)
    async with hub.subscribe() as slow, hub.subscribe() as quick:
        for number in range(4):
            hub.publish(notice(number))
            assert await anext(quick) == notice(number)
        assert [message async for message in slow] == [notice(0), notice(1)]
        assert slow.fell_behind
        assert hub.subscribers == 1
        assert [message async for message in slow] == [], "an ended stream stays ended"


async def test_leaving_a_subscription_forgets_it():
    hub = EventHub()
    async with hub.subscribe():
        assert hub.subscribers == 1
    assert hub.subscribers == 0


async def test_a_waiting_subscriber_is_woken_by_close():
    hub = EventHub()
    async with hub.subscribe() as messages:
        waiting = asyncio.create_task(anext(messages, None))
        await asyncio.sleep(0)
        hub.close()
        assert await waiting is None
