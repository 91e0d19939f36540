"""`make run`: repairs a failing test of a fresh copy of the example, through a daemon of its own, and says what to try next.

Leaves nothing behind: the copy, the daemon and its state live in a temporary folder.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
EXAMPLE = REPOSITORY / "examples" / "bookshop"
TERCET = Path(sys.executable).with_name("tercet")

NEXT = {
    "cd your-project && {tercet} fix": "repair a failing test of your own",
    "{tercet} doctor": "what was found on this machine, and how to get what is missing",
    "docs/editors.md": "the same in your editor, through {tercet}-lsp",
}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tercet-run-") as folder:
        project, environment = copy_of_example(Path(folder)), private_environment(Path(folder))
        print(f"A fresh copy of {EXAMPLE.relative_to(REPOSITORY)} stands in {project}.\n", flush=True)
        try:
            return _repair(project, environment)
        finally:
            _tercet(["daemon", "stop"], project, environment, quiet=True)


def copy_of_example(folder: Path) -> Path:
    project = folder / "bookshop"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return project


def private_environment(folder: Path) -> dict[str, str]:
    """For a daemon that is nobody else's."""
    return {**os.environ, "TERCET_HOME": str(folder / "home"), "TERCET_CONFIG": str(folder / "config.toml")}


def _repair(project: Path, environment: dict[str, str]) -> int:
    """Shows the failing test, repairs and applies, shows that the suite passes now."""
    print("$ pytest -q", flush=True)
    _pytest(project)
    for arguments in (["fix", "--trust"], ["apply", "last"]):
        print(f"\n$ tercet {' '.join(arguments)}", flush=True)
        exit_code = _tercet(arguments, project, environment)
        if exit_code != 0:
            print(f"\n`tercet {' '.join(arguments)}` ended with exit code {exit_code}.", file=sys.stderr)
            return exit_code
    print("\n$ pytest -q", flush=True)
    if _pytest(project) != 0:
        print("\nThe repaired project's tests fail.", file=sys.stderr)
        return 1
    _print_what_next()
    return 0


def _print_what_next() -> None:
    tercet = os.path.relpath(TERCET)
    print("\nWhat to try next")
    for command, meaning in NEXT.items():
        print(f"  {command.format(tercet=tercet):<42}{meaning.format(tercet=tercet)}")


def _tercet(arguments: list[str], project: Path, environment: dict[str, str], *, quiet: bool = False) -> int:
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run([TERCET, *arguments], cwd=project, env=environment, stdout=output, check=False).returncode


def _pytest(project: Path) -> int:
    """pytest with its own plugins alone, as the project would be tested anywhere else."""
    command = [sys.executable, "-P", "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=project, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
