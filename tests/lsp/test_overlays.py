"""Whatever the user types and whenever the daemon goes away: in the end the daemon has the editor's texts, no more, no less."""

import asyncio
from collections.abc import Coroutine
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_lsp.session.folders import Folder, Folders, Place
from tercet_lsp.session.overlays import Overlay, Overlays
from tercet_shared.errors import Conflict, DaemonUnavailable, TooLarge

FOLDER = Folder("file:///p", PurePosixPath("/p"), "p")
A, B = Place(FOLDER, "a.py"), Place(FOLDER, "b.py")


class Store:
    """Takes overlays as the daemon does: versions must grow."""

    def __init__(self) -> None:
        self.held: dict[Place, tuple[int, str]] = {}
        self.asked: list[int] = []
        self.fails: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def put_overlay(self, place: Place, version: int, text: str) -> None:
        self.asked.append(version)
        await self.gate.wait()
        if self.fails is not None:
            raise self.fails
        if place in self.held and version <= self.held[place][0]:
            raise Conflict("not newer")
        self.held[place] = (version, text)

    async def delete_overlay(self, place: Place) -> None:
        await asyncio.sleep(0)
        self.held.pop(place, None)


def overlays_for(store: Store | None) -> Overlays:
    def spawn(work: Coroutine[Any, Any, None]) -> object:
        return asyncio.get_running_loop().create_task(work)

    return Overlays(lambda: store, spawn)


async def test_typing_is_sent_at_once_and_what_is_typed_while_it_is_sent_in_one_piece():
    store = Store()
    overlays = overlays_for(store)
    store.gate.clear()
    for version in range(1, 10):
        overlays.want(A, Overlay(version, "x" * version))
    while not store.asked:
        await asyncio.sleep(0)
    for version in range(10, 20):
        overlays.want(A, Overlay(version, "x" * version))
    store.gate.set()
    await overlays.flush()
    assert store.asked == [9, 19]
    assert store.held == {A: (19, "x" * 19)}


async def test_after_a_flush_the_daemon_has_the_text():
    store = Store()
    overlays = overlays_for(store)
    overlays.want(A, Overlay(1, "x"))
    await overlays.flush()
    assert store.held == {A: (1, "x")}


async def test_a_closed_document_has_no_overlay():
    store = Store()
    overlays = overlays_for(store)
    overlays.want(A, Overlay(1, "x"))
    await overlays.flush()
    overlays.drop(A)
    await overlays.flush()
    assert store.held == {}


async def test_a_document_opened_anew_starts_its_versions_over():
    store = Store()
    overlays = overlays_for(store)
    overlays.want(A, Overlay(7, "old"))
    await overlays.flush()
    overlays.want(A, Overlay(1, "new"))
    await overlays.flush()
    assert store.held == {A: (1, "new")}


async def test_a_new_daemon_gets_everything():
    store = Store()
    overlays = overlays_for(store)
    overlays.want(A, Overlay(3, "a"))
    overlays.want(B, Overlay(1, "b"))
    await overlays.flush()
    restarted = Store()
    await overlays.resend(restarted)
    assert restarted.held == {A: (3, "a"), B: (1, "b")}


async def test_without_a_daemon_a_flush_says_so_and_typing_goes_on():
    overlays = overlays_for(None)
    overlays.want(A, Overlay(1, "x"))
    await asyncio.sleep(0)
    with pytest.raises(DaemonUnavailable):
        await overlays.flush()
    assert overlays.wanted(A) == Overlay(1, "x")


async def test_a_text_that_the_daemon_refuses_stops_no_other():
    store = Store()
    overlays = overlays_for(store)
    store.fails = TooLarge("too large")
    overlays.want(A, Overlay(1, "x"))
    await overlays.flush()
    store.fails = None
    overlays.want(B, Overlay(1, "y"))
    await overlays.flush()
    assert store.held == {A: (1, "x"), B: (1, "y")}


actions = st.lists(
    st.sampled_from(["open a", "type a", "close a", "open b", "close b", "flush", "restart", "break"]), max_size=25
)


@given(actions)
def test_in_the_end_the_daemon_has_what_is_open(steps: list[str]):
    asyncio.run(_play(steps))


async def _play(steps: list[str]) -> None:
    stores = [Store()]
    overlays = Overlays(lambda: stores[-1], lambda work: asyncio.get_running_loop().create_task(work))
    expected: dict[Place, str] = {}
    version = 0
    for step in steps:
        verb, _, name = step.partition(" ")
        place = A if name == "a" else B
        if verb in ("open", "type"):
            version = 1 if verb == "open" else version + 1
            expected[place] = f"{step} {version}"
            overlays.want(place, Overlay(version, expected[place]))
        elif verb == "close":
            expected.pop(place, None)
            overlays.drop(place)
        elif verb == "flush":
            await overlays.flush()
        elif verb == "restart":
            stores.append(Store())
            await overlays.resend(stores[-1])
        else:
            await overlays.resend(stores[-1])  # the stream broke, the daemon kept its overlays
    await overlays.flush()
    assert {place: text for place, (_, text) in stores[-1].held.items()} == expected


def test_the_innermost_folder_holds_a_file():
    folders = Folders()
    outer = Folder("file:///p", PurePosixPath("/p"), "p")
    inner = Folder("file:///p/lib", PurePosixPath("/p/lib"), "lib")
    folders.add(outer)
    folders.add(inner)
    assert folders.locate(PurePosixPath("/p/lib/x.py")) == Place(inner, "x.py")
    assert folders.locate(PurePosixPath("/p/x.py")) == Place(outer, "x.py")
    assert folders.locate(PurePosixPath("/q/x.py")) is None
    assert folders.locate(PurePosixPath("/p")) is None
    assert folders.locate(PurePosixPath("/p/../q/x.py")) is None
    assert folders.remove("file:///p/lib") == inner
    assert folders.locate(PurePosixPath("/p/lib/x.py")) == Place(outer, "lib/x.py")
