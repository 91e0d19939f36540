"""Removes what hostile code has left: folders nested thousands deep, modes that forbid everything, links to elsewhere.

Every folder is moved up into one flat place before its entries are looked at, so neither depth nor paths ever matter.
"""

import os
import stat

from tercet_server.files.folders import Folder


class Trash:
    """A folder of our own on the same file system as what is thrown into it."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._count = 0

    def throw(self, folder: Folder, name: str) -> None:
        """Removes the entry `name` of `folder` and all below it; links are removed, never followed."""
        for each in self._emptied(folder, name):
            self._folder.remove_folder(each)

    def _emptied(self, folder: Folder, name: str) -> list[str]:
        """Moves and removes until only empty folders are left, flat in the trash."""
        taken = [each] if (each := self._take(folder, name)) else []
        for inner_name in taken:  # grows while it is walked
            with self._opened(inner_name) as inner:
                moved = [self._take(inner, entry.name) for entry in inner.entries()]
                taken += filter(None, moved)
        return taken

    def _take(self, folder: Folder, name: str) -> str | None:
        """Removes anything but a folder; a folder is moved here and its new name returned."""
        try:
            if not stat.S_ISDIR(folder.stat(name).st_mode):
                folder.remove_file(name)
                return None
            self._count += 1
            new_name = f"{os.getpid()}-{self._count}"
            try:
                folder.replace(name, self._folder, new_name)
            except PermissionError:  # moving a folder writes its "..", which its own mode can forbid
                folder.allow_access(name)
                folder.replace(name, self._folder, new_name)
            return new_name
        except FileNotFoundError:
            return None

    def _opened(self, name: str) -> Folder:
        self._folder.allow_access(name)
        return self._folder.child(name)
