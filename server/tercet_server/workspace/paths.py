"""Resolves paths inside a workspace, and refuses those that lead out of it."""

import os
from pathlib import Path

from tercet_shared.errors import EditRefused, WorkspaceGone


def inside(root: Path, path: str) -> str:
    """The file that `path` really is, as a path relative to `root` without links. It need not exist.

    Raises EditRefused if `path` is malformed or leads out of the workspace, WorkspaceGone.
    """
    parts = path.split("/")
    if "\\" in path or "\x00" in path or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        raise EditRefused(f"{path!r} is not a path inside the workspace; give it relative to {root}.", path=path)
    must_exist(root)
    real = Path(os.path.realpath(root / path))
    if not real.is_relative_to(root) or real == root:
        raise EditRefused(
            f"{path} is a link out of the workspace, to {real}; open the folder of that file as a workspace to edit it.",
            path=path,
        )
    return real.relative_to(root).as_posix()


def must_exist(root: Path) -> None:
    """Raises WorkspaceGone unless `root` is a folder."""
    if not os.path.isdir(root):  # unlike Path.is_dir also False for names too long for any file system
        raise WorkspaceGone(
            f"The workspace {root} has vanished or cannot be read; put it back, or open it again where it is now.",
            root=str(root),
        )
