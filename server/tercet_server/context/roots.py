"""Where the modules of a workspace are looked for, worked out from folders and paths alone: no interpreter is asked."""

import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tercet_shared.workspaces import Workspace

from tercet_server.ports import CodeRoot

if TYPE_CHECKING:
    from tercet_server.context.index import Snapshot

MOST_FOLDERS = 50


def code_root(workspace: Workspace, snapshot: "Snapshot") -> CodeRoot:
    """The workspace's root, the folders that hold its packages, and what is installed for its interpreter. Reads folders."""
    root = Path(workspace.root)
    own = [str(root / folder) for folder in package_folders(each.path for each in snapshot.files)]
    return CodeRoot(root, (*own, *_installed(workspace)))


def package_folders(paths: Iterable[str]) -> list[str]:
    """The folders from which Python's imports of these files start: those that are in no package themselves."""
    python = [path for path in paths if path.endswith((".py", ".pyi"))]
    packages = {posixpath.dirname(path) for path in python if posixpath.basename(path) == "__init__.py"}
    found: dict[str, int] = {}
    for path in python:
        folder = posixpath.dirname(path)
        while folder in packages:
            folder = posixpath.dirname(folder)
        found[folder] = found.get(folder, 0) + 1
    often = sorted(found, key=lambda folder: (-found[folder], folder))
    return [folder for folder in often if folder][:MOST_FOLDERS]


def _installed(workspace: Workspace) -> list[str]:
    """The folders of packages in the interpreter's virtual environment, if it is in one."""
    if workspace.interpreter is None:
        return []
    environment = Path(workspace.interpreter.path).parent.parent
    if not (environment / "pyvenv.cfg").is_file():
        return []
    return [
        str(each)
        for pattern in ("lib/python3*/site-packages", "Lib/site-packages")
        for each in environment.glob(pattern)
    ]
