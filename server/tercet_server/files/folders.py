"""Folders held open by handle, whose entries are reached by single names: no symlink on the way is ever followed.

What hostile code, or anybody, swaps for a symlink between two steps raises an OSError instead of leading elsewhere. Where a
system has no such handles (Windows), paths are joined instead, and symlinks are refused by looking first.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from tercet_server.files.exchange import exchange

HAS_HANDLES = os.open in os.supports_dir_fd and os.scandir in os.supports_fd

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
_NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a named pipe would wait for its other end
_BINARY = getattr(os, "O_BINARY", 0)


class Folder:
    """An open folder. A context manager; its methods take names of entries, never paths with separators."""

    def __init__(self, path: str, handle: int | None) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def open(cls, path: Path) -> "Folder":
        """The folder at a path that is trusted as a whole (a resolved root, a folder of our own)."""
        return cls._opened(str(path), None, str(path))

    def child(self, name: str) -> "Folder":
        """Raises OSError (ENOTDIR, ELOOP) if `name` is not itself a folder."""
        return self._opened(self._where(name), self._handle, os.path.join(self.path, name))

    @classmethod
    def _opened(cls, where: str, beside: int | None, path: str) -> "Folder":
        if not HAS_HANDLES:
            if not stat.S_ISDIR(os.lstat(where).st_mode):
                raise NotADirectoryError(20, "Not a directory", path)
            return cls(path, None)
        flags = os.O_RDONLY | os.O_DIRECTORY | _NO_FOLLOW | _CLOSE_ON_EXEC
        return cls(path, os.open(where, flags, dir_fd=beside))

    def entries(self) -> list[os.DirEntry[str]]:
        """In no order; `entry.stat(follow_symlinks=False)` is by handle too while the folder is open."""
        with os.scandir(self.path if self._handle is None else self._handle) as found:
            return list(found)

    def stat(self, name: str) -> os.stat_result:
        """Of the entry itself, be it a symlink."""
        return os.stat(self._where(name), dir_fd=self._handle, follow_symlinks=False)

    def own_stat(self) -> os.stat_result:
        return os.stat(self.path if self._handle is None else self._handle)

    def read(self, name: str) -> BinaryIO:
        """A regular file, opened for reading. Raises OSError for anything else."""
        return self._file(name, os.O_RDONLY | _NEVER_WAIT, 0)

    def check_writable(self, name: str) -> None:
        """Raises OSError unless the file may be written; a rename over it would not ask for that."""
        flags = os.O_WRONLY | _NO_FOLLOW | _CLOSE_ON_EXEC | _NEVER_WAIT
        os.close(os.open(self._where(name), flags, dir_fd=self._handle))

    def create(self, name: str, mode: int = 0o600) -> BinaryIO:
        """A new file, opened for writing. Raises FileExistsError."""
        return self._file(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def _file(self, name: str, flags: int, mode: int) -> BinaryIO:
        flags |= _NO_FOLLOW | _CLOSE_ON_EXEC | _BINARY
        descriptor = os.open(self._where(name), flags, mode, dir_fd=self._handle)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(22, "not a regular file", os.path.join(self.path, name))
            return os.fdopen(descriptor, "r+b" if flags & os.O_RDWR else "rb")
        except BaseException:
            os.close(descriptor)
            raise

    def make_folder(self, name: str, mode: int = 0o777) -> None:
        os.mkdir(self._where(name), mode, dir_fd=self._handle)

    def make_link(self, name: str, target: str) -> None:
        os.symlink(target, self._where(name), dir_fd=self._handle)

    def read_link(self, name: str) -> str:
        return os.readlink(self._where(name), dir_fd=self._handle)

    def remove_file(self, name: str) -> None:
        """Anything but a folder; of a symlink the link itself."""
        os.unlink(self._where(name), dir_fd=self._handle)

    def remove_folder(self, name: str) -> None:
        """An empty one."""
        os.rmdir(self._where(name), dir_fd=self._handle)

    def replace(self, name: str, into: "Folder", new_name: str) -> None:
        """Renames, over what stands there."""
        os.replace(self._where(name), into._where(new_name), src_dir_fd=self._handle, dst_dir_fd=into._handle)

    def exchange(self, name: str, other: str) -> None:
        """Two entries change places in one step. Raises OSError, one of `exchange.UNABLE` where there is no such thing."""
        if self._handle is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), other)
        exchange(self._handle, self._where(name), self._where(other))

    def hard_link(self, name: str, new_name: str) -> None:
        """A second name for a file. Raises FileExistsError, or another OSError where the file system has no such thing."""
        where, new = self._where(name), self._where(new_name)
        follow = os.link not in os.supports_follow_symlinks
        os.link(where, new, src_dir_fd=self._handle, dst_dir_fd=self._handle, follow_symlinks=follow)

    def allow_access(self, name: str, mode: int = 0o700) -> None:
        """Sets the mode of an entry that need not be readable; a symlink's target is left alone."""
        if hasattr(os, "O_PATH"):
            flags = os.O_PATH | _NO_FOLLOW | _CLOSE_ON_EXEC
            descriptor = os.open(self._where(name), flags, dir_fd=self._handle)
            try:
                if not stat.S_ISLNK(os.fstat(descriptor).st_mode):
                    os.chmod(f"/proc/self/fd/{descriptor}", mode)
            finally:
                os.close(descriptor)
        elif os.chmod in os.supports_follow_symlinks:
            os.chmod(self._where(name), mode, dir_fd=self._handle, follow_symlinks=False)
        else:
            os.chmod(self._where(name), mode)

    def set_own(self, mode: int, owner: tuple[int, int] | None) -> None:
        """Sets the folder's own mode, whatever the umask was, and its owner (user, group) where one is given."""
        place = self.path if self._handle is None else self._handle
        if owner is not None:
            os.chown(place, *owner)
        os.chmod(place, mode)

    def sync(self) -> None:
        """Makes renames in the folder durable, where the system can."""
        if self._handle is not None:
            os.fsync(self._handle)

    def _where(self, name: str) -> str:
        if name in ("", ".", "..") or "/" in name or os.sep in name:
            raise ValueError(f"not the name of an entry: {name!r}")
        return os.path.join(self.path, name) if self._handle is None else name

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> "Folder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def folder_of(root: Path, path: str, *, create: bool = False) -> Iterator[tuple[Folder, str]]:
    """The folder that holds the file at `path` (relative, forward slashes) below `root`, and the file's name in it.

    With `create`, folders that are missing are made.
    """
    *parents, name = path.split("/")
    folder = Folder.open(root)
    try:
        for parent in parents:
            if create:
                with suppress(FileExistsError):
                    folder.make_folder(parent)
            inner = folder.child(parent)
            folder.close()
            folder = inner
        yield folder, name
    finally:
        folder.close()
