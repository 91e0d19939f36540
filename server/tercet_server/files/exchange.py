"""Two entries of a folder exchange their names in one step, where the system can: nothing is overwritten unseen.

Linux has renameat2(2) with RENAME_EXCHANGE, macOS renameatx_np(2) with RENAME_SWAP; Python offers neither.
"""

import ctypes
import errno
import os
import sys
from functools import cache

_FUNCTIONS = {"linux": "renameat2", "darwin": "renameatx_np"}
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS."""

UNABLE = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Error numbers that say that the system or this file system has no such thing."""


def exchange(folder: int, name: str, other: str) -> None:
    """`folder` is an open folder's descriptor. Raises OSError, with a number in `UNABLE` where this does not exist."""
    function = _function()
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), other)
    if function(folder, os.fsencode(name), folder, os.fsencode(other), _EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), other)


@cache
def _function() -> "ctypes._NamedFuncPointer | None":
    name = _FUNCTIONS.get(sys.platform)
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None) if name else None
    if function is not None:
        function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return function
