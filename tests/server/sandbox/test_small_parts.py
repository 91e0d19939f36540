"""What no whole sandbox shows at will: processes that are gone, folders that resist, attacks that do not begin, odd paths."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tercet_server.ports import Ending, Jail, Limits, SandboxResult
from tercet_server.sandbox import proctree, scratch
from tercet_server.sandbox.docker import cgroup
from tercet_server.sandbox.docker.specification import Kind, _bind
from tercet_server.sandbox.hostile.attacks import Attack
from tercet_server.sandbox.hostile.trial import _said
from tercet_shared.errors import SandboxFailed


def test_a_process_that_is_gone_costs_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
        assert proctree.proportional_bytes(gone.pid) == 0
        assert proctree.resident_bytes(gone.pid) == 0


def test_what_resists_being_removed_is_tried_once_more(tmp_path: Path):
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "file").touch()
    folder.chmod(0)
    scratch._make_removable(os.unlink, str(folder / "file"), None)
    assert os.listdir(folder) == []
    folder.chmod(0)
    scratch._make_removable(os.rmdir, str(folder), None)
    scratch._make_removable(os.rmdir, str(folder), None)  # gone already
    assert not folder.exists()


@pytest.mark.parametrize(
    ("stdout", "ending", "told"),
    [
        (b"", Ending.EXITED, "the attack did not start: why"),
        (b"STARTED\nREACHED a file outside\nand more\n", Ending.EXITED, "a file outside"),
        (b"STARTED\n", Ending.EXITED, "it ended otherwise than by its limit (exited)"),
        (b"STARTED\n", Ending.MEMORY, ""),
    ],
)
def test_what_an_attack_says_is_told(stdout: bytes, ending: Ending, told: str):
    attack = Attack("hungry", "", (Ending.MEMORY,)) if b"REACHED" not in stdout else Attack("curious", "")
    result = SandboxResult(0, ending, stdout, b"why", stdout_cut=False, stderr_cut=False, duration_s=0.1)
    assert "; ".join(_said(attack, result)) == told


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ("4:memory:/docker/x\n3:pids:/docker/y\n0::/\n", ("memory/docker/x", "pids/docker/y")),
        ("0::/system.slice/docker-x.scope\n", ("system.slice/docker-x.scope", "system.slice/docker-x.scope")),
    ],
)
def test_control_groups_of_both_kinds_are_found(text: str, folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Path, "read_text", lambda *_: text)
    assert cgroup._folders(1) == tuple(cgroup.ROOT / each for each in folders)


def test_paths_that_no_container_can_show_are_refused(tmp_path: Path):
    kind = Kind.of("image", True, Jail(tmp_path, Path("/")), Limits())
    with pytest.raises(SandboxFailed, match="Move it"):
        list(kind._mounts())
    with pytest.raises(SandboxFailed, match="NUL"):
        _bind(Path("a\0b"), tmp_path, read_only=True)
