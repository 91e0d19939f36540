"""What changes in the folder is in the index a moment later, whatever happens to the folder."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tercet_server.context.index import Snapshot, WorkspaceIndex, watch, watching

from tests.server.context.index.conftest import SHOP, paths, write

DEADLINE_S = 30.0


@asynccontextmanager
async def watched(index: WorkspaceIndex, monkeypatch, **more):
    """Hands out what waits until the index says something; fast, and with the watch in place."""
    monkeypatch.setattr(watching, "_DEBOUNCE_MS", 50)
    monkeypatch.setattr(watching, "_LOOK_MS", 100)
    monkeypatch.setattr(watching, "_RETRY_S", 0.1)
    stop, changed = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(watch(index, stop, settled=changed.set, **more))

    async def until(holds: Callable[[Snapshot], bool], again: Callable[[], object] = lambda: None) -> None:
        """`again` is done over and over, for a watch may begin a moment later than it says."""
        async with asyncio.timeout(DEADLINE_S):
            while not await asyncio.to_thread(lambda: holds(index.snapshot())):
                await asyncio.to_thread(again)
                changed.clear()
                try:
                    await asyncio.wait_for(changed.wait(), 0.3)
                except TimeoutError:
                    continue

    yield until
    stop.set()
    await asyncio.wait_for(task, DEADLINE_S)


async def test_a_change_a_new_file_and_a_removal_are_seen(root: Path, index: WorkspaceIndex, monkeypatch):
    async with watched(index, monkeypatch) as until:
        await until(lambda seen: bool(seen.named("fresh")), lambda: write(root, {"fresh.py": "def fresh(): pass\n"}))
        (root / "shop/money.py").unlink()
        await until(lambda seen: not seen.named("total_price"))


async def test_a_folder_that_is_moved_takes_its_files_along(root: Path, index: WorkspaceIndex, monkeypatch):
    async with watched(index, monkeypatch) as until:
        await until(lambda seen: bool(seen.named("fresh")), lambda: write(root, {"fresh.py": "def fresh(): pass\n"}))
        (root / "shop").rename(root / "store")
        await until(lambda seen: "store/cart.py" in paths(seen) and "shop/cart.py" not in paths(seen))


async def test_thousands_of_changes_at_once_are_one_rescan(root: Path, index: WorkspaceIndex, monkeypatch):
    async with watched(index, monkeypatch) as until:
        await until(lambda seen: bool(seen.named("fresh")), lambda: write(root, {"fresh.py": "def fresh(): pass\n"}))
        write(root, {f"many/m{number}.py": f"def m{number}(): pass\n" for number in range(1000)})
        await until(lambda seen: len(seen.files) == 1004)


async def test_an_ignore_file_is_heeded_when_it_changes(root: Path, index: WorkspaceIndex, monkeypatch):
    async with watched(index, monkeypatch) as until:
        await until(lambda seen: not seen.has_folder("shop"), lambda: write(root, {".tercetignore": "shop/\n"}))


async def test_a_folder_that_is_removed_and_comes_back_is_followed_again(
    root: Path, index: WorkspaceIndex, monkeypatch, caplog
):
    caplog.set_level(logging.INFO)
    async with watched(index, monkeypatch) as until:
        await until(lambda seen: bool(seen.named("fresh")), lambda: write(root, {"fresh.py": "def fresh(): pass\n"}))
        shutil.rmtree(root)
        async with asyncio.timeout(DEADLINE_S):
            while "is gone" not in caplog.text:
                await asyncio.sleep(0.02)
        write(root, {**SHOP, "back.py": "def back(): pass\n"})
        await until(lambda seen: bool(seen.named("back")))
        await until(lambda seen: bool(seen.named("later")), lambda: write(root, {"later.py": "def later(): pass\n"}))


async def test_unsaved_texts_win_over_the_files(root: Path, index: WorkspaceIndex, monkeypatch):
    texts = {"shop/money.py": "def typed(): pass\n"}
    async with watched(index, monkeypatch, texts=lambda: texts) as until:
        await until(
            lambda seen: bool(seen.named("typed")), lambda: write(root, {"shop/money.py": "def saved(): pass\n"})
        )
