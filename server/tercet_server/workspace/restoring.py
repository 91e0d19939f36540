"""Puts a private copy back to its base, whatever the code that ran in it has done, touching only what differs.

Everything goes by handle: a folder that was swapped for a link is replaced, never entered.
"""

import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass

from tercet_server.files.folders import Folder
from tercet_server.files.stamps import stamp
from tercet_server.workspace.base import BaseFile, BaseFolder, BaseLink, Contents, sha256_of
from tercet_server.workspace.copying import new_file
from tercet_server.workspace.trash import Trash


@dataclass(frozen=True)
class Restoring:
    contents: Contents
    trash: Trash
    owner: tuple[int, int] | None
    """Who shall own what is written anew (user, group), where the daemon may choose."""

    def folder(self, folder: Folder, base: BaseFolder) -> None:
        """Restores a folder's entries; its own mode is the caller's to restore. Raises OSError if it cannot be written."""
        left: set[str] = set()
        for entry in folder.entries():
            expected = base.children.get(entry.name)
            if expected is not None and self._is(folder, entry.name, expected):
                left.add(entry.name)
            else:
                self.trash.throw(folder, entry.name)
        for name, expected in base.children.items():
            if name not in left:
                self._make(folder, name, expected)
            if isinstance(expected, BaseFolder):
                with folder.child(name) as inner:
                    self.folder(inner, expected)

    def _is(self, folder: Folder, name: str, expected: BaseFile | BaseLink | BaseFolder) -> bool:
        """Whether the entry is as it was; of a folder only the folder itself, with its mode put right."""
        status = folder.stat(name)
        if isinstance(expected, BaseLink):
            return stat.S_ISLNK(status.st_mode) and folder.read_link(name) == expected.target
        if isinstance(expected, BaseFile):
            return stat.S_ISREG(status.st_mode) and self._is_unchanged(folder, name, expected, status)
        if not stat.S_ISDIR(status.st_mode):
            return False
        if os.name == "posix" and stat.S_IMODE(status.st_mode) != expected.mode:
            folder.allow_access(name, expected.mode)
        return True

    def _is_unchanged(self, folder: Folder, name: str, expected: BaseFile, status: os.stat_result) -> bool:
        now = stamp(status)
        if now is not None and now == expected.copied:
            return True
        if status.st_nlink != 1 or status.st_size != expected.size:
            return False
        if os.name == "posix" and stat.S_IMODE(status.st_mode) != expected.mode:
            return False
        try:
            with folder.read(name) as file:
                if sha256_of(file) != expected.sha256:
                    return False
        except PermissionError:
            return False
        expected.copied = now
        return True

    def _make(self, folder: Folder, name: str, expected: BaseFile | BaseLink | BaseFolder) -> None:
        if isinstance(expected, BaseFile):
            content = self.contents.chunks(expected.sha256)
            expected.copied = new_file(folder, name, expected.mode, lambda file: file.writelines(content), self.owner)
        elif isinstance(expected, BaseLink):
            folder.make_link(name, expected.target)
        else:
            make_folder(folder, name, expected.mode, self.owner)

    def replace(self, root: Folder, path: str, mode: int, content: bytes) -> None:
        """Puts a file with `content` at `path`, whatever stands there or on the way."""
        *parents, name = path.split("/")
        with ExitStack() as opened:
            folder = root
            for parent in parents:
                if not self._is_folder(folder, parent):
                    self.trash.throw(folder, parent)
                    make_folder(folder, parent, 0o755, self.owner)
                folder = opened.enter_context(folder.child(parent))
            self.trash.throw(folder, name)
            new_file(folder, name, mode, lambda file: file.write(content), self.owner)

    def _is_folder(self, folder: Folder, name: str) -> bool:
        try:
            return stat.S_ISDIR(folder.stat(name).st_mode)
        except FileNotFoundError:
            return False


def make_folder(folder: Folder, name: str, mode: int, owner: tuple[int, int] | None) -> None:
    """Makes a folder with this mode, whatever the umask."""
    folder.make_folder(name, mode)
    with folder.child(name) as made:
        made.set_own(mode, owner)
