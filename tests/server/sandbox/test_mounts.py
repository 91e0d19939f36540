"""Jails that cannot be, and mount points that hostile code has prepared."""

from dataclasses import replace
from pathlib import Path

import pytest
from tercet_server.ports import Jail, Limits
from tercet_server.sandbox.mounts import Descriptors, arguments
from tercet_shared.errors import SandboxFailed

DESCRIPTORS = Descriptors(3, 4, 5, 6, 7)


def listed(jail: Jail) -> list[str]:
    return arguments(jail, Limits(), ".", DESCRIPTORS, frozenset())


@pytest.mark.parametrize("root", ["/", "/proc/x", "/dev/shm", "/sys"])
def test_a_workspace_where_the_kernel_lives_is_refused(copy: Path, root: str):
    with pytest.raises(SandboxFailed, match="Move it"):
        listed(Jail(copy, Path(root)))


def test_a_nul_cannot_smuggle_arguments(copy: Path):
    with pytest.raises(SandboxFailed, match="NUL"):
        listed(Jail(copy, Path("/workspace"), environment={"A": "x\0--bind\0/\0/"}))


def test_what_is_below_another_is_mounted_after_it(copy: Path, tmp_path: Path):
    outer = tmp_path / "outer"
    (outer / "workspace" / ".venv").mkdir(parents=True)
    jail = Jail(copy, outer / "workspace", (outer / "workspace" / ".venv", outer))
    order = [each for each in listed(jail) if each.startswith(str(outer))]
    assert list(dict.fromkeys(order)) == [str(outer), str(outer / "workspace"), str(outer / "workspace/.venv")]


def test_a_readable_file_below_the_root_gets_a_mount_point(copy: Path, tmp_path: Path):
    workspace = tmp_path / "workspace"
    (workspace / "a").mkdir(parents=True)
    (workspace / "a" / "driver.py").write_text("pass")
    listed(Jail(copy, workspace, (workspace / "a" / "driver.py",)))
    assert (copy / "a" / "driver.py").read_bytes() == b""


def test_no_folder_is_made_through_a_planted_link(copy: Path, tmp_path: Path):
    workspace, victim = tmp_path / "workspace", tmp_path / "victim"
    (workspace / "deep" / "venv").mkdir(parents=True)
    victim.mkdir()
    (copy / "deep").symlink_to(victim)
    jail = Jail(copy, workspace, (workspace / "deep" / "venv",))
    assert str(workspace / "deep" / "venv") not in listed(jail)
    assert list(victim.iterdir()) == []


def test_network_is_shared_only_when_asked_for(copy: Path):
    jail = Jail(copy, Path("/workspace"))
    assert "--share-net" not in listed(jail)
    assert "--share-net" in listed(replace(jail, network=True))
