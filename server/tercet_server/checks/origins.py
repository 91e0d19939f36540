"""Guards against a false proof: were the changed modules loaded from the copy, or from somewhere else? Pure."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath


def doubt(changed: Sequence[str], modules: Mapping[str, str], original: str) -> str | None:
    """Why the tests may not have run the changed text, as a sentence; None if they have loaded every changed module.

    `modules` is name → file of what the tests loaded, relative if below the copy; `original` is the workspace's root.
    Changed files that are no Python cannot be looked for and are not doubted.
    """
    loaded = set(modules.values())
    for path in changed:
        if not path.endswith((".py", ".pyw")):
            continue
        elsewhere = _loaded_elsewhere(path, modules, original)
        if elsewhere is not None and (path not in loaded or _is_original(path, elsewhere, original)):
            return f"The tests loaded {elsewhere} instead of the changed {path}: they do not test this change."
        if path not in loaded:
            return f"No test that was run loaded {path}, so passing says nothing about its change."
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
