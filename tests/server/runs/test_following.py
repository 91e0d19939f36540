"""A text under edit is looked at quickly at every edit and thoroughly once it rests, always in its newest version."""

import asyncio

import pytest
from tercet_server.runs.following import Following


class Text:
    """Counts its versions; `seen` says what was looked at, and how."""

    def __init__(self, thorough_s: float = 0.0) -> None:
        self.version = 1
        self.seen: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._thorough_s = thorough_s

    async def quick(self) -> None:
        version = self.version
        await self.gate.wait()
        self.seen.append(f"quick {version}")

    async def thorough(self) -> None:
        version = self.version
        await asyncio.sleep(self._thorough_s)
        self.seen.append(f"thorough {version}")

    def edit(self, following: Following) -> None:
        self.version += 1
        following.edited()


async def test_a_text_at_rest_is_looked_at_in_both_ways() -> None:
    text = Text()
    await Following(text.quick, text.thorough, pause_s=0).run()
    assert text.seen == ["quick 1", "thorough 1"]


async def test_edits_during_a_quick_look_are_looked_at_together() -> None:
    text = Text()
    text.gate.clear()
    following = Following(text.quick, text.thorough, pause_s=0)
    running = asyncio.create_task(following.run())
    await asyncio.sleep(0)
    for _ in range(5):
        text.edit(following)
    text.gate.set()
    await running
    assert text.seen == ["quick 1", "quick 6", "thorough 6"]


@pytest.mark.parametrize(("pause_s", "thorough_s"), [(60.0, 0.0), (0.0, 60.0)])
async def test_an_edit_ends_the_pause_and_the_thorough_look(pause_s: float, thorough_s: float) -> None:
    text = Text(thorough_s)
    following = Following(text.quick, text.thorough, pause_s)
    running = asyncio.create_task(following.run())
    for version in (1, 2, 3):
        while f"quick {version}" not in text.seen:
            await asyncio.sleep(0)
        text.edit(following)
    while "quick 4" not in text.seen:
        await asyncio.sleep(0)
    running.cancel()
    assert text.seen == ["quick 1", "quick 2", "quick 3", "quick 4"]


async def test_what_a_look_raises_ends_it() -> None:
    async def broken() -> None:
        raise RuntimeError("broken")

    text = Text()
    with pytest.raises(RuntimeError, match="broken"):
        await Following(text.quick, broken, pause_s=0).run()
