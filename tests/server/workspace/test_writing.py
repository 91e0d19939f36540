"""Writing users' files: all or none, only what is still as expected, and nothing about a file changes but its text."""

import asyncio
import codecs
import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tercet_server.files.folders import Folder
from tercet_shared.edits import FileTexts, text_sha256
from tercet_shared.errors import DiskFull, EditRefused, NotWritable, StaleText, TercetError, Unsupported, WorkspaceGone

from tests.doubles.workspace_ground import Ground


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


async def check_refused(ground: Ground, texts: list[FileTexts], error: type[TercetError], sentence: str) -> None:
    """Nothing in the workspace changes, not even a temporary file or folder stays."""
    before, entries = tree(ground.root), sorted(ground.root.rglob("*"))
    with pytest.raises(error, match=sentence):
        await ground.service.write(ground.id, texts)
    assert tree(ground.root) == before
    assert sorted(ground.root.rglob("*")) == entries
    assert not list((ground.state / "writes").glob("*"))


async def test_all_files_are_written_and_nothing_else_is_left(ground: Ground):
    ground.put("a.py", "a\n")
    ground.put("pkg/b.py", "b\n")
    texts = [FileTexts("a.py", "a\n", "A\n"), FileTexts("pkg/b.py", "b\n", "B"), FileTexts("new/deep/c.py", None, "")]
    await ground.service.write(ground.id, texts)
    assert tree(ground.root) == {"a.py": b"A\n", "pkg/b.py": b"B", "new/deep/c.py": b""}
    assert not list((ground.state / "writes").iterdir())


@pytest.mark.parametrize(
    ("content", "before", "after", "written"),
    [
        (b"a\r\nb\r\n", "a\r\nb\r\n", "a\r\nB\r\n", b"a\r\nB\r\n"),
        (codecs.BOM_UTF8 + b"a\n", "a\n", "b\n", codecs.BOM_UTF8 + b"b\n"),
        (b"# coding: latin-1\n\xe9\n", "# coding: latin-1\né\n", "# coding: latin-1\néè\n", b"# coding: latin-1\n\xe9\xe8\n"),
        (codecs.BOM_UTF16_LE + b"a\x00", "a", "b", codecs.BOM_UTF16_LE + b"b\x00"),
    ],
)  # fmt: skip
async def test_encoding_and_line_ends_stay(ground: Ground, content: bytes, before: str, after: str, written: bytes):
    file = ground.put("a.py", content)
    await ground.service.write(ground.id, [FileTexts("a.py", before, after)])
    assert file.read_bytes() == written


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
async def test_mode_and_owner_stay(ground: Ground):
    file = ground.put("run.sh", "old")
    file.chmod(0o754)
    if os.geteuid() == 0:
        os.chown(file, 1234, 4321)
    owner = (file.stat().st_uid, file.stat().st_gid)
    await ground.service.write(ground.id, [FileTexts("run.sh", "old", "new")])
    assert stat.S_IMODE(file.stat().st_mode) == 0o754
    assert (file.stat().st_uid, file.stat().st_gid) == owner


async def test_a_link_inside_the_workspace_is_written_at_its_target(ground: Ground):
    ground.put("real/a.py", "a")
    (ground.root / "link.py").symlink_to("real/a.py")
    (ground.root / "folder").symlink_to("real")
    await ground.service.write(ground.id, [FileTexts("link.py", "a", "b")])
    await ground.service.write(ground.id, [FileTexts("folder/a.py", "b", "c")])
    assert (ground.root / "real/a.py").read_text() == "c"
    assert (ground.root / "link.py").is_symlink()
    assert (ground.root / "folder").is_symlink()


async def test_what_must_not_be_written_is_refused(ground: Ground):
    outside = ground.root.parent / "outside.py"
    outside.write_text("outside")
    ground.put("a.py", "a")
    ground.put(".git/config", "[core]\n")
    (ground.root / "out.py").symlink_to(outside)
    (ground.root / "hooks").symlink_to(".git")
    good = FileTexts("a.py", "a", "b")
    for texts, error, sentence in [
        ([good, FileTexts("out.py", "outside", "x")], EditRefused, "link out of the workspace"),
        ([good, FileTexts(".git/config", "[core]\n", "x")], EditRefused, "version control"),
        ([good, FileTexts(".GIT/hooks/pre-commit", None, "x")], EditRefused, "version control"),
        ([good, FileTexts("hooks/pre-commit", None, "x")], EditRefused, "version control"),
        ([good, FileTexts("../up.py", None, "x")], EditRefused, "not a path inside"),
        ([good, FileTexts("a.py/b.py", None, "x")], EditRefused, "a.py/b.py"),
        ([good, good], EditRefused, "twice"),
        ([good, FileTexts("n" * 300, None, "x")], TercetError, "nnn"),
    ]:
        await check_refused(ground, texts, error, sentence)
    assert outside.read_text() == "outside"


async def test_a_text_that_moved_on_is_left_alone(ground: Ground):
    ground.put("a.py", "a")
    ground.put("b.py", "saved meanwhile")
    ground.put("latin.py", b"caf\xe9")
    good = FileTexts("a.py", "a", "A")
    await check_refused(ground, [good, FileTexts("b.py", "b", "B")], StaleText, "b.py has changed")
    await check_refused(ground, [good, FileTexts("b.py", None, "B")], StaleText, "b.py has changed")
    await check_refused(ground, [good, FileTexts("gone.py", "x", "y")], StaleText, "gone.py has changed")
    await check_refused(ground, [good, FileTexts("latin.py", "café", "x")], Unsupported, "latin.py")
    await check_refused(ground, [good, FileTexts("new.py", None, "\ud800")], Unsupported, "new.py")


@pytest.mark.must_have("the disk of a user does fill up")
async def test_a_full_disk_changes_nothing(ground: Ground, mount: Callable[..., Path]):
    mount(ground.root)
    ground.put("a.py", "a")
    ground.put("full.bin", b"x" * 40_000)
    texts = [FileTexts("a.py", "a", "b"), FileTexts("new/big.py", None, "x" * 60_000)]
    await check_refused(ground, texts, DiskFull, "free some space")


@pytest.mark.must_have("read-only mounts exist")
async def test_a_read_only_file_system_changes_nothing(ground: Ground, mount: Callable[..., Path]):
    ground.put("a.py", "a")
    mount(ground.root / "locked", "size=64k,ro")
    texts = [FileTexts("a.py", "a", "b"), FileTexts("locked/new.py", None, "x")]
    await check_refused(ground, texts, NotWritable, "locked/new.py is on a read-only file system")


@pytest.mark.must_have("files without permission exist")
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="becomes another user for a moment")
async def test_files_and_folders_without_permission_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, ground: Ground
):
    ground.put("a.py", "a")
    ground.put("locked.py", "a").chmod(0o444)
    ground.put("folder/b.py", "b")
    (ground.root / "folder").chmod(0o555)
    shared = [ground.root, *ground.root.rglob("*"), ground.state, *ground.state.rglob("*")]
    for path in shared:
        os.chown(path, 65534, 65534)
    opened = [path for path in ground.root.parents if path.stat().st_mode & 0o055 != 0o055]
    for path in opened:
        path.chmod(path.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        good = FileTexts("a.py", "a", "b")
        await check_refused(
            ground, [good, FileTexts("locked.py", "a", "b")], NotWritable, "locked.py cannot be written"
        )
        await check_refused(
            ground, [good, FileTexts("folder/b.py", "b", "c")], NotWritable, "folder/b.py cannot be written"
        )
        await check_refused(
            ground, [good, FileTexts("folder/c.py", None, "c")], NotWritable, "folder/c.py cannot be written"
        )
    finally:
        os.seteuid(0)
        for path in opened:
            path.chmod(path.stat().st_mode & ~0o055)


async def test_a_vanished_workspace_is_not_made_anew(ground: Ground):
    ground.root.rmdir()
    with pytest.raises(WorkspaceGone, match="vanished"):
        await ground.service.write(ground.id, [FileTexts("a.py", None, "x")])
    assert not ground.root.exists()


class Fault:
    """Lets a number of renames pass, then fails one as the system may, after something else has happened."""

    def __init__(self, patch: pytest.MonkeyPatch, renames: int, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.left = renames
        self.meanwhile = meanwhile
        real = Folder.exchange
        fault = self

        def exchange(folder: Folder, name: str, other: str) -> None:
            fault.rename(other)
            real(folder, name, other)

        patch.setattr(Folder, "exchange", exchange)

    def rename(self, name: str) -> None:
        self.left -= 1
        if self.left == -1:
            self.meanwhile()
            raise OSError(28, "No space left on device", name)


async def test_a_failure_between_two_files_puts_the_first_back(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    for name in "abc":
        ground.put(f"{name}.py", name)
    Fault(monkeypatch, renames=2)
    texts = [
        FileTexts("new/n.py", None, "n"), FileTexts("a.py", "a", "A"), FileTexts("b.py", "b", "B"), FileTexts("c.py", "c", "C")
    ]  # fmt: skip
    await check_refused(ground, texts, DiskFull, "c.py")


async def test_what_somebody_wrote_meanwhile_is_not_put_back(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    ground.put("a.py", "a")
    ground.put("b.py", "b")
    Fault(monkeypatch, renames=1, meanwhile=lambda: ground.put("a.py", "saved by the user"))
    with pytest.raises(DiskFull):
        await ground.service.write(ground.id, [FileTexts("a.py", "a", "A"), FileTexts("b.py", "b", "B")])
    assert tree(ground.root) == {"a.py": b"saved by the user", "b.py": b"b"}


def save(file: Path, text: str, atomically: bool) -> None:
    """As editors do: into the file, or beside it and then renamed over it."""
    target = file.with_suffix(".tmp") if atomically else file
    target.write_text(text)
    target.replace(file)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot exchange two names")
@pytest.mark.parametrize("atomically", [False, True])
@pytest.mark.parametrize("saved", [["first"], ["first", "second"], ["first", "second", "third"]])
async def test_what_is_saved_in_the_very_moment_of_the_rename_is_kept(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, saved: list[str], atomically: bool
):
    """Also if yet more is saved while that is put back."""
    file = ground.put("a.py", "a")
    real = Folder.exchange
    saves = saved.copy()

    def exchange(folder: Folder, name: str, other: str) -> None:
        if saves:
            save(file, saves.pop(0), atomically)
        real(folder, name, other)

    monkeypatch.setattr(Folder, "exchange", exchange)
    with pytest.raises(StaleText, match=r"a\.py"):
        await ground.service.write(ground.id, [FileTexts("a.py", "a", "A")])
    assert tree(ground.root) == {"a.py": saved[-1].encode()}


async def test_a_file_removed_in_the_very_moment_of_the_rename_stays_removed(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    file = ground.put("a.py", "a")
    real = Folder.exchange

    def exchange(folder: Folder, name: str, other: str) -> None:
        file.unlink()
        real(folder, name, other)

    monkeypatch.setattr(Folder, "exchange", exchange)
    with pytest.raises(StaleText, match=r"a\.py"):
        await ground.service.write(ground.id, [FileTexts("a.py", "a", "A")])
    assert tree(ground.root) == {}


async def test_where_names_cannot_be_exchanged_what_is_saved_into_the_file_is_kept_all_the_same(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    def unable(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(Folder, "exchange", unable)
    file = ground.put("a.py", "a")
    await ground.service.write(ground.id, [FileTexts("a.py", "a", "b")])
    assert tree(ground.root) == {"a.py": b"b"}
    real = Folder.replace
    saves = ["saved by the user"]

    def replace(folder: Folder, name: str, into: Folder, new_name: str) -> None:
        if saves:
            file.write_text(saves.pop())
        real(folder, name, into, new_name)

    monkeypatch.setattr(Folder, "replace", replace)
    with pytest.raises(StaleText, match=r"a\.py"):
        await ground.service.write(ground.id, [FileTexts("a.py", "b", "A")])
    assert tree(ground.root) == {"a.py": b"saved by the user"}


async def test_file_systems_without_hard_links_work_too(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    def no_links(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Folder, "hard_link", no_links)
    ground.put("a.py", "a")
    ground.put("b.py", "b")
    await ground.service.write(ground.id, [FileTexts("a.py", "a", "A"), FileTexts("new.py", None, "n")])
    assert tree(ground.root) == {"a.py": b"A", "b.py": b"b", "new.py": b"n"}
    Fault(monkeypatch, renames=1)
    await check_refused(ground, [FileTexts("a.py", "A", "x"), FileTexts("b.py", "b", "B")], DiskFull, "b.py")


async def test_a_cancelled_write_is_whole(ground: Ground):
    texts = [FileTexts(f"{number}.py", None, "x") for number in range(50)]
    writing = asyncio.create_task(ground.service.write(ground.id, texts))
    while not list(ground.root.iterdir()):
        await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert len(tree(ground.root)) == 50


async def test_a_file_is_removed_only_as_it_was_created(ground: Ground):
    file = ground.put("new.py", "mine\n")
    with pytest.raises(StaleText, match="it was left as it is"):
        await ground.service.remove(ground.id, "new.py", text_sha256("ours\n"))
    assert file.exists()
    await ground.service.remove(ground.id, "new.py", text_sha256("mine\n"))
    assert not file.exists()
    with pytest.raises(StaleText):
        await ground.service.remove(ground.id, "new.py", text_sha256("mine\n"))
    with pytest.raises(EditRefused, match="version control"):
        await ground.service.remove(ground.id, ".git/HEAD", text_sha256(""))


@pytest.mark.parametrize("atomically", [False, True])
async def test_what_is_saved_in_the_very_moment_of_the_removal_is_kept(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, atomically: bool
):
    file = ground.put("new.py", "mine\n")
    real = Folder.replace
    saves = ["saved by the user"]

    def replace(folder: Folder, name: str, into: Folder, new_name: str) -> None:
        if saves:
            save(file, saves.pop(), atomically)
        real(folder, name, into, new_name)

    monkeypatch.setattr(Folder, "replace", replace)
    with pytest.raises(StaleText, match="it was left as it is"):
        await ground.service.remove(ground.id, "new.py", text_sha256("mine\n"))
    assert tree(ground.root) == {"new.py": b"saved by the user"}
    assert not list((ground.state / "writes").iterdir())


WRITE_MANY = """
import asyncio, sys
from pathlib import Path
from tercet_server.config import Settings
from tercet_server.workspace import WorkspaceService
from tercet_shared.edits import FileTexts
from tercet_shared.workspaces import WorkspaceRequest

async def main(root, state, cache):
    service = WorkspaceService(Path(state), Path(cache), Settings())
    registered = await service.register(WorkspaceRequest(root=root))
    print("ready", flush=True)
    texts = [FileTexts(f"{number}.py", "before" * 1000, "after" * 1000) for number in range(200)]
    await service.write(registered.id, texts)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("seen", ["0-new", "100-old", None])
async def test_a_daemon_killed_while_it_writes_leaves_whole_files_alone(ground: Ground, seen: str | None):
    for number in range(200):
        ground.put(f"{number}.py", "before" * 1000)
    before, after = b"before" * 1000, b"after" * 1000

    def kill() -> None:
        command = [sys.executable, "-c", WRITE_MANY, str(ground.root), str(ground.state), str(ground.cache)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as daemon:
            while daemon.poll() is None:
                names = os.listdir(ground.root)
                renamed = (ground.root / "50.py").read_bytes() == after
                if renamed if seen is None else any(name.endswith(f"-{seen}") for name in names):
                    daemon.kill()

    await asyncio.to_thread(kill)
    await ground.service.sweep()
    found = tree(ground.root)
    assert sorted(found) == sorted(f"{number}.py" for number in range(200)), "no temporary file is left"
    assert set(found.values()) <= {before, after}, "no file is half-written"


async def test_temporary_files_of_a_killed_daemon_are_swept(ground: Ground):
    ground.put("pkg/a.py", "a")
    ground.put("pkg/.tercet-0123-0-new", "half")
    ground.put("pkg/.tercet-other-0-new", "somebody's")
    (ground.state / "writes").mkdir()
    (ground.state / "writes" / "0123.json").write_text(json.dumps([str(ground.root / "pkg"), "/gone"]))
    (ground.state / "writes" / "4567.json").write_text("[cut of")
    await ground.service.sweep()
    assert tree(ground.root) == {"pkg/a.py": b"a", "pkg/.tercet-other-0-new": b"somebody's"}
    assert not list((ground.state / "writes").iterdir())
