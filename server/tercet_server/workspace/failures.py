"""Turns the system's errors about files into Tercet's, with a sentence that names the path and says what to do next."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from tercet_shared.errors import DiskFull, EditRefused, NotWritable, TercetError, WorkspaceGone

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NOT_WHAT_IT_WAS = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.ENAMETOOLONG})


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Around what writes `path`: no OSError gets out."""
    try:
        yield
    except OSError as error:
        raise _writing_failed(path, error) from error


def _writing_failed(path: str, error: OSError) -> TercetError:
    if error.errno in NO_ROOM:
        return DiskFull(f"There is no room left to write {path}; free some space and try again.", path=path)
    if error.errno == errno.EROFS:
        return NotWritable(f"{path} is on a read-only file system; make it writable and try again.", path=path)
    if error.errno in NOT_WHAT_IT_WAS:
        return EditRefused(
            f"{path} cannot be written: a folder on its way is a link or no folder, or its name does not fit here.",
            path=path,
        )
    if error.errno == errno.ENOENT:
        return WorkspaceGone(f"The folder of {path} has vanished; put it back or open the workspace anew.", path=path)
    return NotWritable(
        f"{path} cannot be written ({error.strerror}); check the permissions of the file and its folder.", path=path
    )
