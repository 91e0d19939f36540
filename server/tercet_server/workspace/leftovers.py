"""Places for private copies that a killed daemon cannot leave behind for good.

Each place is held by a lock on a file beside it, which the system releases however the process ends; a place whose lock is
free has no owner any more. (A process id in a file could by then be somebody else's.)
"""

import logging
import os
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tercet_server.files.folders import Folder
from tercet_server.workspace.trash import Trash

LOG = logging.getLogger(__name__)

TRASH = "trash"
"""The part of a place where what is being removed lies."""

_LOCK = ".lock"


@dataclass(frozen=True)
class Place:
    """A folder of one owner. What hostile code may write lies in a folder inside it, never at its top."""

    path: Path
    lock: BinaryIO


def take_place(places: Path) -> Place:
    """A new, empty place. Others may pass through it (a sandbox may run as another user) but not list it."""
    places.mkdir(parents=True, exist_ok=True, mode=0o711)
    path = places / secrets.token_hex(8)
    while (lock := _held(_lock_of(path))) is None:  # a sweep of another process was quicker to take it
        path = places / secrets.token_hex(8)
    path.mkdir(mode=0o711)
    (path / TRASH).mkdir(mode=0o700)
    return Place(path, lock)


def give_back(place: Place) -> None:
    """Removes a place with all that is in it. Raises OSError if that fails; the next sweep tries again."""
    try:
        _remove(place.path)
        _lock_of(place.path).unlink(missing_ok=True)
    finally:
        place.lock.close()


def sweep(places: Path) -> int:
    """Removes the places without an owner. Returns how many; one that resists is logged and tried again next time."""
    swept = 0
    if not places.is_dir():
        return swept
    for name in sorted({path.name.removesuffix(_LOCK) for path in places.iterdir()}):
        try:
            lock = _held(places / (name + _LOCK))
            if lock is not None:
                give_back(Place(places / name, lock))
                swept += 1
        except OSError as error:
            LOG.warning("the left-over private copy %s cannot be removed: %s", name, error)
    return swept


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError), Folder.open(path) as folder:
        with suppress(FileExistsError):
            folder.make_folder(TRASH, 0o700)
        with folder.child(TRASH) as trash_folder:
            trash = Trash(trash_folder)
            for entry in [*trash_folder.entries()]:
                trash.throw(trash_folder, entry.name)
            for entry in folder.entries():
                if entry.name != TRASH:
                    trash.throw(folder, entry.name)
        folder.remove_folder(TRASH)
    with suppress(FileNotFoundError):
        path.rmdir()


def _lock_of(path: Path) -> Path:
    return path.with_name(path.name + _LOCK)


def _held(path: Path) -> BinaryIO | None:
    """The lock file, locked; None if another process, or another copy of this one, holds it."""
    file = path.open("ab")
    if _lock(file) and _is_still(file, path):
        return file
    file.close()
    return None


def _is_still(file: BinaryIO, path: Path) -> bool:
    """Whether nobody has removed the file between its opening and its locking."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _lock(file: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  # Windows alone has it

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415  # Windows has it not

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
