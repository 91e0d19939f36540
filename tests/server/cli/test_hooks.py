"""`tercet hooks`: a verdict stops git, nothing else does, and a hook that was there runs and comes back."""

import os
import subprocess
from pathlib import Path

import pytest
from tercet_server.cli.hooks import BEFORE

from tests.server.cli.conftest import Result


def git(folder: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder), *arguments]
    environment = {**os.environ, "PATH": path or os.environ["PATH"]}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "first")
    return root


def reviewer(folder: Path, exit_code: int) -> str:
    """A PATH on which `tercet` ends with this code, and tells how it was called."""
    folder.mkdir(exist_ok=True)
    program = folder / "tercet"
    program.write_text(f'#!/bin/sh\necho "$@" > {folder}/called\nexit {exit_code}\n')
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def commit(root: Path, path: str) -> int:
    return git(root, "commit", "-q", "--allow-empty", "-m", "second", path=path).returncode


@pytest.mark.parametrize(("exit_code", "stopped"), [(0, False), (7, True), (1, False), (5, False), (6, False)])
def test_only_a_verdict_stops_git(tercet, repository: Path, tmp_path: Path, exit_code: int, stopped: bool):
    result: Result = tercet("hooks", "install", "--workspace", str(repository))
    assert result.exit_code == 0
    assert (commit(repository, reviewer(tmp_path / "bin", exit_code)) != 0) is stopped
    assert (tmp_path / "bin/called").read_text() == "review --base HEAD --deadline 60\n"


def test_a_hook_that_was_there_runs_first_and_comes_back(tercet, repository: Path, tmp_path: Path):
    hook = repository / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 3\n")
    hook.chmod(0o755)
    for _ in range(2):
        assert tercet("hooks", "install", "--workspace", str(repository)).exit_code == 0
    assert commit(repository, reviewer(tmp_path / "bin", 0)) != 0
    assert not (tmp_path / "bin/called").exists()
    assert tercet("hooks", "remove", "--workspace", str(repository)).exit_code == 0
    assert hook.read_text() == "#!/bin/sh\nexit 3\n"
    assert not hook.with_name(f"pre-commit{BEFORE}").exists()
    assert "no hook of Tercet's" in tercet("hooks", "remove", "--workspace", str(repository)).out


def test_outside_a_repository_or_for_an_unknown_hook_it_says_so(tercet, repository: Path, tmp_path: Path):
    (tmp_path / "bare").mkdir()
    assert "no git repository" in tercet("hooks", "install", "--workspace", str(tmp_path / "bare")).err
    assert "no hook that Tercet knows" in tercet("hooks", "install", "update", "--workspace", str(repository)).err


def test_a_shared_folder_of_hooks_is_left_alone(tercet, repository: Path, tmp_path: Path):
    git(repository, "config", "core.hooksPath", str(tmp_path / "shared"))
    result = tercet("hooks", "install", "--workspace", str(repository))
    assert "other repositories may share" in result.err
    assert not (tmp_path / "shared").exists()


def test_a_folder_of_hooks_that_the_project_keeps_is_left_alone(tercet, repository: Path):
    hook = repository / ".husky/_/pre-commit"
    hook.parent.mkdir(parents=True)
    hook.write_text('#!/bin/sh\n. "$(dirname "$0")/h"\n')
    git(repository, "config", "core.hooksPath", ".husky/_")
    assert "a tool of the project" in tercet("hooks", "install", "--workspace", str(repository)).err
    assert list(hook.parent.iterdir()) == [hook]


def test_a_hook_that_goes_by_its_own_name_is_not_renamed(tercet, repository: Path):
    hook = repository / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\nexec dispatch "$(basename "$0")" "$@"\n')
    assert "does what its name says" in tercet("hooks", "install", "--workspace", str(repository)).err
    assert "dispatch" in hook.read_text()
    assert not hook.with_name(f"pre-commit{BEFORE}").exists()


def test_a_workspace_that_is_a_part_of_the_repository_is_the_one_that_is_reviewed(
    tercet, repository: Path, tmp_path: Path
):
    part = repository / "the part"
    part.mkdir()
    assert tercet("hooks", "install", "--workspace", str(part)).exit_code == 0
    assert commit(repository, reviewer(tmp_path / "bin", 0)) == 0
    assert (tmp_path / "bin/called").read_text() == "review --base HEAD --deadline 60 --workspace the part\n"
