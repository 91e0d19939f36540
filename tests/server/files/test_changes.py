"""What changed since a revision; and a hostile repository, whose configuration would like to run something."""

import subprocess
from pathlib import Path

import pytest
from tercet_server.files.changes import changed_since
from tercet_shared.errors import InvalidRequest, Unsupported


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    for path, text in {"a.py": "x = 1\n", "sub/b ä.py": "y = 1\n", "gone.py": "z = 1\n", "same.py": ""}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_staged_unstaged_new_and_removed_files_are_found(repository: Path):
    (repository / "a.py").write_text("x = 2\n")
    (repository / "sub/b ä.py").write_text("y = 2\n", "utf-8")
    git(repository, "add", "a.py")
    (repository / "gone.py").unlink()
    (repository / "new.py").write_text("n = 1\n")
    (repository / "ignored.py").write_text("i = 1\n")
    assert changed_since(repository, "HEAD").before == {
        "a.py": "x = 1\n",
        "gone.py": "z = 1\n",
        "sub/b ä.py": "y = 1\n",
        "new.py": None,
    }


def test_a_folder_of_a_repository_is_compared_alone(repository: Path):
    (repository / "a.py").write_text("x = 2\n")
    (repository / "sub/b ä.py").write_text("y = 2\n", "utf-8")
    assert changed_since(repository / "sub", "main").before == {"b ä.py": "y = 1\n"}


@pytest.mark.parametrize("base", ["nowhere", "--output=/tmp/x", "-h", "HEAD~99", "\n"])
def test_what_is_no_revision_is_refused(repository: Path, base: str):
    with pytest.raises(InvalidRequest, match="names no commit"):
        changed_since(repository, base)


def test_without_a_repository_it_says_so(tmp_path: Path):
    with pytest.raises(Unsupported):
        changed_since(tmp_path, "HEAD")


def test_nothing_that_the_repository_configures_is_run(repository: Path):
    trap = repository / ".git/trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repository}/.git/sprung\n")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "core.pager", "diff.trap.textconv", "diff.trap.command"):
        git(repository, "config", name, str(trap))
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/attributes").write_text("*.py diff=trap\n")
    (repository / "a.py").write_text("x = 2\n")
    assert "a.py" in changed_since(repository, "HEAD").before
    assert not (repository / ".git/sprung").exists()
