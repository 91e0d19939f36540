"""Private temporary folders for sandboxes that cannot mount one, named after their daemon so that a dead one's are found.

What is inside was left by hostile code: it is removed without following links.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tercet_server.sandbox import proctree
from tercet_server.sandbox.identity import Identity

PREFIX = "tercet-sandbox-"


def owner_tag() -> str:
    """Names this process for as long as the machine runs: pid and start time."""
    return f"{os.getpid()}.{proctree.start_time(os.getpid())}"


def is_orphan(tag: str) -> bool:
    """Whether the process that made this tag is gone."""
    pid, _, started = tag.partition(".")
    return pid.isdigit() and started.isdigit() and proctree.start_time(int(pid)) != int(started)


def make(owner: Identity | None) -> Path:
    """A new folder with `home` and `tmp` in it, for `owner` if given. Blocking."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{owner_tag()}-"))
    for path in (folder / "home", folder / "tmp"):
        path.mkdir(mode=0o700)
    if owner is not None:
        folder.chmod(0o711)  # it stays ours, for `sweep` to know it by
        for path in (folder / "home", folder / "tmp"):
            os.chown(path, owner.uid, owner.gid)
    return folder


def remove(folder: Path) -> None:
    """Removes a folder whatever modes the files in it have. Blocking."""
    shutil.rmtree(folder, onerror=_make_removable)


def sweep() -> None:
    """Removes the folders of daemons that are gone. Blocking."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            tag = folder.name.removeprefix(PREFIX).partition("-")[0]
            if is_orphan(tag) and folder.lstat().st_uid == os.geteuid() and not folder.is_symlink():
                remove(folder)


def _make_removable(function: Callable[..., Any], path: str, _error: Any) -> None:
    """A folder without permissions gets them, and is then tried once more; what resists is left to the system's cleaner."""
    with suppress(OSError):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            os.chmod(path, 0o700)
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.chmod(os.path.dirname(path), 0o700)
            os.unlink(path)
