"""Resetting a copy after hostile code: every file as it was, and nothing outside is ever read, written or removed."""

import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tercet_server.edits import file_edit
from tercet_server.workspace.leftovers import give_back, take_place
from tercet_server.workspace.private_copy import FolderCopy
from tercet_shared.edits import ChangeSet

from tests.doubles.workspace_ground import ALICE, Ground

pytestmark = pytest.mark.skipif(os.name != "posix", reason="what code may do to a POSIX file system")


def everything(root: Path) -> dict[str, tuple[int, bytes | str]]:
    """Every entry with its mode, and its content or target."""

    def entry(path: Path) -> tuple[int, bytes | str]:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return (0, os.readlink(path))
        return (mode, path.read_bytes() if stat.S_ISREG(mode) else "")

    return {path.relative_to(root).as_posix(): entry(path) for path in [root, *sorted(root.rglob("*"))]}


def nest(folder: Path, depth: int) -> None:
    """Folders so deep that no path names the last one."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("n", dir_fd=here)
        inner = os.open("n", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("deepest", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


async def test_whatever_code_has_done_is_undone(ground: Ground):
    for path in ("a.py", "b.py", "c.py", "d.py", "pkg/e.py", "pkg/deep/f.py", "gone/g.py", "same.py"):
        ground.put(path, path)
    (ground.root / "link").symlink_to("a.py")
    (ground.root / "pkg/linked").symlink_to("deep")
    (ground.root / "empty").mkdir()
    outside = ground.root.parent / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "e.py").write_text("precious")
    (outside / "deep/f.py").write_text("precious")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        root, before = copy.root, everything(copy.root)
        untouched = (root / "same.py").stat()
        (root / "a.py").write_text("changed")
        times = (root / "b.py").stat()
        (root / "b.py").write_text("B.PY")
        os.utime(root / "b.py", ns=(times.st_atime_ns, times.st_mtime_ns))
        (root / "c.py").unlink()
        (root / "c.py").symlink_to(outside / "e.py")
        (root / "d.py").unlink()
        os.mkfifo(root / "d.py")
        (root / "pkg").rename(root / "pkg2")
        (root / "pkg").symlink_to(outside)
        (root / "gone/g.py").unlink()
        (root / "gone").rmdir()
        (root / "link").unlink()
        (root / "link").mkdir()
        (root / "link/x").symlink_to("/")
        (root / "empty/new").write_text("x")
        (root / "extra").mkdir()
        (root / "extra/x").write_text("x")
        (root / "extra/x").chmod(0)
        (root / "extra").chmod(0)
        os.link(root / "same.py", root / "twin.py")
        (root / "twin.py").unlink()
        nest(root / "pkg2", 1100)
        root.chmod(0o500)
        await copy.reset()
        assert everything(root) == before
        assert (root / "same.py").stat().st_ino == untouched.st_ino, "what is as it was is not written again"
    assert (outside / "e.py").read_text() == (outside / "deep/f.py").read_text() == "precious"


async def test_a_change_is_applied_to_a_copy_that_hostile_code_has_prepared(ground: Ground):
    """A candidate is written where it belongs even if nobody has reset the copy: never through a planted link."""
    ground.put("pkg/a.py", "a")
    outside = ground.root.parent / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("precious")
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        (copy.root / "pkg/a.py").unlink()
        (copy.root / "pkg").rmdir()
        (copy.root / "pkg").symlink_to(outside)
        await copy.apply(ChangeSet(files=[file_edit("pkg/a.py", "a", "b")]))
        assert (copy.root / "pkg/a.py").read_text() == "b"
        assert not (copy.root / "pkg").is_symlink()
    assert (outside / "a.py").read_text() == "precious"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="gives files away")
async def test_the_copy_belongs_to_the_workspaces_owner(ground: Ground):
    """A daemon that is root lets the code run as the owner, who must be able to write what a reset has restored."""
    ground.put("pkg/a.py", "a")
    for path in (ground.root, *ground.root.rglob("*")):
        os.chown(path, 1234, 4321)
    async with ground.service.private_copy(ground.id, ALICE) as copy:
        (copy.root / "pkg/a.py").unlink()
        (copy.root / "pkg").rmdir()
        await copy.reset()
        owners = {(path.stat().st_uid, path.stat().st_gid) for path in (copy.root, *copy.root.rglob("*"))}
        assert owners == {(1234, 4321)}


@contextmanager
def another_user(*folders: Path):
    """Root may do anything; the modes that hostile code sets stop an ordinary user only."""
    for folder in folders:
        os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="becomes another user for a moment")
def test_modes_that_forbid_everything_stop_no_reset():
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        home = Path(name)
        with another_user(home):
            (home / "project" / "pkg").mkdir(parents=True)
            (home / "project" / "pkg" / "a.py").write_text("a")
            place = take_place(home / "copies")
            copy = FolderCopy(home / "project", place, {}, dict, Event())
            before = everything(copy.root)
            (copy.root / "pkg" / "a.py").chmod(0)
            (copy.root / "new" / "inner").mkdir(parents=True)
            for path in ("pkg", "new/inner", "new", "."):
                (copy.root / path).chmod(0)
            copy._reset()
            assert everything(copy.root) == before
            (copy.root / "pkg").chmod(0)
            copy.root.chmod(0)
            copy._remove()
            assert list((home / "copies").iterdir()) == []


NAMES = st.sampled_from(["a", "b", "c", "d"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


class HostileCode(RuleBasedStateMachine):
    """Any sequence of file operations inside the copy, then a reset: the copy is its base and the outside untouched."""

    @initialize(
        files=st.dictionaries(PATHS, st.binary(max_size=5), max_size=8), links=st.dictionaries(PATHS, PATHS, max_size=2)
    )
    def make(self, files: dict[str, bytes], links: dict[str, str]) -> None:
        self.home = tempfile.TemporaryDirectory()
        home = Path(self.home.name)
        original, self.outside = home / "project", home / "outside"
        original.mkdir()
        self.outside.mkdir()
        for name in "abcd":
            (self.outside / name).write_text("precious")
        for path, content in files.items():
            self.attempt(lambda file, content=content: file.write_bytes(content), original / path)
        for path, target in links.items():
            self.attempt(lambda link, target=target: link.symlink_to(target), original / path)
        self.copy = FolderCopy(original, take_place(home / "copies"), {}, dict, Event())
        self.root = self.copy.root
        self.before = everything(self.root)

    def attempt(self, operation, path: Path) -> None:
        """As far as the file system lets it."""
        try:
            if not os.path.realpath(path.parent).startswith(os.path.realpath(self.outside)):
                path.parent.mkdir(parents=True, exist_ok=True)
                operation(path)
        except OSError:
            pass

    @rule(path=PATHS, content=st.binary(max_size=5))
    def write(self, path: str, content: bytes) -> None:
        if not os.path.realpath(self.root / path).startswith(os.path.realpath(self.outside)):
            self.attempt(lambda file: file.write_bytes(content), self.root / path)

    @rule(path=PATHS)
    def unlink(self, path: str) -> None:
        self.attempt(os.unlink, self.root / path)

    @rule(path=PATHS, to=PATHS)
    def rename(self, path: str, to: str) -> None:
        self.attempt(lambda file: os.rename(self.root / path, file), self.root / to)

    @rule(path=PATHS, to=PATHS)
    def hard_link(self, path: str, to: str) -> None:
        self.attempt(lambda file: os.link(self.root / path, file, follow_symlinks=False), self.root / to)

    @rule(path=PATHS, name=NAMES)
    def link_out(self, path: str, name: str) -> None:
        self.attempt(lambda link: link.symlink_to(self.outside / name), self.root / path)

    @rule(path=PATHS)
    def link_out_to_a_folder(self, path: str) -> None:
        self.attempt(lambda link: link.symlink_to(self.outside), self.root / path)

    @rule(path=PATHS, mode=st.sampled_from([0, 0o400, 0o777, 0o4755]))
    def chmod(self, path: str, mode: int) -> None:
        if not (self.root / path).is_symlink():
            self.attempt(lambda file: file.chmod(mode), self.root / path)

    @rule()
    def reset(self) -> None:
        self.copy._reset()
        assert everything(self.root) == self.before

    @invariant()
    def nothing_outside_changes(self) -> None:
        if hasattr(self, "copy"):
            assert {path.name: path.read_text() for path in self.outside.iterdir()} == dict.fromkeys("abcd", "precious")

    def teardown(self) -> None:
        if hasattr(self, "copy"):
            self.reset()
            self.nothing_outside_changes()
            self.copy._contents.close()
            give_back(self.copy._place)
            self.home.cleanup()


TestHostileCode = HostileCode.TestCase
TestHostileCode.settings = settings(
    max_examples=40, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
