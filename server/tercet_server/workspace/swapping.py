"""Puts a prepared file in the place of another without losing what somebody saves there in that very moment."""

from dataclasses import dataclass

from tercet_server.files.exchange import UNABLE
from tercet_server.files.folders import Folder


def swap(folder: Folder, prepared: str, name: str, expected: bytes) -> bool:
    """Puts `prepared` at `name` if `expected` stands there; what stood there then has the name `prepared`, or is gone.

    False if something else stood there: then that stands there again, or whatever was saved yet later. Raises OSError.
    Where names cannot be exchanged, `prepared` is renamed over `name`, and the caller has looked just before.
    """
    put = _Entry.at(folder, prepared)
    try:
        folder.exchange(prepared, name)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in UNABLE:
            raise
        folder.replace(prepared, folder, name)
        return True
    displaced = _Entry.at(folder, prepared)
    if displaced.content == expected:
        return True
    while True:  # until what comes out is what was put in: nothing newer has come between
        folder.exchange(prepared, name)
        came_out = _Entry.at(folder, prepared)
        if came_out == put:
            return False
        put, displaced = displaced, came_out


@dataclass(frozen=True)
class _Entry:
    """What stands under a name: which entry, and its content (None: no file that can be read)."""

    device: int
    inode: int
    content: bytes | None

    @classmethod
    def at(cls, folder: Folder, name: str) -> "_Entry":
        status = folder.stat(name)
        try:
            with folder.read(name) as file:
                content = file.read()
        except OSError:
            content = None
        return cls(status.st_dev, status.st_ino, content)
