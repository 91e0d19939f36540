"""Lists what of a workspace goes into a private copy, with a stamp of every file. Reads no file's content.

The walk holds every folder by handle, so nothing outside the root is listed whatever happens meanwhile.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tercet_shared.errors import TooLarge, WorkspaceGone

from tercet_server.files.folders import Folder
from tercet_server.files.selection import VIRTUALENV_MARK, is_left_out_file, is_left_out_folder
from tercet_server.files.stamps import Stamp, stamp

MAX_FILES = 200_000
MAX_BYTES = 2 * 1024**3
MAX_DEPTH = 200


@dataclass
class SeenFile:
    mode: int
    size: int
    stamp: Stamp | None


@dataclass
class SeenLink:
    target: str
    """As it will be written in the copy: relative, and inside."""


@dataclass
class SeenFolder:
    mode: int = 0o755
    children: dict[str, "SeenFile | SeenLink | SeenFolder"] = field(default_factory=dict)
    closed: bool = False
    """Its content is left out; the folder itself is kept, for whoever wants to mount something there."""


class Skipped(NamedTuple):
    path: str
    reason: str


@dataclass
class Scan:
    root: SeenFolder
    skipped: list[Skipped]


def scan(root: Path, places: Path) -> Scan:
    """`places`, where the copies themselves lie, is left out should it be inside the workspace.

    Raises WorkspaceGone, and TooLarge over 200,000 files or 2 GiB."""
    walk = _Walk(root, places)
    try:
        with Folder.open(root) as folder:
            seen = walk.folder(folder, "", MAX_DEPTH)
    except OSError as error:
        raise WorkspaceGone(
            f"The workspace {root} has vanished or cannot be read ({error.strerror}); open it again where it is now.",
            root=str(root),
        ) from error
    return Scan(seen, walk.skipped)


def flattened(folder: SeenFolder, prefix: str = "") -> Iterator[tuple[str, SeenFile | SeenLink]]:
    """Files and links by their paths."""
    for name, child in folder.children.items():
        if isinstance(child, SeenFolder):
            yield from flattened(child, f"{prefix}{name}/")
        else:
            yield prefix + name, child


class _LeftOut(Exception):
    """Why an entry is not copied."""


class _Walk:
    def __init__(self, root: Path, places: Path) -> None:
        self._root = root
        self._places = os.path.realpath(places)
        self.skipped: list[Skipped] = []
        self._files = 0
        self._bytes = 0

    def folder(self, folder: Folder, prefix: str, depth: int) -> SeenFolder:
        """May raise OSError for `folder` itself; what is wrong below is skipped and recorded."""
        seen = SeenFolder(stat.S_IMODE(folder.own_stat().st_mode) & 0o777)
        entries = folder.entries()
        is_virtualenv = prefix and any(entry.name == VIRTUALENV_MARK for entry in entries)
        if is_virtualenv or folder.path == self._places:
            seen.closed = True
            return seen
        for entry in entries:
            path = prefix + entry.name
            try:
                child = self._entry(folder, entry, path, depth)
            except _LeftOut as reason:
                self.skipped.append(Skipped(path, str(reason)))
                continue
            except OSError as error:
                if error.errno != errno.ENOENT:  # it vanished meanwhile: then it is not there
                    self.skipped.append(Skipped(path, f"it cannot be read ({error.strerror})"))
                continue
            if child is not None:
                seen.children[entry.name] = child
        return seen

    def _entry(
        self, folder: Folder, entry: os.DirEntry[str], path: str, depth: int
    ) -> SeenFile | SeenLink | SeenFolder | None:
        """None for what is left out by rule; raises _LeftOut for what a person may want to know of."""
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            return None if is_left_out_folder(entry.name) else self._inner_folder(folder, entry.name, path, depth)
        if is_left_out_file(entry.name):
            return None
        if stat.S_ISLNK(status.st_mode):
            return self._link(folder.read_link(entry.name), path)
        if not stat.S_ISREG(status.st_mode):
            raise _LeftOut("it is a pipe, socket or device")
        self._count(status.st_size)
        return SeenFile(stat.S_IMODE(status.st_mode) & 0o777, status.st_size, stamp(status))

    def _inner_folder(self, folder: Folder, name: str, path: str, depth: int) -> SeenFolder:
        if depth == 0:
            raise _LeftOut(f"it is more than {MAX_DEPTH} folders deep")
        with folder.child(name) as inner:
            return self.folder(inner, path + "/", depth - 1)

    def _count(self, size: int) -> None:
        self._files += 1
        self._bytes += size
        if self._files > MAX_FILES:
            raise TooLarge(
                f"The workspace {self._root} has more than {MAX_FILES:,} files; open a smaller folder of it as the workspace."
            )
        if self._bytes > MAX_BYTES:
            raise TooLarge(
                f"The workspace {self._root} holds more than {MAX_BYTES // 1024**3} GiB; "
                "open a smaller folder of it as the workspace, or move large data out of it."
            )

    def _link(self, target: str, path: str) -> SeenLink:
        """Kept as it is if no step of it leaves the root, else rewritten; left out if it leads outside."""
        parent = (self._root / path).parent
        try:
            inside = Path(os.path.realpath(parent / target)).relative_to(self._root)
        except (ValueError, OSError):
            raise _LeftOut("it is a link out of the workspace") from None
        lexical = os.path.normpath(os.path.join(os.path.dirname(path), target))
        if os.path.isabs(target) or lexical.split(os.sep)[0] == "..":
            target = os.path.relpath(self._root / inside, parent)
        return SeenLink(target)
