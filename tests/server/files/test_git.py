"""Git that hangs is ended: at its deadline, and as soon as nobody wants to know any more."""

import os
import threading
import time
from pathlib import Path

import psutil
import pytest
from tercet_server.context.index import WorkspaceIndex
from tercet_server.files.git import git
from tercet_shared.errors import DeadlineExceeded

LONG_S = 600.0


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `git` that never ends, and the file in which it says what it is."""
    said, program = tmp_path / "pid", tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho $$ > {said}.new\nmv {said}.new {said}\nexec sleep {LONG_S:.0f}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return said


def ended(said: Path) -> bool:
    return not psutil.pid_exists(int(said.read_text()))


def set_once_running(said: Path, stop: threading.Event) -> None:
    while not said.exists():
        time.sleep(0.005)
    stop.set()


def test_it_is_killed_when_it_is_to_stop(tmp_path: Path, hanging: Path):
    stop = threading.Event()
    threading.Thread(target=set_once_running, args=(hanging, stop), daemon=True).start()
    with pytest.raises(DeadlineExceeded, match="git ls-files was stopped"):
        git(tmp_path, ["ls-files"], LONG_S, given=b"words", stop=stop)
    assert ended(hanging)


@pytest.mark.parametrize("stop", [None, threading.Event()], ids=["without", "with"])
def test_it_is_killed_at_its_deadline(tmp_path: Path, hanging: Path, stop: threading.Event | None):
    with pytest.raises(DeadlineExceeded, match=r"took longer than 0\.5 s"):
        git(tmp_path, ["ls-files"], 0.5, stop=stop)
    assert not hanging.exists() or ended(hanging)


def test_a_build_of_an_index_that_waits_for_it_can_be_stopped_and_done_later(
    tmp_path: Path, hanging: Path, monkeypatch: pytest.MonkeyPatch
):
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "a.py").write_text("x = 1\n")
    index, stop = WorkspaceIndex.open(tmp_path / "cache", root, trusted=True), threading.Event()
    threading.Thread(target=set_once_running, args=(hanging, stop), daemon=True).start()
    begun = time.monotonic()
    index.build(stop=stop)
    assert time.monotonic() - begun < 45, "it waited for git's own deadline"
    assert not index.progress.complete
    monkeypatch.undo()
    index.build()
    assert [each.path for each in index.snapshot().files] == ["a.py"]
    index.close()


def test_what_is_given_reaches_it_however_much_it_is(tmp_path: Path):
    given = b"word\n" * 200_000
    sums = {
        git(tmp_path, ["hash-object", "--stdin"], 60.0, given=given, stop=each) for each in (None, threading.Event())
    }
    assert len(sums) == 1
    assert len(sums.pop().strip()) == 40
