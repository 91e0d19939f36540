"""Where the tools of Python projects keep a project's environment. Only looks at files; runs nothing and trusts none of them."""

import base64
import hashlib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_IN_PROJECT = (".venv", "venv", "env")
_CONDA_HOMES = (
    "miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", ".conda", "opt/miniconda3", "opt/anaconda3",
)  # fmt: skip
_MAX_FILE_BYTES = 1024**2


@dataclass(frozen=True)
class Places:
    """Where to look: the user's home and the daemon's environment variables, read by `config`'s caller."""

    home: Path | None
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Environment:
    """A folder that may be a Python environment, and what put it there."""

    prefix: Path
    source: str


def environments(root: Path, places: Places) -> Iterator[Environment]:
    """Those of the project's tools, the likeliest first."""
    finders: list[tuple[str, Callable[[Path, Places], Iterator[Path]]]] = [
        ("venv", _in_project),
        ("poetry", _poetry),
        ("pipenv", _pipenv),
        ("conda", _conda),
    ]
    for source, finder in finders:
        for prefix in finder(root, places):
            yield Environment(prefix, source)


def _in_project(root: Path, _: Places) -> Iterator[Path]:
    """Of venv, virtualenv, uv, hatch, poetry and pipenv when told to: they all mark it so (PEP 405)."""
    yield from (root / name for name in _IN_PROJECT if (root / name / "pyvenv.cfg").is_file())


def _poetry(root: Path, places: Places) -> Iterator[Path]:
    """Its cache names an environment by the project's name and the hash of its folder (`EnvManager.generate_env_name`)."""
    project = _toml(root / "pyproject.toml")
    poetry = _table(_table(project, "tool"), "poetry")
    if not poetry and not (root / "poetry.lock").is_file():
        return
    name = poetry.get("name") or _table(project, "project").get("name")
    if not isinstance(name, str):
        return
    canonical = re.sub(r"[-_.]+", "-", name).lower()
    sanitised = re.sub(r'[ $`!*@"\\\r\n\t]', "_", canonical)[:42]
    begin = f"{sanitised}-{_hashed(os.path.normcase(root), 32)}-py"
    for folder in _poetry_folders(places):
        found = [path for path in _listed(folder) if path.name.startswith(begin)]
        yield from sorted(found, key=_by_version, reverse=True)


def _poetry_folders(places: Places) -> Iterator[Path]:
    variables, home = places.variables, places.home
    if chosen := variables.get("POETRY_VIRTUALENVS_PATH"):
        yield Path(chosen)
    if cache := variables.get("POETRY_CACHE_DIR"):
        yield Path(cache) / "virtualenvs"
    if local := variables.get("LOCALAPPDATA"):
        yield Path(local) / "pypoetry" / "Cache" / "virtualenvs"
    if home is not None:
        yield Path(variables.get("XDG_CACHE_HOME") or home / ".cache") / "pypoetry" / "virtualenvs"
        yield home / "Library" / "Caches" / "pypoetry" / "virtualenvs"


def _by_version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.name.rpartition("-py")[2])]


def _pipenv(root: Path, places: Places) -> Iterator[Path]:
    """Named by the project's folder and the hash of its Pipfile's path (`Project.virtualenv_name`)."""
    if not (root / "Pipfile").is_file():
        return
    sanitised = re.sub(r'[ &$`!*@"()\[\]\\\r\n\t]', "_", root.name)[:42]
    name = f"{sanitised}-{_hashed(str(root / 'Pipfile'), 6)}"
    variables, home = places.variables, places.home
    if chosen := variables.get("WORKON_HOME"):
        yield Path(chosen) / name
    if home is not None:
        yield Path(variables.get("XDG_DATA_HOME") or home / ".local" / "share") / "virtualenvs" / name
        yield home / ".virtualenvs" / name


def _conda(root: Path, places: Places) -> Iterator[Path]:
    """By the name in the project's environment file, in the usual homes and in conda's own list."""
    for file in ("environment.yml", "environment.yaml"):
        match = re.search(r"^name:[ \t]*[\"']?([\w.-]+)[\"']?[ \t]*(?:#.*)?$", _text(root / file), re.MULTILINE)
        if match is None or places.home is None or match[1].strip(".") == "":
            continue
        for conda in _CONDA_HOMES:
            yield places.home / conda / "envs" / match[1]
        listed = _text(places.home / ".conda" / "environments.txt").splitlines()
        yield from (Path(line) for line in listed if line and Path(line).name == match[1])


def _hashed(text: str, digest_bytes: int) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:digest_bytes]
    return base64.urlsafe_b64encode(digest).decode()[:8]


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _text(path: Path) -> str:
    """What a file of the project says, if it is a file of a sensible size."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_FILE_BYTES:
            return ""
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except (ValueError, RecursionError):
        return {}


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    inner = table.get(key)
    return inner if isinstance(inner, dict) else {}
