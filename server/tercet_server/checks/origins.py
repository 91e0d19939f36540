"""Guards against a false proof: were the changed modules loaded from the copy, or from somewhere else? Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tercet_server.languages.kinds import is_code_path

_PYTHON = (".py", ".pyw")


@dataclass(frozen=True)
class Standing:
    """How the copy stood when the tests ran. `original` is the workspace's root."""

    original: str
    mounted: bool
    """Whether the copy stood at the original's path, so that no path led to the original."""
    repaired: bool
    """Whether tests failed without the change that pass with it: they cannot have run the original."""


def is_python(path: str) -> bool:
    """Whether a file, or a test's file, is Python, whose modules are looked for."""
    return path.partition("::")[0].endswith((*_PYTHON, ".pyi"))


def doubt(changed: Sequence[str], modules: Mapping[str, str], standing: Standing) -> str | None:
    """Why the tests may not have run the changed text, as a sentence; None if they have.

    `modules` is name → file of what the tests loaded, relative if below the copy. Changed files that are no code cannot
    be looked for and are not doubted.
    """
    loaded, original = set(modules.values()), standing.original
    for path in changed:
        if not is_python(path) and is_code_path(path) and path not in loaded and (reason := _unseen(path, standing)):
            return reason
        if not path.endswith(_PYTHON):
            continue
        elsewhere = _loaded_elsewhere(path, modules, original)
        if elsewhere is not None and (path not in loaded or _is_original(path, elsewhere, original)):
            return f"The tests loaded {elsewhere} instead of the changed {path}: they do not test this change."
        if path not in loaded:
            return f"No test that was run loaded {path}, so passing says nothing about its change."
    return None


def _unseen(path: str, standing: Standing) -> str | None:
    """Of a file that no runner was seen to execute."""
    if not standing.mounted:
        return (
            f"The sandbox in use cannot put the private copy at the workspace's own path, so the tests may have run the "
            f"original {path} instead of the changed one. Install bubblewrap."
        )
    if not standing.repaired:
        return f"No test that was run is known to execute {path}, so passing says nothing about its change."
    return None


def _loaded_elsewhere(path: str, modules: Mapping[str, str], original: str) -> str | None:
    """The file outside the copy of a module that has the changed file's name."""
    parts = PurePosixPath(path).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    for name, file in modules.items():
        if not PurePosixPath(file).is_absolute():
            continue
        names = tuple(name.split("."))
        if _is_original(path, file, original) or (
            names == parts[-len(names) :] and _ends_alike(file, path, len(names))
        ):
            return file
    return None


def _is_original(path: str, file: str, original: str) -> bool:
    return file == f"{original.rstrip('/')}/{path}"


def _ends_alike(file: str, path: str, count: int) -> bool:
    """Whether the last `count` parts are the same."""
    return PurePosixPath(file).parts[-count:] == PurePosixPath(path).parts[-count:]
