"""Which Python runs the tests: the user's choice, then the project's environment, then the path's; with pytest, and unrun."""

import base64
import hashlib
import os
import sys
from pathlib import Path

import pytest
from tercet_server.workspace.environments import Places
from tercet_server.workspace.interpreters import Chosen, find_interpreter, has_pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="executables are marked by their mode here")


def environment(prefix: Path, *, pytest: bool = True, marked: bool = True, python: str = "bin/python") -> Path:
    """A folder that looks like a Python environment; its Python would fail if it were run."""
    executable = prefix / python
    executable.parent.mkdir(parents=True, exist_ok=True)
    executable.write_text("#!/bin/false\n")
    executable.chmod(0o755)
    if marked:
        (prefix / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    if pytest:
        package = prefix / "lib" / "python3.12" / "site-packages" / "pytest"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    return executable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "My Project"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def found(root: Path, home: Path, *, setting: str = "", editor: str = "", **variables: str) -> tuple[str, str, str]:
    interpreter = find_interpreter(root, Chosen(setting, editor), Places(home, variables))
    return (interpreter.path, interpreter.source, interpreter.note)


def hashed(text: str, size: int = 32) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:size]).decode()[:8]


def test_the_users_setting_goes_before_the_editors_choice_before_the_projects_own(root: Path, home: Path):
    own, editors, users = (environment(folder) for folder in (root / ".venv", root / "other", home / "py"))
    assert found(root, home)[:2] == (str(own), "venv")
    assert found(root, home, editor=str(editors))[:2] == (str(editors), "editor")
    assert found(root, home, setting=str(users), editor=str(editors))[:2] == (str(users), "setting")
    assert found(root, home, setting="~/py")[:2] == (str(users), "setting"), "an environment's folder, below the home"
    assert found(root, home, setting="other/bin/../bin/python")[:2] == (str(editors), "setting"), "relative to the root"


@pytest.mark.parametrize("name", [".venv", "venv", "env"])
@pytest.mark.parametrize("python", ["bin/python", "bin/python3", "Scripts/python.exe"])
def test_a_virtual_environment_of_the_project(root: Path, home: Path, name: str, python: str):
    executable = environment(root / name, python=python)
    assert found(root, home) == (str(executable), "venv", "")


def test_a_folder_that_is_no_virtual_environment_is_no_candidate(root: Path, home: Path):
    environment(root / "env", marked=False)
    assert found(root, home)[1] == "tercet"


def test_poetrys_cache(root: Path, home: Path):
    (root / "pyproject.toml").write_text('[tool.poetry]\nname = "My.Project"\n')
    cache = home / ".cache/pypoetry/virtualenvs"
    name = f"my-project-{hashed(str(root))}"
    environment(cache / f"{name}-py3.9")
    newest = environment(cache / f"{name}-py3.12")
    environment(cache / f"my-project-{hashed('/elsewhere')}-py3.13")
    assert found(root, home)[:2] == (str(newest), "poetry")
    chosen = environment(home / "chosen" / f"{name}-py3.8")
    assert found(root, home, POETRY_VIRTUALENVS_PATH=str(home / "chosen"))[0] == str(chosen)


def test_poetrys_lock_with_a_standard_project_table(root: Path, home: Path):
    (root / "pyproject.toml").write_text('[project]\nname = "x"\n')
    executable = environment(home / "cache/virtualenvs" / f"x-{hashed(str(root))}-py3.11")
    assert found(root, home, POETRY_CACHE_DIR=str(home / "cache"))[1] == "tercet"
    (root / "poetry.lock").touch()
    assert found(root, home, POETRY_CACHE_DIR=str(home / "cache"))[:2] == (str(executable), "poetry")


def test_pipenvs_folder(root: Path, home: Path):
    (root / "Pipfile").touch()
    name = f"My_Project-{hashed(str(root / 'Pipfile'), 6)}"
    executable = environment(home / ".local/share/virtualenvs" / name)
    assert found(root, home)[:2] == (str(executable), "pipenv")
    chosen = environment(home / "workon" / name)
    assert found(root, home, WORKON_HOME=str(home / "workon"))[0] == str(chosen)


@pytest.mark.parametrize("line", ["name: sci", 'name: "sci"  # ours'])
def test_condas_environment_by_name(root: Path, home: Path, line: str):
    (root / "environment.yml").write_text(f"# conda\n{line}\ndependencies: []\n")
    executable = environment(home / "miniconda3/envs/sci", marked=False)
    assert found(root, home)[:2] == (str(executable), "conda")


def test_condas_own_list_of_environments(root: Path, home: Path, tmp_path: Path):
    (root / "environment.yaml").write_text("name: sci\n")
    executable = environment(tmp_path / "opt" / "sci", marked=False)
    (home / ".conda").mkdir()
    (home / ".conda/environments.txt").write_text(f"/gone/sci\n\n{tmp_path}/opt/sci\n")
    assert found(root, home)[:2] == (str(executable), "conda")


@pytest.mark.parametrize(
    ("file", "text"),
    [("environment.yml", "name: ..\n"), ("environment.yml", "name: ../../x\n"), ("pyproject.toml", "[tool.poetry]\nname = 1\n"),
     ("pyproject.toml", "tool = 3"), ("pyproject.toml", "not toml"), ("pyproject.toml", "x = " + "[" * 5000)],
)  # fmt: skip
def test_odd_project_files_lead_nowhere(root: Path, home: Path, file: str, text: str):
    (root / file).write_text(text)
    assert found(root, home)[1] == "tercet"


def test_the_path_is_searched_last(root: Path, home: Path, tmp_path: Path):
    environment(tmp_path / "bare", python="bin/python3", pytest=False, marked=False)
    executable = environment(tmp_path / "usr", python="bin/python3", marked=False)
    path = f"relative:{tmp_path}/none:{tmp_path}/bare/bin:{tmp_path}/usr/bin"
    where, source, note = found(root, home, PATH=path)
    assert (where, source) == (str(executable), "PATH")
    assert note == f"{tmp_path}/bare/bin/python3 (PATH) was passed over: it has no pytest."


def test_a_shim_of_pyenv_is_seen_through(root: Path, home: Path):
    pyenv = home / ".pyenv"
    environment(pyenv, python="shims/python3", pytest=False, marked=False)
    chosen = environment(pyenv / "versions/3.12.1", python="bin/python3", marked=False)
    fallback = environment(pyenv / "versions/3.11.0", python="bin/python3", marked=False)
    (pyenv / "version").write_text("3.11.0\n")
    assert found(root, home, PATH=str(pyenv / "shims"))[0] == str(fallback)
    (root / ".python-version").write_text("3.12.1\n")
    assert found(root, home, PATH=str(pyenv / "shims"))[0] == str(chosen)
    (root / ".python-version").write_text("../../x\n")
    assert found(root, home, PATH=str(pyenv / "shims"))[0] == str(fallback)


def test_what_cannot_run_tests_is_passed_over_and_said(root: Path, home: Path):
    environment(root / ".venv", pytest=False)
    environment(root / "venv").chmod(0o644)
    loop = root / "loop"
    loop.symlink_to(loop)
    where, source, note = found(root, home, setting="loop", editor=str(root / "gone"))
    assert (where, source) == (sys.executable, "tercet")
    for sentence in (
        f"{loop} (setting) was passed over: it is no file, or a link that leads nowhere.",
        f"{root / 'gone'} (editor) was passed over: it is no file, or a link that leads nowhere.",
        f"{root / '.venv/bin/python'} (venv) was passed over: it has no pytest.",
        f"{root / 'venv/bin/python'} (venv) was passed over: it is not executable.",
    ):
        assert sentence in note


def test_an_environments_python_stays_a_link(root: Path, home: Path):
    """Resolved, it would be the base Python without the environment's packages."""
    executable = environment(root / ".venv")
    executable.unlink()
    executable.symlink_to(sys.executable)
    assert found(root, home)[0] == str(executable)


def test_pytest_may_lie_with_the_base_or_the_user(root: Path, home: Path, tmp_path: Path):
    base = environment(tmp_path / "base", marked=False)
    inner = environment(root / ".venv", pytest=False)
    places = Places(home, {})
    assert not has_pytest(inner, places)
    (root / ".venv/pyvenv.cfg").write_text(f"home = {base.parent}\nInclude-System-Site-Packages = true\n")
    assert has_pytest(inner, places)
    bare = environment(tmp_path / "bare", marked=False, pytest=False)
    assert not has_pytest(bare, places)
    environment(home / ".local", marked=False)
    assert has_pytest(bare, places)
    assert not has_pytest(bare, Places(None, {}))
