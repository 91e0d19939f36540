"""The system calls that sandboxed code may not make, as filter programs (BPF) for the machine's own architecture.

A list of refusals on top of the namespaces or Landlock, not the fence itself. 32-bit programs cannot run at all: their
calls have other numbers. Importing pyseccomp loads libseccomp, so that happens on use. Blocking.
"""

import errno
import os
import socket
import stat
from dataclasses import dataclass
from typing import Any

REFUSED = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp", "perf_event_open"),
    *("add_key", "request_key", "keyctl", "bpf", "userfaultfd", "fanotify_init", "lookup_dcookie", "syslog", "acct"),
    *("mount", "umount2", "move_mount", "open_tree", "mount_setattr", "fsopen", "fsconfig", "fsmount", "fspick"),
    *("pivot_root", "chroot", "unshare", "setns", "open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff"),
    *("iopl", "ioperm", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname"),
    *("vhangup", "nfsservctl", "move_pages", "migrate_pages"),
)
MISSING = ("io_uring_setup", "io_uring_enter", "io_uring_register", "clone3", "openat2", "fchmodat2")
"""Answered as if the kernel did not know them, so that programs fall back on calls whose arguments a filter can read."""

NEW_NAMESPACES = (0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000)
"""CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}."""

SYSTEM_V_IPC = ("shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv")
OTHERS_IPC = (*SYSTEM_V_IPC, "msgctl", "mq_open", "mq_unlink")
CHANGES_ATTRIBUTES = ("chmod", "fchmod", "fchmodat", "utime", "utimes", "futimesat", "utimensat")
OWNERS_AND_XATTRS = (
    *("chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr"),
    "fremovexattr",
)
AF_VSOCK = 40
"""A virtual machine's way to its host, and like a Unix socket's path none that a network namespace closes."""
SOCKET_KIND = 0xF
"""The bits of a socket's type that are no flags."""
SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")


@dataclass(frozen=True)
class SharedHost:
    """What must be refused besides when processes, IPC and files of the host are in reach (no namespaces)."""

    supervisor_pid: int
    network: bool
    signals_scoped: bool
    """Landlock keeps signals inside (Linux 6.12); else at least the supervisor is out of their reach."""
    truncate_handled: bool
    """Landlock knows truncation (Linux 6.2)."""


def program(shared_host: SharedHost | None = None) -> bytes:
    """The filter as BPF. Raises RuntimeError or OSError if libseccomp is missing or fails."""
    import pyseccomp  # noqa: PLC0415  # loads libseccomp, looking for it with a subprocess

    rules = _Rules(pyseccomp)
    rules.refuse(*REFUSED)
    rules.answer(errno.ENOSYS, *MISSING)
    for flag in NEW_NAMESPACES:
        rules.refuse_if("clone", (0, "MASKED_EQ", flag, flag))
    _refuse_set_id_files(rules)
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):  # a pair of these can be led to any other socket afterwards
        rules.refuse_if("socketpair", (1, "MASKED_EQ", SOCKET_KIND, kind))
    rules.refuse_if("ioctl", (1, "MASKED_EQ", 0xFFFF_FFFF, 0x5412))  # TIOCSTI types into a terminal
    if shared_host is not None:
        _refuse_reaching_out(rules, shared_host)
    else:
        for family in (socket.AF_UNIX, AF_VSOCK):
            rules.refuse_if("socket", (0, "MASKED_EQ", 0xFFFF_FFFF, family))
    return rules.export()


class _Rules:
    """A filter that allows whatever no rule speaks of; calls that this architecture lacks are passed over."""

    def __init__(self, pyseccomp: Any) -> None:
        self._pyseccomp = pyseccomp
        self._filter = pyseccomp.SyscallFilter(pyseccomp.ALLOW)

    def refuse(self, *calls: str) -> None:
        self.answer(errno.EPERM, *calls)

    def answer(self, error: int, *calls: str) -> None:
        """Does not make the call; `error` 0 pretends that it succeeded."""
        for call in calls:
            self._add(error, call)

    def refuse_if(self, call: str, *conditions: tuple[int, str, int] | tuple[int, str, int, int]) -> None:
        """Refuses calls all of whose conditions hold: (argument's number, operator, datum, second datum)."""
        arguments = [
            self._pyseccomp.Arg(number, getattr(self._pyseccomp, operator), *data)
            for number, operator, *data in conditions
        ]
        self._add(errno.EPERM, call, *arguments)

    def export(self) -> bytes:
        with os.fdopen(os.memfd_create("seccomp"), "r+b", buffering=0) as file:
            self._filter.export_bpf(file)
            file.seek(0)
            return file.read()

    def _add(self, error: int, call: str, *arguments: Any) -> None:
        try:
            number = self._pyseccomp.resolve_syscall(self._pyseccomp.Arch.NATIVE, call)
        except (OSError, ValueError):
            return  # a libseccomp older than the call
        if number >= 0:
            self._filter.add_rule(self._pyseccomp.ERRNO(error), number, *arguments)


def _refuse_set_id_files(rules: _Rules) -> None:
    """No file gets a set-uid or set-gid bit that would work outside the sandbox, where the working copy is a plain folder."""
    mode_arguments = {"mkdir": 1, "mkdirat": 2, "mknod": 1, "mknodat": 2, "creat": 1, "chmod": 1, "fchmod": 1}
    for bit in (stat.S_ISUID, stat.S_ISGID):
        for call, number in {**mode_arguments, "fchmodat": 2}.items():
            rules.refuse_if(call, (number, "MASKED_EQ", bit, bit))
        for call, flags in {"open": 1, "openat": 2}.items():
            creates = (flags, "MASKED_EQ", os.O_CREAT, os.O_CREAT)
            rules.refuse_if(call, creates, (flags + 1, "MASKED_EQ", bit, bit))


def _refuse_reaching_out(rules: _Rules, host: SharedHost) -> None:
    """Landlock governs neither attributes of files nor other processes' limits and priorities, nor pathname sockets.

    Modes and times pretend to be set, for copying files (shutil.copy2) fails otherwise.
    """
    if host.network:
        for family in set(range(socket.AF_INET6)) - {socket.AF_INET}:
            rules.refuse_if("socket", (0, "EQ", family))  # AF_UNIX above all: the host's daemons
        rules.refuse_if("socket", (0, "GT", socket.AF_INET6))
    else:
        rules.refuse("socket")
    rules.refuse(*OTHERS_IPC)
    rules.answer(0, *CHANGES_ATTRIBUTES)
    rules.answer(errno.EOPNOTSUPP, *OWNERS_AND_XATTRS)
    for call in ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"):
        rules.refuse_if(call, (0, "NE", 0))
    for call in ("setpriority", "ioprio_set"):
        rules.refuse_if(call, (1, "NE", 0))
    rules.refuse_if("setpriority", (0, "NE", 0))
    rules.refuse_if("ioprio_set", (0, "NE", 1))
    if not host.truncate_handled:
        rules.refuse("truncate")
    if not host.signals_scoped:
        _protect(rules, host.supervisor_pid)


def _protect(rules: _Rules, supervisor_pid: int) -> None:
    rules.refuse("pidfd_send_signal")
    for call in SIGNALS:
        for target in (supervisor_pid, -supervisor_pid, -1):
            rules.refuse_if(call, (0, "MASKED_EQ", 0xFFFF_FFFF, target & 0xFFFF_FFFF))
