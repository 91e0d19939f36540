"""Private copies: what goes in, with the unsaved texts in place, what stays out, and what has moved since."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from tercet_server.config import Settings
from tercet_server.edits import file_edit
from tercet_server.workspace import WorkspaceService
from tercet_shared.edits import ChangeSet, FileTexts
from tercet_shared.errors import DiskFull, EditRefused, NotFound, StaleText, TooLarge, Unsupported, WorkspaceGone
from tercet_shared.ids import ClientId
from tercet_shared.workspaces import WorkspaceRequest

from tests.doubles.workspace_ground import ALICE, BOB, Ground


def change(*files: tuple[str, str | None, str]) -> ChangeSet:
    return ChangeSet(files=[file_edit(*file) for file in files])


def contents(root: Path) -> dict[str, bytes | str]:
    """Files by content and links by target."""
    return {
        path.relative_to(root).as_posix(): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


async def test_a_copy_is_the_workspace_with_the_unsaved_texts(ground: Ground):
    ground.put("a.py", "a\n")
    ground.put("pkg/run.sh", "#!/bin/sh\n").chmod(0o751)
    ground.put("pkg/b.py", "# coding: latin-1\n\xe9\r\n".encode("latin-1"))
    await ground.type(BOB, "a.py", "bob\n")
    await ground.type(ALICE, "a.py", "alice\n")
    await ground.type(BOB, "pkg/b.py", "# coding: latin-1\n\xe8\r\n")
    await ground.type(BOB, "new/c.py", "unsaved\n")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        assert contents(copy.root) == {
            "a.py": b"alice\n",
            "pkg/run.sh": b"#!/bin/sh\n",
            "pkg/b.py": b"# coding: latin-1\n\xe8\r\n",
            "new/c.py": b"unsaved\n",
        }
        assert stat.S_IMODE((copy.root / "pkg/run.sh").stat().st_mode) == 0o751
        assert await copy.files() == ["a.py", "new/c.py", "pkg/b.py", "pkg/run.sh"]
        assert await copy.files(".py") == ["a.py", "new/c.py", "pkg/b.py"]
        assert await copy.read_text("pkg/b.py") == "# coding: latin-1\n\xe8\r\n"
        assert (copy.original, await copy.moved_paths()) == (ground.root, [])
    assert contents(ground.root)["a.py"] == b"a\n"


async def test_what_is_secret_remade_or_foreign_stays_out(ground: Ground):
    secrets = [".env", ".env.local", "conf/.ENV", "server.pem", "tls/a.key", "id_rsa", ".netrc"]
    remade = [
        ".git/config",
        "sub/.git",
        "node_modules/x/i.js",
        "__pycache__/a.pyc",
        ".mypy_cache/x",
        ".tox/x",
        ".hypothesis/x",
    ]
    editors = [".a.py.swp", ".#a.py", "a.py~", "4913"]
    kept = ["a.py", ".env.example", "id_rsa.pub", "environment.py", ".gitignore", "build/x.py", "env/x.py"]
    for path in (*secrets, *remade, *editors, *kept):
        ground.put(path, path)
    ground.put("my-env/pyvenv.cfg", "home = /usr/bin")
    ground.put("my-env/lib/x.py", "")
    await ground.type(ALICE, ".env", "SECRET=1")
    await ground.type(ALICE, "my-env/lib/x.py", "x")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        assert sorted(await copy.files()) == sorted(kept)
        assert list((copy.root / "my-env").iterdir()) == [], "kept empty, to mount the environment at"
        for path in (".env", "my-env/lib/x.py"):
            with pytest.raises(EditRefused):
                await copy.apply(change((path, None, "y")))


@pytest.mark.skipif(os.name != "posix", reason="links, pipes and sockets as POSIX has them")
async def test_links_stay_inside_and_special_files_stay_out(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    ground.put("pkg/a.py", "a")
    outside = ground.root.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    links = {
        "inside.py": "pkg/a.py",
        "pkg/up.py": "../pkg/a.py",
        "folder": "pkg",
        "dangling": "pkg/later.py",
        "absolute.py": str(ground.root / "pkg/a.py"),
        "round.py": f"../{ground.root.name}/pkg/a.py",
        "out": str(outside),
        "pkg/out.py": "../../outside/secret",
        "through": "folder/../../outside",
    }
    for link, target in links.items():
        (ground.root / link).symlink_to(target)
    os.mkfifo(ground.root / "pipe")
    monkeypatch.chdir(ground.root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        async with ground.service.private_copy(ground.id, ALICE) as copy:
            found = contents(copy.root)
            skipped = dict(copy.skipped)  # type: ignore[attr-defined]
            await ground.type(ALICE, "inside.py", "typed through a link")
            assert await copy.moved_paths() == ["pkg/a.py"]
            assert await copy.read_text("folder/up.py") == "a"
    assert found == {
        "pkg/a.py": b"a", "inside.py": "pkg/a.py", "pkg/up.py": "../pkg/a.py", "folder": "pkg", "dangling": "pkg/later.py",
        "absolute.py": "pkg/a.py", "round.py": "pkg/a.py",
    }  # fmt: skip
    assert sorted(skipped) == ["out", "pipe", "pkg/out.py", "socket", "through"]
    assert "link out of the workspace" in skipped["out"]
    assert "pipe, socket or device" in skipped["pipe"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="becomes another user for a moment")
async def test_what_cannot_be_read_is_left_out_and_said(ground: Ground):
    for path in ("a.py", "locked.py", "folder/b.py"):
        ground.put(path, path)
    everything = [*ground.root.parents, ground.root, ground.state, *ground.root.rglob("*")]
    opened = {path: path.stat().st_mode for path in everything}
    for path in everything:
        path.chmod(0o777 if path.is_relative_to(ground.root.parent) else opened[path] | 0o055)
    (ground.root / "locked.py").chmod(0)
    (ground.root / "folder").chmod(0)
    os.seteuid(65534)
    try:
        async with ground.service.private_copy(ground.id, ALICE) as copy:
            assert await copy.files() == ["a.py"]
            skipped = dict(copy.skipped)  # type: ignore[attr-defined]
            assert await copy.moved_paths() == []
        assert ground.copies() == []
    finally:
        os.seteuid(0)
        for path, mode in opened.items():
            path.chmod(mode)
    assert sorted(skipped) == ["folder", "locked.py"]
    assert "Permission denied" in skipped["locked.py"]


async def test_an_unsaved_text_that_its_encoding_cannot_hold_is_left_out_and_said(ground: Ground):
    ground.put("a.py", b"# coding: latin-1\n\xe9")
    await ground.type(ALICE, "a.py", "# coding: latin-1\n€")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        assert "cannot store" in dict(copy.skipped)["a.py"]  # type: ignore[attr-defined]
        assert await copy.read_text("a.py") == "# coding: latin-1\né"


async def test_a_workspace_that_is_too_large_is_refused_at_once(ground: Ground):
    with ground.put("huge.bin", b"").open("r+b") as file:
        file.truncate(3 * 1024**3)  # a hole: it takes no room
    with pytest.raises(TooLarge, match="more than 2 GiB"):
        async with ground.service.private_copy(ground.id, ALICE):
            pass


async def test_a_vanished_workspace_is_said(ground: Ground):
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        ground.root.rename(ground.root.with_name("elsewhere"))
        with pytest.raises(WorkspaceGone, match="vanished"):
            await copy.moved_paths()
    with pytest.raises(WorkspaceGone, match="vanished"):
        async with ground.service.private_copy(ground.id, ALICE):
            pass


@pytest.mark.must_have("the disk of a user does fill up")
async def test_a_full_disk_is_said_and_left_as_it_was(ground: Ground, mount: Callable[..., Path]):
    mount(ground.cache)
    ground.put("a.bin", b"a" * 50_000)
    with pytest.raises(DiskFull, match="free some space"):
        async with ground.service.private_copy(ground.id, ALICE):
            pass
    assert ground.copies() == []
    ground.put("a.bin", b"a" * 20_000)
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        with pytest.raises(DiskFull, match="free some space"):
            await copy.apply(change(("a.bin", "a" * 20_000, "b"), ("b.py", None, "x" * 60_000)))
        assert contents(copy.root) == {"a.bin": b"a" * 20_000}
        await copy.apply(change(("a.bin", "a" * 20_000, "b")))


async def test_equal_workspaces_have_equal_bases(ground: Ground):
    async def base() -> str:
        async with ground.service.private_copy(ground.id, ALICE) as copy:
            return copy.base_sha256

    file = ground.put("pkg/a.py", "a")
    ground.put("b.py", "b")
    first = await base()
    await ground.type(ALICE, "b.py", "b")
    assert await base() == first
    await ground.type(ALICE, "b.py", "c", version=2)
    second = await base()
    file.chmod(0o755)
    third = await base()
    assert len({first, second, third}) == 3


async def test_a_change_set_is_applied_whole_or_not_at_all(ground: Ground):
    ground.put("a.py", "a\r\n")
    ground.put("run.py", "r").chmod(0o555)
    (ground.root / "link.py").symlink_to("a.py")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        texts = await copy.apply(change(("link.py", "a\r\n", "b\r\n"), ("run.py", "r", "s"), ("new/c.py", None, "c")))
        assert texts == [("link.py", "a\r\n", "b\r\n"), ("run.py", "r", "s"), ("new/c.py", None, "c")]
        assert isinstance(texts[0], FileTexts)
        after = {"a.py": b"b\r\n", "run.py": b"s", "link.py": "a.py", "new/c.py": b"c"}
        assert contents(copy.root) == after
        assert stat.S_IMODE((copy.root / "run.py").stat().st_mode) == 0o555
        assert await copy.read_text("a.py") == "a\r\n", "the base's text"
        for stale in (("a.py", "a\r\n", "x"), ("gone.py", "x", "y"), ("run.py", None, "y")):
            with pytest.raises(StaleText):
                await copy.apply(change(("new/d.py", None, "d"), stale))
        assert contents(copy.root) == after
        await copy.apply(change(("a.py", "b\r\n", "c\r\n")))
        assert (copy.root / "a.py").read_bytes() == b"c\r\n"
        await copy.reset()
        assert contents(copy.root) == contents(ground.root)
        await copy.apply(change(("a.py", "a\r\n", "d\r\n")))


async def test_what_is_no_text_of_the_copy_is_refused_with_a_sentence(ground: Ground):
    ground.put("binary", b"\0")
    ground.put("large.txt", b"x" * (10 * 1024**2 + 1))
    ground.put("pkg/a.py", "")
    (ground.root / "loop").symlink_to("loop")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        for path, error, sentence in [
            ("gone.py", NotFound, "no file gone.py"),
            ("binary", Unsupported, "binary"),
            ("large.txt", TooLarge, "over 10 MB"),
            ("pkg", EditRefused, "is a folder"),
            ("pkg/a.py/b", EditRefused, "left out"),
        ]:
            with pytest.raises(error, match=sentence):
                await copy.read_text(path)


async def test_names_that_no_wire_can_carry_are_copied_but_not_listed(ground: Ground):
    ground.put("a.py", "")
    for name in (b"\xff.py", b"back\\slash.py", b"c:.py"):
        with open(os.path.join(os.fsencode(ground.root), name), "wb") as file:
            file.write(b"x")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        assert await copy.files() == ["a.py"]
        assert len(list(copy.root.iterdir())) == 4
        assert await copy.moved_paths() == []


async def test_every_move_of_the_original_is_seen(ground: Ground):
    for name in "abcdef":
        ground.put(f"{name}.py", "same")
    await ground.type(ALICE, "d.py", "unsaved")
    await ground.type(ALICE, "e.py", "unsaved")
    await ground.type(ALICE, "f.py", "unsaved")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        assert await copy.moved_paths() == []
        original = ground.root / "a.py"
        times = original.stat()
        original.write_text("SAME")
        os.utime(original, ns=(times.st_atime_ns, times.st_mtime_ns))
        ground.put("b.py", "same")
        (ground.root / "c.py").unlink()
        ground.put("d.py", "unsaved")
        await ground.service.delete_overlay(ground.id, ALICE, "d.py")
        await ground.service.delete_overlay(ground.id, ALICE, "e.py")
        await ground.type(ALICE, "f.py", "typed on", version=2)
        ground.put("new/g.py", "")
        ground.put("__pycache__/a.pyc", "not a file that checks read")
        assert await copy.moved_paths() == ["a.py", "c.py", "e.py", "f.py", "new/g.py"]
        original.write_text("same")
        original.chmod(0o700)
        assert "a.py" in await copy.moved_paths()


async def test_a_snapshot_tells_of_moves_when_its_copy_is_gone(ground: Ground):
    for name in "abc":
        ground.put(f"{name}.py", "same")
    await ground.type(ALICE, "b.py", "unsaved")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        snapshot = copy.snapshot()

    async def moved(client: ClientId | None = ALICE) -> list[str]:
        return await ground.service.moved_since(ground.id, snapshot, client)

    assert (snapshot.base_sha256, snapshot.size) == (copy.base_sha256, 3)
    assert await moved() == []
    ground.put("b.py", "unsaved")  # a save
    assert await moved() == []
    ground.put("a.py", "other")
    await ground.type(ALICE, "c.py", "typed")
    assert await moved() == ["a.py", "c.py"]
    await ground.type(BOB, "b.py", "also unsaved")
    assert (await moved(), await moved(BOB)) == (["a.py", "c.py"], ["a.py", "b.py", "c.py"])
    await ground.service.delete_overlay(ground.id, BOB, "b.py")
    ground.put("a.py", "same")
    await ground.service.delete_overlay(ground.id, ALICE, "c.py")
    assert await moved() == []
    ground.root.rename(ground.root.with_name("elsewhere"))
    with pytest.raises(WorkspaceGone):
        await moved()


async def test_copies_inside_the_workspace_are_not_copied(tmp_path: Path):
    """As when somebody opens the folder that holds their caches."""
    service = WorkspaceService(tmp_path / "state", tmp_path / "cache", Settings())
    registered = await service.register(WorkspaceRequest(root=str(tmp_path)))
    async with service.private_copy(registered.id, None), service.private_copy(registered.id, None) as copy:
        assert await copy.files() == ["state/workspaces.json"]
        assert await copy.moved_paths() == []
