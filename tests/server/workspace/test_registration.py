"""Registering folders and answering the question of trust, over restarts and damaged files."""

import os
import stat
from pathlib import Path

import pytest
from tercet_server.config import Settings
from tercet_server.workspace import WorkspaceService
from tercet_shared.errors import InvalidRequest, NotFound, WorkspaceGone
from tercet_shared.ids import WorkspaceId
from tercet_shared.workspaces import Trust, WorkspaceRequest


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my project"
    folder.mkdir()
    return folder


def service(tmp_path: Path, home: Path | None = None) -> WorkspaceService:
    environment = {"HOME": str(home)} if home else {}
    return WorkspaceService(tmp_path / "state", tmp_path / "cache", Settings(), environment)


async def test_a_folder_is_one_workspace_by_whatever_path_it_is_opened(tmp_path: Path, project: Path):
    (tmp_path / "link").symlink_to(project)
    workspaces = service(tmp_path)
    first = await workspaces.register(WorkspaceRequest(root=str(project)))
    second = await workspaces.register(WorkspaceRequest(root=str(tmp_path / "link" / "..") + "/link/."))
    assert first == second
    assert (first.root, first.name) == (str(project), "my project")
    assert await workspaces.list() == [first]


@pytest.mark.parametrize("root", ["/", "relative", "/nul\x00", "//"])
async def test_what_can_be_no_workspace_is_refused(tmp_path: Path, root: str):
    with pytest.raises(InvalidRequest):
        await service(tmp_path).register(WorkspaceRequest(root=root))


async def test_no_folder_is_no_workspace(tmp_path: Path, project: Path):
    (project / "file").touch()
    for root in (project / "file", project / "missing"):
        with pytest.raises(WorkspaceGone, match="put it back"):
            await service(tmp_path).register(WorkspaceRequest(root=str(root)))
    with pytest.raises(NotFound, match="open its folder"):
        await service(tmp_path).get(WorkspaceId("w0"))


async def test_a_vanished_workspace_says_so_and_is_no_longer_listed(tmp_path: Path, project: Path):
    workspaces = service(tmp_path)
    registered = await workspaces.register(WorkspaceRequest(root=str(project)))
    project.rmdir()
    with pytest.raises(WorkspaceGone, match="vanished"):
        await workspaces.get(registered.id)
    with pytest.raises(WorkspaceGone, match="vanished"):
        await workspaces.current_text(registered.id, "a.py", None)
    assert await workspaces.list() == []


async def test_nothing_is_trusted_before_the_user_says_so(tmp_path: Path, project: Path):
    workspaces = service(tmp_path)
    registered = await workspaces.register(WorkspaceRequest(root=str(project)))
    assert registered.trust is Trust.UNKNOWN
    assert (await workspaces.set_trust(registered.id, True)).trust is Trust.TRUSTED
    assert (await workspaces.get(registered.id)).trust is Trust.TRUSTED


@pytest.mark.parametrize("answer", [Trust.TRUSTED, Trust.UNTRUSTED])
async def test_an_answer_outlives_the_daemon(tmp_path: Path, project: Path, answer: Trust):
    registered = await service(tmp_path).register(WorkspaceRequest(root=str(project), trust=answer))
    assert registered.trust is answer
    later = service(tmp_path)
    assert (await later.get(registered.id)).trust is answer
    assert (await later.register(WorkspaceRequest(root=str(project), trust=Trust.UNKNOWN))).trust is answer
    assert stat.S_IMODE((tmp_path / "state" / "trust.json").stat().st_mode) == 0o600


async def test_trust_is_not_inherited_by_the_folders_inside(tmp_path: Path, project: Path):
    (project / "inner").mkdir()
    workspaces = service(tmp_path)
    await workspaces.register(WorkspaceRequest(root=str(project), trust=Trust.TRUSTED))
    assert (await workspaces.register(WorkspaceRequest(root=str(project / "inner")))).trust is Trust.UNKNOWN


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"a": 1}', b"\xff", b"[" * 100_000])
async def test_a_damaged_trust_file_is_set_aside_and_nothing_is_trusted(tmp_path: Path, project: Path, damage: bytes):
    registered = await service(tmp_path).register(WorkspaceRequest(root=str(project), trust=Trust.TRUSTED))
    (tmp_path / "state" / "trust.json").write_bytes(damage)
    found = await service(tmp_path).get(registered.id)
    assert found.trust is Trust.UNKNOWN
    assert "was damaged" in found.problems[0]
    assert (tmp_path / "state" / "trust.damaged.json").read_bytes() == damage
    assert (await service(tmp_path).set_trust(registered.id, True)).trust is Trust.TRUSTED


async def test_an_unreadable_trust_file_is_a_problem_and_means_no(tmp_path: Path, project: Path):
    (tmp_path / "state" / "trust.json").mkdir(parents=True)
    found = await service(tmp_path).register(WorkspaceRequest(root=str(project)))
    assert found.trust is Trust.UNKNOWN
    assert "cannot be read" in found.problems[0]


async def test_problems_name_the_workspaces_own_settings_and_a_whole_home(tmp_path: Path, project: Path):
    (project / "tercet.toml").write_text("[run]\nworkers = 0\n")
    found = await service(tmp_path, home=project).register(WorkspaceRequest(root=str(project)))
    assert any("tercet.toml:2" in problem for problem in found.problems)
    assert any("whole home" in problem for problem in found.problems)


async def test_the_editors_interpreter_is_kept_until_another_is_chosen(tmp_path: Path, project: Path):
    python = project / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    packages = tmp_path / "lib" / "python3.11" / "site-packages" / "pytest"
    request = WorkspaceRequest(root=str(project), interpreter=str(tmp_path / "bin" / "python"))
    (tmp_path / "bin").mkdir()
    os.link(python, tmp_path / "bin" / "python")
    packages.mkdir(parents=True)
    (packages / "__init__.py").touch()
    registered = await service(tmp_path).register(request)
    assert registered.interpreter is not None
    assert (registered.interpreter.path, registered.interpreter.source) == (request.interpreter, "editor")
    again = await service(tmp_path).register(WorkspaceRequest(root=str(project)))
    assert again.interpreter == registered.interpreter
    assert (await service(tmp_path).get(registered.id)).interpreter == registered.interpreter
