"""Finds the Python that runs a workspace's tests, and says why it is that one. Looks at folders; runs nothing of anybody's.

An interpreter without pytest is passed over for the next, for it could not run the tests. Tercet's own is the last resort.
"""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import NoInterpreter
from tercet_shared.workspaces import Interpreter

from tercet_server.workspace.environments import Places, environments

_IN_ENVIRONMENT = ("bin/python3", "bin/python", "Scripts/python.exe", "python.exe")
_ON_PATH = ("python3", "python", "python3.exe", "python.exe")


@dataclass(frozen=True)
class Chosen:
    """What people have chosen: the setting `python.interpreter` and the editor's; either may be relative to the root."""

    setting: str = ""
    editor: str = ""


@dataclass(frozen=True)
class _Candidate:
    path: Path
    source: str


def find_interpreter(root: Path, chosen: Chosen, places: Places) -> Interpreter:
    """Raises NoInterpreter, with what was looked at."""
    passed_over: list[str] = []
    for candidate in _candidates(root, chosen, places):
        problem = _problem(candidate, places)
        if problem is None:
            return Interpreter(path=str(candidate.path), source=candidate.source, note=" ".join(passed_over))
        if problem:
            passed_over.append(f"{candidate.path} ({candidate.source}) was passed over: {problem}.")
    raise NoInterpreter(
        " ".join(("No Python interpreter with pytest was found; set python.interpreter to one.", *passed_over)),
        root=str(root),
    )


def _candidates(root: Path, chosen: Chosen, places: Places) -> Iterator[_Candidate]:
    for path, source in ((chosen.setting, "setting"), (chosen.editor, "editor")):
        if path:
            yield _Candidate(_expanded(root, path, places), source)
    for environment in environments(root, places):
        if environment.prefix.is_dir():
            names = [name for name in _IN_ENVIRONMENT if (environment.prefix / name).exists()] or _IN_ENVIRONMENT[:1]
            yield _Candidate(environment.prefix / names[0], environment.source)
    for folder in places.variables.get("PATH", "").split(os.pathsep):
        on_path = (Path(folder) / name for name in _ON_PATH if os.path.isabs(folder))
        if first := next((path for path in on_path if path.exists()), None):
            yield _Candidate(_of_pyenv(root, first), "PATH")
    yield _Candidate(Path(sys.executable), "tercet")


def _expanded(root: Path, path: str, places: Places) -> Path:
    """Absolute and without `..`, but with links kept: a virtual environment's Python is a link, and says so by its place."""
    if places.home is not None and path.startswith(("~/", "~\\")):
        path = str(places.home / path[2:])
    expanded = Path(os.path.abspath(root / path))
    if expanded.is_dir():
        return next((expanded / name for name in _IN_ENVIRONMENT if (expanded / name).exists()), expanded)
    return expanded


def _of_pyenv(root: Path, path: Path) -> Path:
    """What a shim of pyenv would start: a shim is a shell script, and beside no packages."""
    versions = path.parent.parent / "versions"
    if path.parent.name != "shims" or not versions.is_dir():
        return path
    for file in (root / ".python-version", versions.parent / "version"):
        try:
            version = file.read_text("utf-8", "replace")[:100].split()
        except OSError:
            continue
        if version and re.fullmatch(r"\w[\w.+-]*", version[0]):
            found = versions / version[0] / "bin" / path.name
            if found.exists():
                return found
    return path


def _problem(candidate: _Candidate, places: Places) -> str | None:
    """Why the candidate will not do; "" where that needs no words, None if it will."""
    path = candidate.path
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        return "it is no file, or a link that leads nowhere"
    if not os.access(path, os.X_OK):
        return "it is not executable"
    if candidate.source == "tercet" or has_pytest(path, places):
        return None
    return "it has no pytest"


def has_pytest(python: Path, places: Places) -> bool:
    """Whether a pytest package lies in a folder that this Python imports from, as far as folders tell."""
    return any((folder / "pytest" / "__init__.py").is_file() for folder in _site_packages(python, places))


def _site_packages(python: Path, places: Places) -> Iterator[Path]:
    prefix = python.parent.parent if python.parent.name in ("bin", "Scripts") else python.parent
    configuration = _venv_configuration(prefix)
    yield from _below(prefix)
    if configuration is None:
        yield from _below(Path(os.path.realpath(python)).parent.parent)
        yield from _below_user(places)
    elif configuration.get("include-system-site-packages", "").lower() == "true":
        yield from _below(Path(configuration.get("home", "")).parent)
        yield from _below_user(places)


def _below(prefix: Path) -> Iterator[Path]:
    yield prefix / "Lib" / "site-packages"
    for lib in ("lib", "lib64", "local/lib"):
        for version in _pythons(prefix / lib):
            yield version / "site-packages"
            yield version / "dist-packages"  # Debian's


def _below_user(places: Places) -> Iterator[Path]:
    if places.home is not None:
        yield from _below(places.home / ".local")


def _pythons(lib: Path) -> list[Path]:
    try:
        return [path for path in lib.iterdir() if re.fullmatch(r"(python|pypy)3(\.\d+)?t?", path.name)]
    except OSError:
        return []


def _venv_configuration(prefix: Path) -> dict[str, str] | None:
    """None for what is no virtual environment."""
    try:
        text = (prefix / "pyvenv.cfg").read_text("utf-8", "replace")
    except OSError:
        return None
    pairs = (line.partition("=") for line in text[:10_000].splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in pairs}
