"""Reads what the kernel has counted of one container: memory, processes, and the limits that it enforced. Versions 1 and 2.

Blocking, but short: called from the watchdog's thread.
"""

from contextlib import suppress
from pathlib import Path

from tercet_server.ports import Ending

ROOT = Path("/sys/fs/cgroup")


class ControlGroup:
    """The control group of a container whose first process is `pid` on this machine; `own` of its processes are not counted."""

    def __init__(self, pid: int, most_processes: int, own: int) -> None:
        """Raises OSError if the process is not here: the engine runs on another machine, a virtual one perhaps."""
        self._most_processes = most_processes
        self._own = own
        self._memory, self._pids = _folders(pid)

    def exceeded(self) -> Ending | None:
        """As `watchdog.Account` says."""
        if _counter(self._memory / "memory.events", "oom_kill") or _counter(
            self._memory / "memory.oom_control", "oom_kill"
        ):
            return Ending.MEMORY
        if self.processes() > self._most_processes or _counter(self._pids / "pids.events", "max"):
            return Ending.PROCESSES
        return None

    def processes(self) -> int:
        """Those that run commands started."""
        with suppress(OSError):
            return max(0, len((self._pids / "cgroup.procs").read_text("ascii").split()) - self._own)
        return 0


def _folders(pid: int) -> tuple[Path, Path]:
    """Where memory and processes are counted."""
    places = {}
    for line in Path(f"/proc/{pid}/cgroup").read_text("utf-8").splitlines():
        _number, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            places[controller] = path.lstrip("/")
    if "memory" in places and "pids" in places:
        return ROOT / "memory" / places["memory"], ROOT / "pids" / places["pids"]
    unified = ROOT / places[""]
    return unified, unified


def _counter(file: Path, name: str) -> int:
    with suppress(OSError):
        for line in file.read_text("ascii").splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
    return 0
