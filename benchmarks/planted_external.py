"""Faults of an independent mutation tool in any library: its folder as a project, and what the tool makes of it."""

import ast
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tercet_server.proposers.suspicion import serves_tests

from benchmarks.planted_faults import Fault, Sites, compiles, same_tree
from benchmarks.planted_libraries import Library
from benchmarks.planted_plants import Project
from benchmarks.report import say

TOOLS = {"mutmut": "mutmut==2.5.1", "cosmic-ray": "cosmic-ray==8.7.0"}
TEST_EXTRAS = ("test", "tests", "testing")
SCRIPT = Path(__file__).with_name("planted_tools.py")

_NO_PART = (".git", ".venv", "venv", ".tox", ".nox", "node_modules", "build", "dist", "__pycache__", "*.egg-info")
_NO_PACKAGES = {"docs", "doc", "examples", "example", "benchmarks", "benchmark", "scripts", "tools"}
_NO_MODULES = {"setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "__main__.py"}

_FIRST_ON_PATH = """\
import pathlib as _pathlib, sys as _sys
_sys.path[:0] = [str(_pathlib.Path(__file__).parent / part) for part in ("src", "")]
"""
"""For a `conftest.py`: what lies in the workspace is tested, not what is installed."""


class CannotPlant(Exception):
    """With a sentence that says what to do."""


def project_at(path: Path, source: str, tests: str, interpreter: str, folder: Path) -> Project:
    """A copy of the library in `folder` with its suite's outcomes. Raises CannotPlant if nothing can be planted or judged."""
    root = folder / "library" / path.resolve().name
    shutil.copytree(path, root, ignore=shutil.ignore_patterns(*_NO_PART), symlinks=True)
    _put_first(root / "conftest.py")
    texts = sources_at(root, source)
    if not texts:
        raise CannotPlant(f"No Python file to change was found in {path}: name the package by --source.")
    python = interpreter or _interpreter_of(path) or _environment(path, folder / "python")
    library = Library(root.name, "", "", source or ".", tests)
    project = Project.at(library, root, python, Sites(texts, {}))
    if not project.passing:
        raise CannotPlant(f"No test of {path} passes under {python}: name an --interpreter with what its tests need.")
    say(f"{root.name}: {len(texts)} files to change, {len(project.passing)} tests that pass under {python}")
    return project


def sources_at(root: Path, source: str) -> dict[str, str]:
    """path → text of a library's own modules: those of `source`, else of `src`, else of what is a package or module at the top."""
    if source or (root / "src").is_dir():
        tops = [root / (source or "src")]
    else:
        packages = sorted(each.parent for each in root.glob("*/__init__.py") if each.parent.name not in _NO_PACKAGES)
        tops = [*packages, *sorted(each for each in root.glob("*.py") if each.name not in _NO_MODULES)]
    files = [file for top in tops for file in ([top] if top.is_file() else sorted(top.rglob("*.py")))]
    texts = {}
    for file in files:
        path = file.relative_to(root).as_posix()
        if not serves_tests(path):
            with suppress(UnicodeDecodeError, SyntaxError, ValueError):
                text = file.read_bytes().decode("utf-8")
                ast.parse(text)
                texts[path] = text
    return texts


def drawn(root: Path, texts: Mapping[str, str], tool: str, seed: int, folder: Path) -> Generator[Fault]:
    """What the tool makes of these files (path → text) below `root`, in an order drawn by the seed; without what means the same.

    Raises CannotPlant if the tool fails.
    """
    python = _made(folder / tool, [TOOLS[tool]])
    command = [python, str(SCRIPT), tool, str(seed), *texts]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, encoding="utf-8") as said:
        assert said.stdout is not None
        try:
            for line in said.stdout:
                told = json.loads(line)
                before, after = texts[told["path"]], told["text"]
                if compiles(after) and not same_tree(before, after):
                    yield fault_between(told["path"], told["operator"], before, after)
            if said.wait():
                raise CannotPlant(f"{tool} failed (exit code {said.returncode}): what it printed above says why.")
        finally:
            said.kill()


def fault_between(path: str, operator: str, before: str, after: str) -> Fault:
    """The smallest span that tells two texts apart."""
    most = min(len(before), len(after))
    start = next((at for at in range(most) if before[at] != after[at]), most)
    rest = most - start
    tail = next((at for at in range(rest) if before[-1 - at] != after[-1 - at]), rest)
    end, new_end = len(before) - tail, len(after) - tail
    return Fault(path, operator, 1 + before.count("\n", 0, start), start, end, after[start:new_end])


def _put_first(conftest: Path) -> None:
    """After its docstring and `from __future__`, which must stand first."""
    text = conftest.read_text("utf-8") if conftest.exists() else ""
    lines = text.splitlines(keepends=True)
    heads = [
        each.end_lineno or each.lineno
        for each in ast.parse(text).body
        if (isinstance(each, ast.ImportFrom) and each.module == "__future__")
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    ]
    lines.insert(max(heads, default=0), _FIRST_ON_PATH)
    conftest.write_text("".join(lines), "utf-8")


def _interpreter_of(path: Path) -> str:
    own = path.resolve() / ".venv" / "bin" / "python"
    return str(own) if own.exists() else ""


def _environment(path: Path, folder: Path) -> str:
    """With the library, so that its version can be asked for, what it needs, and what its extras of these names need."""
    say(f"{path}: no .venv there and no --interpreter given; an environment is made")
    extras = ",".join(each for each in TEST_EXTRAS if each in _extras(path))
    unpacked = folder.parent / "installed"
    shutil.copytree(path, unpacked, ignore=shutil.ignore_patterns(".venv", "node_modules"), symlinks=True)
    return _made(folder, ["pytest", "pytest-timeout", f"{unpacked}[{extras}]" if extras else str(unpacked)])


def _extras(path: Path) -> Sequence[str]:
    try:
        project = tomllib.loads((path / "pyproject.toml").read_text("utf-8")).get("project", {})
    except (OSError, ValueError):
        return ()
    return tuple(project.get("optional-dependencies", {}))


def _made(folder: Path, requirements: Sequence[str]) -> str:
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, stdout=sys.stderr)
    done = subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements],
        check=False,
        stdout=sys.stderr,
    )
    if done.returncode:
        raise CannotPlant(f"pip could not install {', '.join(requirements)}: name an --interpreter that has it.")
    return str(python)
