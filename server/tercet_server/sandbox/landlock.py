"""Landlock, the kernel's sandbox for files, TCP and signals (landlock(7)), by its system calls. Standard library only.

Used by the daemon to ask for the kernel's version, and loaded by the supervisor from its path to restrict a child.
"""

import ctypes
import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
BIND_TCP_AND_CONNECT_TCP = 3
SCOPE_ABSTRACT_UNIX_SOCKET, SCOPE_SIGNAL = 1, 2

READ = EXECUTE | READ_FILE | READ_DIR
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
SIGNALS_SINCE_ABI = 6
TRUNCATE_SINCE_ABI = 3
NETWORK_SINCE_ABI = 4


def kernel_abi() -> int:
    """The version of Landlock that the running kernel has; 0 if none (or it is switched off)."""
    if sys.platform != "linux":
        return 0
    version: int = _libc().syscall(CREATE_RULESET, None, ctypes.c_size_t(0), CREATE_RULESET_VERSION)
    return max(0, version)


def scope_signals(abi: int) -> None:
    """From now on signals of this process reach only itself and what it starts. Needs no_new_privs, like `restrict`."""
    if abi >= SIGNALS_SINCE_ABI:
        _enforce(_ruleset(abi, 0, 0, SCOPE_SIGNAL))


def restrict(abi: int, read: Sequence[str], write: Sequence[str], devices: Sequence[str], network: bool) -> None:
    """Leaves this process and all it starts nothing but `read` (and run), `write` and `devices`, and no TCP or signals out."""
    handled = (1 << 13) - 1
    handled |= REFER if abi >= 2 else 0
    handled |= TRUNCATE if abi >= TRUNCATE_SINCE_ABI else 0
    handled |= IOCTL_DEV if abi >= 5 else 0
    tcp = BIND_TCP_AND_CONNECT_TCP if abi >= NETWORK_SINCE_ABI and not network else 0
    scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL if abi >= SIGNALS_SINCE_ABI else 0
    ruleset = _ruleset(abi, handled, tcp, scoped)
    for paths, access in (
        (read, READ),
        (write, handled & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV)),
        (devices, READ_FILE | WRITE_FILE),
    ):
        for path in paths:
            with suppress(FileNotFoundError):
                _allow(ruleset, path, access & handled)
    _enforce(ruleset)


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _ruleset(abi: int, files: int, network: int, scoped: int) -> int:
    attributes = _RulesetAttributes(files, network, scoped)
    size = 8 if abi < NETWORK_SINCE_ABI else 16 if abi < SIGNALS_SINCE_ABI else 24
    return _checked(_libc().syscall(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0))


def _allow(ruleset: int, path: str, access: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            access &= FOR_FILES
        rule = _PathBeneath(access, parent)
        _checked(_libc().syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(parent)


def _enforce(ruleset: int) -> None:
    _checked(_libc().syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "Landlock")
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
