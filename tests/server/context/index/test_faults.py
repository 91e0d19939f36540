"""Damage, full disks, killed builds, hostile and changing files: no crash, no wrong position, a sentence that says so."""

import logging
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tercet_server.context.digesting.digest import Source, digest
from tercet_server.context.digesting.inversion import Inverted
from tercet_server.context.index import WorkspaceIndex, contents, pool
from tercet_server.context.index.ignores import Ignores
from tercet_shared.errors import DiskFull, NotWritable, WorkspaceGone

from tests.server.context.index.conftest import names, paths, write

LARGE = 200 * 1024**2


def file_of(folder: Path) -> Path:
    (found,) = folder.glob("*.sqlite")
    return found


def damaged_by(change: Callable[[Path], object], tmp_path: Path, opened, caplog) -> WorkspaceIndex:
    """An index that was built, closed, changed on disk, and opened and built again."""
    first = opened()
    first.build()
    first.close()
    change(file_of(tmp_path / "cache"))
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        again = opened()
        again.build()
    return again


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"no database at all" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes()[:-4096]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\xff" * path.stat().st_size),
        lambda path: path.unlink(),
    ],
    ids=["overwritten", "cut short", "last page lost", "emptied", "all ones", "removed"],
)
def test_a_damaged_file_gives_way_to_a_new_one(change, tmp_path: Path, opened, caplog):
    index = damaged_by(change, tmp_path, opened, caplog)
    assert names(index.snapshot(), "shop/money.py") == ["RATE", "total_price"]


def test_damage_is_said_in_the_log_and_in_the_status(tmp_path: Path, opened, caplog):
    index = damaged_by(lambda path: path.write_bytes(b"no database" * 1000), tmp_path, opened, caplog)
    assert "was damaged" in caplog.text
    assert "built anew" in " ".join(index.status().problems)


def test_damage_that_shows_while_reading_heals_too(tmp_path: Path, opened, caplog):
    def scribble(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[4096:] = os.urandom(len(content) - 4096)
        path.write_bytes(content)

    index = damaged_by(scribble, tmp_path, opened, caplog)
    assert names(index.snapshot(), "shop/money.py") == ["RATE", "total_price"]
    assert "was damaged" in caplog.text


def test_another_version_and_a_foreign_database_give_way(tmp_path: Path, opened, caplog):
    def older(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()

    def foreign(path: Path) -> None:
        path.unlink()
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE mine (a)")
        connection.close()

    assert names(damaged_by(older, tmp_path, opened, caplog).snapshot(), "shop/money.py")
    assert "another version" in caplog.text
    assert names(damaged_by(foreign, tmp_path, opened, caplog).snapshot(), "shop/money.py")
    assert "something else" in caplog.text


def test_a_build_that_is_killed_goes_on_when_it_is_started_again(root: Path, tmp_path: Path, opened):
    write(
        root,
        {f"many/m{number:04}.py": f"def function_{number}():\n    return {'1 + ' * 500}1\n" for number in range(600)},
    )
    program = (
        "import os, signal, sys; from pathlib import Path; from tercet_server.context.index import WorkspaceIndex, building;"
        "building._BATCH_BYTES = 100_000;"
        "index = WorkspaceIndex.open(Path(sys.argv[1]), Path(sys.argv[2]), trusted=False);"
        "index.build(lambda progress: progress.done > 300 and os.kill(os.getpid(), signal.SIGKILL))"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path / "cache"), str(root)], check=False)
    assert killed.returncode == -signal.SIGKILL
    index = opened()
    assert len(index.snapshot().files) > 0
    assert not index.snapshot().progress.complete
    index.build()
    assert len(index.snapshot().files) == 603
    assert names(index.snapshot(), "many/m0599.py") == ["function_599"]


def test_on_a_full_disk_indexing_stops_and_answers_go_on(root: Path, tmp_path: Path, mount, opened, caplog):
    folder = mount(tmp_path / "small", "size=400k")
    index = opened(folder=folder)
    index.build()
    write(
        root,
        {
            f"many/m{number}.py": f"def function_{number}():\n    {os.urandom(1200).hex(' ', 4)}\n".replace(" ", "\n ")
            for number in range(100)
        },
    )
    with pytest.raises(DiskFull, match="no room"):
        index.build()
    assert "no room" in caplog.text
    assert "no room" in " ".join(index.status().problems)
    assert names(index.snapshot(), "shop/money.py") == ["RATE", "total_price"]
    assert not index.status().progress.complete


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, root: Path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(NotWritable, match="cache"):
        WorkspaceIndex.open(tmp_path / "cache", root, trusted=False)


def test_a_workspace_that_is_gone_keeps_its_index(root: Path, index: WorkspaceIndex):
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(WorkspaceGone):
        index.build()
    index.update(["shop/cart.py"])
    assert "shop/money.py" in paths(index.snapshot())


def test_a_huge_file_is_not_even_read(root: Path, index: WorkspaceIndex, monkeypatch):
    with (root / "huge.js").open("wb") as file:
        file.truncate(LARGE)
    monkeypatch.setattr(contents, "read", lambda *_: pytest.fail("it was read"))
    index.update(["huge.js"])
    huge = index.snapshot().files[index.snapshot().number_of("huge.js") or 0]
    assert (huge.path, huge.size_bytes, huge.read) == ("huge.js", LARGE, False)


@pytest.mark.parametrize(
    ("path", "content", "read"),
    [
        ("latin.py", "def grüße(): pass\n".encode("latin-1"), True),
        ("declared.py", "# coding: latin-1\ndef grüße(): pass\n".encode("latin-1"), True),
        ("wide.py", "def wide(): pass\n".encode("utf-16"), True),
        ("bom.py", b"\xef\xbb\xbfdef marked(): pass\n", True),
        ("binary.py", b"\x00\x01\x02def no(): pass", False),
        ("empty.py", b"", True),
        ("ends.py", b"def a(): pass\r\ndef b(): pass\rdef c(): pass\n", True),
        ("deep.py", b"(" * 20_000, True),
        ("deeper.json", b"[" * 100_000, True),
    ],
)
def test_odd_contents_are_read_as_far_as_they_go(
    root: Path, index: WorkspaceIndex, path: str, content: bytes, read: bool
):
    write(root, {path: content})
    index.update([path])
    snapshot = index.snapshot()
    file = snapshot.files[snapshot.number_of(path) or 0]
    assert (file.path, file.read) == (path, read)


def test_positions_belong_to_the_text_that_was_hashed_though_the_file_changes_meanwhile(
    root: Path, opened, monkeypatch
):
    """The file grows by a line between reading and parsing: what is stored is of one text, and the next build sees the change."""
    read = contents.read

    def read_then_changed(*where):
        found = read(*where)
        if where[1] == "shop/money.py":
            write(root, {"shop/money.py": b"# one more line\n" + found[0]})
        return found

    index = opened()
    monkeypatch.setattr(contents, "read", read_then_changed)
    index.build()
    assert index.snapshot().named("total_price")[0].definition.start == 3
    monkeypatch.setattr(contents, "read", read)
    index.build()
    assert index.snapshot().named("total_price")[0].definition.start == 4


def test_what_kills_the_parser_is_left_out_and_named(root: Path, opened, monkeypatch, caplog):
    class Fragile:
        """Stands for a process whose parser dies of one file."""

        digested_bytes = 0

        def digest(self, sources: list[Source]):
            return None if any(b"poison" in source.data for source in sources) else digest(sources)

        def replaced(self):
            return Fragile()

        def end(self):
            pass

    monkeypatch.setattr(pool, "_Process", Fragile)
    write(
        root,
        {
            "poison.py": "poison = 1\n",
            **{f"m{number}.py": f"def m{number}(): pass\n" + "# more\n" * 1200 for number in range(40)},
        },
    )
    index = opened()
    index.build()
    snapshot = index.snapshot()
    assert [file.path for file in snapshot.files if not file.read] == ["poison.py"]
    assert names(snapshot, "m39.py") == ["m39"]
    assert "poison.py could not be parsed" in caplog.text


def test_a_worker_that_is_killed_or_held_up_is_replaced(monkeypatch):
    process = pool._Process()
    assert process.digest([Source(1, "a.py", b"a = 1\n")]) is not None
    os.kill(process._process.pid, signal.SIGKILL)
    assert process.digest([Source(1, "a.py", b"a = 1\n")]) is None
    process = process.replaced()
    assert process.digest([Source(2, "b.py", b"b = 1\n")]) is not None
    monkeypatch.setattr(pool, "DEADLINE_S", 0.0)
    os.kill(process._process.pid, signal.SIGSTOP)
    assert process.digest([Source(3, "c.py", b"c = 1\n")]) is None
    process.end()


def test_a_worker_is_renewed_before_it_has_grown(monkeypatch):
    monkeypatch.setattr(pool, "RENEWED_AFTER_BYTES", 10)
    with pool.DigestPool(1) as workers:
        first = workers._idle.get()
        workers._idle.put(first)
        chunks = [[Source(number, f"m{number}.py", b"x = 1  # more than ten bytes\n")] for number in range(3)]
        assert len(list(workers.digested(chunks, threading.Event()))) == 3
        assert first._process.returncode is not None
    assert workers.problems == []


def test_a_worker_has_a_limit_of_memory():
    process = pool._Process()
    try:
        assert process.digest([Source(1, "a.py", b"a = 1\n")]) is not None
        limits = Path(f"/proc/{process._process.pid}/limits").read_text("utf-8")
        assert re.search(r"Max address space +2147483648", limits)
    finally:
        process.end()


def test_workers_end_with_the_process_that_started_them():
    program = (
        "import os, time; from tercet_server.context.index.pool import _Process;"
        "process = _Process(); print(process._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    until = time.monotonic() + 20
    while _lives(worker):
        assert time.monotonic() < until


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["a.py", "a.js", "a.md", "a.json", "a"]),
    st.binary(max_size=400) | st.text(max_size=400).map(lambda t: t.encode("utf-8", "surrogatepass")),
)
def test_any_content_has_a_digest_whose_parts_fit_together(path: str, data: bytes):
    digested = digest([Source(7, path, data)])
    (found,) = digested.digests
    documents = len(found.definitions) + 1 if found.is_text else 0
    assert len(found.lengths) == documents * 8
    assert len(found.parents) == documents * 2
    assert digested.inverted.starts[-1] == len(digested.inverted.data)
    assert all(each.end < max(1, found.lines + 1) for each in found.definitions)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(alphabet="ab*?[]!\\/#. -\x00", max_size=12), max_size=4),
    st.text(alphabet="ab/.", min_size=1, max_size=12),
)
def test_any_ignore_file_can_be_read(lines: list[str], path: str):
    ignores = Ignores()
    ignores.add("", lines)
    assert ignores.ignored(path.strip("/") or "a") in (True, False)


def test_nothing_inverted_is_nothing():
    assert digest([]).inverted == Inverted([], [0], b"")
