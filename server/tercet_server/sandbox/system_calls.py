"""The system calls that sandboxed code may not make, as data. What turns them into a filter is `seccomp`.

A list of refusals on top of the namespaces, containers or Landlock, not the fence itself.
"""

import errno
import socket
import stat
from dataclasses import dataclass
from os import O_CREAT

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


@dataclass(frozen=True)
class Condition:
    """On a call's argument: `operator` is libseccomp's name, `mask` is for MASKED_EQ."""

    argument: int
    operator: str
    value: int
    mask: int | None = None


@dataclass(frozen=True)
class Rule:
    """A call that is not made but answered by `error`, if all conditions hold. 0 pretends that it succeeded."""

    call: str
    error: int
    conditions: tuple[Condition, ...] = ()


def rules(shared_host: SharedHost | None = None) -> list[Rule]:
    """Everything that is refused; `shared_host` for a sandbox without namespaces."""
    refused = _Refusals()
    refused.refuse(*REFUSED)
    refused.answer(errno.ENOSYS, *MISSING)
    for flag in NEW_NAMESPACES:
        refused.refuse_if("clone", _masked(0, flag, flag))
    _refuse_set_id_files(refused)
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):  # a pair of these can be led to any other socket afterwards
        refused.refuse_if("socketpair", _masked(1, SOCKET_KIND, kind))
    refused.refuse_if("ioctl", _masked(1, 0xFFFF_FFFF, 0x5412))  # TIOCSTI types into a terminal
    if shared_host is not None:
        _refuse_reaching_out(refused, shared_host)
    else:
        for family in (socket.AF_UNIX, AF_VSOCK):
            refused.refuse_if("socket", _masked(0, 0xFFFF_FFFF, family))
    return refused.rules


class _Refusals:
    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def refuse(self, *calls: str) -> None:
        self.answer(errno.EPERM, *calls)

    def answer(self, error: int, *calls: str) -> None:
        self.rules += [Rule(call, error) for call in calls]

    def refuse_if(self, call: str, *conditions: Condition) -> None:
        self.rules.append(Rule(call, errno.EPERM, conditions))


def _masked(argument: int, mask: int, value: int) -> Condition:
    return Condition(argument, "MASKED_EQ", value, mask)


def _refuse_set_id_files(refused: _Refusals) -> None:
    """No file gets a set-uid or set-gid bit that would work outside the sandbox, where the working copy is a plain folder."""
    mode_arguments = {"mkdir": 1, "mkdirat": 2, "mknod": 1, "mknodat": 2, "creat": 1, "chmod": 1, "fchmod": 1}
    for bit in (stat.S_ISUID, stat.S_ISGID):
        for call, number in {**mode_arguments, "fchmodat": 2}.items():
            refused.refuse_if(call, _masked(number, bit, bit))
        for call, flags in {"open": 1, "openat": 2}.items():
            creates = _masked(flags, O_CREAT, O_CREAT)
            refused.refuse_if(call, creates, _masked(flags + 1, bit, bit))


def _refuse_reaching_out(refused: _Refusals, host: SharedHost) -> None:
    """Landlock governs neither attributes of files nor other processes' limits and priorities, nor pathname sockets.

    Modes and times pretend to be set, for copying files (shutil.copy2) fails otherwise.
    """
    if host.network:
        for family in set(range(socket.AF_INET6)) - {socket.AF_INET}:
            refused.refuse_if("socket", Condition(0, "EQ", family))  # AF_UNIX above all: the host's daemons
        refused.refuse_if("socket", Condition(0, "GT", socket.AF_INET6))
    else:
        refused.refuse("socket")
    refused.refuse(*OTHERS_IPC)
    refused.answer(0, *CHANGES_ATTRIBUTES)
    refused.answer(errno.EOPNOTSUPP, *OWNERS_AND_XATTRS)
    for call in ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"):
        refused.refuse_if(call, Condition(0, "NE", 0))
    for call in ("setpriority", "ioprio_set"):
        refused.refuse_if(call, Condition(1, "NE", 0))
    refused.refuse_if("setpriority", Condition(0, "NE", 0))
    refused.refuse_if("ioprio_set", Condition(0, "NE", 1))
    if not host.truncate_handled:
        refused.refuse("truncate")
    if not host.signals_scoped:
        _protect(refused, host.supervisor_pid)


def _protect(refused: _Refusals, supervisor_pid: int) -> None:
    refused.refuse("pidfd_send_signal")
    for call in SIGNALS:
        for target in (supervisor_pid, -supervisor_pid, -1):
            refused.refuse_if(call, _masked(0, 0xFFFF_FFFF, target & 0xFFFF_FFFF))
