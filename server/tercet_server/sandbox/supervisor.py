"""The program that stands between the daemon and one sandboxed command where there are no namespaces.

Run as `python -I -S supervisor.py FD`, standard library only, never imported by what it runs. It reads its orders as one
line of JSON from the socket FD, confines a child (landlock.py lies beside it), runs the command, and adopts whatever the
command leaves behind. When the command ends, or the socket does (the daemon wants it, or is dead), it kills the whole
tree and waits until all of it is gone. Its own signals cannot leave its Landlock domain (Linux 6.12), so that one
kill(-1) ends the tree at a stroke; nothing in the tree can signal it, trace it, or get out of its sight.
"""

import base64
import ctypes
import importlib.util
import json
import os
import resource
import select
import signal
import socket
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Orders = dict[str, Any]

PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 36, 38, 22
PR_CAPBSET_DROP, PR_SET_SECUREBITS = 24, 28
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 47, 2, 4
SECCOMP_MODE_FILTER = 2
SECUREBITS_NO_FIXUP = 0x0C
"""To become another user takes no capability away, nor does access(2) ignore them; that cannot be changed back."""
SECUREBITS_LOCKED = 0xEF
"""Being root grants no capability, and that cannot be changed back."""
LINUX_CAPABILITY_VERSION_3 = 0x20080522
MAX_SWEEPS = 1000
LINUX = sys.platform == "linux"


def main(control: socket.socket) -> None:
    with control.makefile("rb") as orders_file:
        line = orders_file.readline()
    if not line:
        return  # the daemon died, or gave up, before it had given orders
    orders = json.loads(line)
    wakeup = _wake_on_children()
    try:
        command_pid = _start(orders, control)
    except OSError as error:
        _say(control, {"failed": f"{error.strerror or error}: {error.filename or orders['command'][0]}"})
        return
    _say(control, {"started": True})
    _forget_streams()
    status = _watch(command_pid, control, wakeup)
    _end_tree(orders)
    _say(control, {"status": status})


def _say(control: socket.socket, message: "Orders") -> None:
    with suppress(OSError):  # nobody may be left to listen
        control.sendall(json.dumps(message).encode() + b"\n")


def _wake_on_children() -> int:
    """A descriptor that becomes readable when a child has ended."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    os.set_blocking(reader, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    return reader


def _start(orders: "Orders", control: socket.socket) -> int:
    """Starts the command confined; raises the OSError that kept it from starting."""
    if LINUX:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
    if orders["landlock"]:
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
        _landlock().scope_signals(orders["landlock"]["abi"])
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _become_the_command(orders, control, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as trouble:
        message = trouble.read()
    if message:
        number, _, name = message.decode("utf-8", "surrogateescape").partition(" ")
        raise OSError(int(number), os.strerror(int(number)), name)
    return pid


def _become_the_command(orders: "Orders", control: socket.socket, trouble: int) -> None:
    """In the child: never returns."""
    command = orders["command"]
    try:
        os.setsid()
        control.close()
        _confine(orders)
        os.execvpe(command[0], command, orders["environment"])  # noqa: S606  # an argument list, no shell
    except OSError as error:
        os.write(trouble, f"{error.errno or 5} {error.filename or command[0]}".encode("utf-8", "surrogateescape"))
    finally:
        os._exit(127)


def _confine(orders: "Orders") -> None:
    """Everything is given up in the order in which giving it up is still possible."""
    for path in orders["join"]:
        with open(path, "w", encoding="ascii") as file:
            file.write("0")
    if LINUX:
        with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("800")  # short of memory, the system kills this before the user's own programs
    for name, value in orders["rlimits"].items():
        _limit(getattr(resource, name), value)
    if orders["identity"]:
        uid, gid = orders["identity"]
        if orders["capabilities"]:
            _prctl(PR_SET_SECUREBITS, SECUREBITS_NO_FIXUP)
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        if orders["capabilities"]:
            _keep_capabilities(orders["capabilities"])
    if orders["landlock"]:
        if os.geteuid() == 0:
            _drop_capabilities()
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
        _landlock().restrict(**orders["landlock"])
    os.chdir(orders["cwd"])
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if orders["seccomp"]:
        _install_filter(base64.b64decode(orders["seccomp"]))


def _limit(kind: int, value: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    grace = 1 if kind == resource.RLIMIT_CPU and value != hard else 0  # SIGXCPU first, then SIGKILL
    with suppress(ValueError, OSError):  # macOS refuses some
        resource.setrlimit(kind, (value, value + grace))


def _forget_streams() -> None:
    """The command's pipes must end when its processes do."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)


def _watch(command_pid: int, control: socket.socket, wakeup: int) -> int | None:
    """Waits for the end of the command (its exit code, or a signal's number below zero), or of the daemon's wish (None)."""
    poll = select.poll()
    poll.register(wakeup, select.POLLIN)
    poll.register(control, select.POLLIN | select.POLLHUP)
    while True:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == command_pid:
                    return os.waitstatus_to_exitcode(ended[1])
        ready = {descriptor for descriptor, _event in poll.poll()}
        if control.fileno() in ready:
            return None
        with suppress(BlockingIOError):
            os.read(wakeup, 4096)


def _end_tree(orders: "Orders") -> None:
    """Kills until there is no descendant left. Adopted ones are children too, so the last wait finds all of them."""
    scoped = bool(orders["landlock"]) and orders["landlock"]["abi"] >= 6
    if not scoped:
        _stop_all()
    poll = select.poll()
    while True:
        with suppress(ProcessLookupError, PermissionError):
            if scoped:
                os.kill(-1, signal.SIGKILL)
            else:
                _signal_each(signal.SIGKILL)
        try:
            while os.waitpid(-1, 0 if scoped else os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        poll.poll(2)


def _stop_all() -> None:
    """Stops first what would fork while it is killed one by one: the stopped use up what RLIMIT_NPROC lets them fork."""
    before: set[int] = set()
    for _ in range(MAX_SWEEPS):
        now = _signal_each(signal.SIGSTOP)
        if now == before:
            return
        before = now


def _signal_each(number: int) -> set[int]:
    """One sweep over the tree; what is forked meanwhile is met by the next."""
    met = set()
    waiting = [os.getpid()]
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                    waiting += map(int, file.read().split())
        if pid != os.getpid():
            met.add(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    return met


# -- what Python's os module lacks --------------------------------------------------------------------------------


def _prctl(*arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:5]]
    if libc.prctl(*padded) != 0:
        raise OSError(ctypes.get_errno(), "prctl " + os.strerror(ctypes.get_errno()))


def _drop_capabilities() -> None:
    """All of them, for good: what is left of root is the ownership of its files."""
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        last = int(file.read())
    for capability in range(last + 1):
        _prctl(PR_CAPBSET_DROP, capability)
    with suppress(OSError):
        _prctl(PR_SET_SECUREBITS, SECUREBITS_LOCKED)
    _set_capabilities(())


def _keep_capabilities(kept: "list[int]") -> None:
    """These and no others, in the command that is executed too; files that grant more do not (no_new_privs)."""
    _set_capabilities(kept)
    for capability in kept:
        _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _set_capabilities(kept: "list[int] | tuple[()]") -> None:
    """Effective, permitted and inheritable ones; numbers below 32."""
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    mask = sum(1 << capability for capability in kept)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask)) != 0:
        raise OSError(ctypes.get_errno(), "capset")


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _install_filter(bpf: bytes) -> None:
    program = _FilterProgram(len(bpf) // 8, bpf)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def _landlock() -> "Any":
    """The module beside this one: an isolated interpreter finds it by its path alone."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "landlock.py")
    spec = importlib.util.spec_from_file_location("landlock", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
