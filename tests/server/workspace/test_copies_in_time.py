"""Private copies while other things happen: cancellation at any moment, files that vanish, other copies."""

import asyncio
import os
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import BinaryIO

import pytest
from tercet_server.edits import file_edit
from tercet_server.files.folders import Folder
from tercet_server.workspace import private_copy
from tercet_server.workspace.scan import Scan, scan
from tercet_shared.edits import ChangeSet

from tests.doubles.workspace_ground import ALICE, Ground


def change(*files: tuple[str, str | None, str]) -> ChangeSet:
    return ChangeSet(files=[file_edit(*file) for file in files])


def contents(root: Path) -> dict[str, bytes | str]:
    """Files by content and links by target."""
    return {
        path.relative_to(root).as_posix(): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


async def test_a_cancelled_copy_leaves_nothing(ground: Ground):
    for number in range(300):
        ground.put(f"{number % 7}/{number}.py", "x" * 1000)

    async def take() -> None:
        async with ground.service.private_copy(ground.id, ALICE):
            raise AssertionError("it was cancelled before")

    taking = asyncio.create_task(take())
    while not ground.copies():
        await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert ground.copies() == []


@pytest.mark.parametrize("moments", [0, 1, 2, 3, 5, 8, 13, 21, 50, 200])
async def test_a_copy_cancelled_at_any_moment_leaves_nothing(ground: Ground, moments: int):
    ground.put("a.py", "a")
    taken = asyncio.Event()

    async def take() -> None:
        async with ground.service.private_copy(ground.id, ALICE):
            taken.set()

    taking = asyncio.create_task(take())
    for _ in range(moments):
        await asyncio.sleep(0.0001)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    assert ground.copies() == []


async def test_a_copy_that_is_ready_as_it_is_cancelled_is_removed(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    """The work was done just before it could see that it should stop."""
    begun, go_on = Event(), Event()

    def slow_scan(root: Path, places: Path) -> Scan:
        begun.set()
        assert go_on.wait(10)
        return scan(root, places)

    monkeypatch.setattr(private_copy, "scan", slow_scan)

    async def take() -> None:
        async with ground.service.private_copy(ground.id, ALICE):
            raise AssertionError("it was cancelled before")

    taking = asyncio.create_task(take())
    assert await asyncio.to_thread(begun.wait, 10)
    taking.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert ground.copies() == []


async def test_a_file_that_vanishes_or_turns_into_something_else_while_it_is_copied(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    for path in ("kept.py", "gone.py", "link.py", "folder/a.py", "away/b.py"):
        ground.put(path, path)
    outside = ground.root.parent / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("secret")

    def scan_then_change(root: Path, places: Path) -> Scan:
        seen = scan(root, places)
        (root / "gone.py").unlink()
        (root / "link.py").unlink()
        (root / "link.py").symlink_to(outside / "a.py")
        (root / "folder").rename(root / "moved")
        (root / "folder").symlink_to(outside)
        (root / "away").rename(root / "further")
        return seen

    monkeypatch.setattr(private_copy, "scan", scan_then_change)
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        assert contents(copy.root) == {"kept.py": b"kept.py"}
        assert [path for path, _ in copy.skipped] == ["link.py"]  # type: ignore[attr-defined]
        assert await copy.moved_paths() == ["further/b.py", "moved/a.py"]


async def test_a_file_whose_reading_fails_halfway_is_left_out_and_said(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    ground.put("bad.py", "on a broken disk")
    ground.put("good.py", "good")
    read = Folder.read

    class Broken(BytesIO):
        def __init__(self, file: BinaryIO) -> None:
            super().__init__()
            self.file = file

        def fileno(self) -> int:
            return self.file.fileno()

        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    def read_or_fail(folder: Folder, name: str) -> BinaryIO:
        file = read(folder, name)
        return Broken(file) if name == "bad.py" else file

    monkeypatch.setattr(Folder, "read", read_or_fail)
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        assert contents(copy.root) == {"good.py": b"good"}
        assert "Input/output error" in dict(copy.skipped)["bad.py"]  # type: ignore[attr-defined]
        assert await copy.moved_paths() == []


async def test_a_copy_is_removed_even_if_its_task_is_cancelled_twice(ground: Ground):
    for number in range(300):
        ground.put(f"{number % 7}/{number}.py", "x")
    taken = asyncio.Event()

    async def use() -> None:
        async with ground.service.private_copy(ground.id, ALICE):
            taken.set()
            await asyncio.Event().wait()

    using = asyncio.create_task(use())
    await taken.wait()
    for _ in range(2):
        using.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await using
    assert ground.copies() == []


async def test_copies_do_not_disturb_each_other(ground: Ground):
    ground.put("a.py", "a")
    copies = ground.service.private_copy
    async with copies(ground.id, ALICE) as one, copies(ground.id, ALICE) as other:
        await asyncio.gather(one.apply(change(("a.py", "a", "1"))), other.apply(change(("a.py", "a", "2"))))
        assert ((one.root / "a.py").read_text(), (other.root / "a.py").read_text()) == ("1", "2")
        await ground.service.sweep()
        assert one.root.exists()
