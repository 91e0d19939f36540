"""The back end without namespaces (Linux): Landlock, no_new_privs, seccomp, limits, and a supervisor that adopts all.

Weaker than namespaces, and it says so. Landlock governs which files can be opened and keeps TCP, abstract sockets,
signals and tracing inside; seccomp refuses sockets altogether (with `jail.network`: all but IP's), IPC shared with the
host, and other processes' priorities and limits. What remains different from namespaces:

- The copy cannot be mounted, so it stands where it is (`root_inside`), and a `.git` in it is not read-only.
- Names, sizes and times of files outside can be seen (not contents); so can host names and numbers of cores.
- Landlock does not know modes, times and owners of files: setting modes and times pretends to succeed and does nothing,
  setting owners and extended attributes is "not supported".
- There is no shared memory (/dev/shm holds other programs'), so multiprocessing's locks and queues fail; no /proc/self.
- Before Linux 6.12 signals to the user's other processes are not refused, except to the supervisor.

A daemon that is root becomes the owner of the copy; where that is root too, or where that user could not read the
interpreter, it becomes nobody who may still read and write files of others, held by Landlock (and only with scoped
signals). Where the daemon may not do that, root without any capability: RLIMIT_NPROC does not bind it then.
"""

import asyncio
import base64
import os
from collections.abc import Sequence
from pathlib import Path

from tercet_server.ports import Jail, Limits
from tercet_server.sandbox import landlock, scratch, seccomp
from tercet_server.sandbox.backend import Confined, TreeSandbox
from tercet_server.sandbox.environment import base_environment, readable_paths, system_paths, working_folder
from tercet_server.sandbox.identity import Identity, unprivileged_identity_for
from tercet_server.sandbox.supervised import Orders, Setting, resource_limits, start_supervised
from tercet_server.sandbox.system_calls import SharedHost
from tercet_server.sandbox.watchdog import Watchdog

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
KERNEL_FACTS = (
    *(
        "/etc/passwd",
        "/etc/group",
        "/proc/cpuinfo",
        "/proc/filesystems",
        "/proc/loadavg",
        "/proc/meminfo",
        "/proc/stat",
    ),
    *("/proc/sys/kernel/osrelease", "/proc/uptime", "/proc/version", "/sys/devices/system/cpu"),
)
"""Read by C libraries and interpreters; nothing in them is the user's."""

GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}
"""Git cannot read the host's settings, and would refuse a copy that belongs to root while nobody runs the code."""


class ProcessSandbox(TreeSandbox):
    """`abi` is the version of Landlock to use: at most the kernel's."""

    name = "process"
    isolation = "reduced"

    def __init__(self, watchdog: Watchdog, abi: int) -> None:
        super().__init__(watchdog)
        self._abi = abi

    def root_inside(self, jail: Jail) -> Path:
        return jail.writable

    async def _start(self, jail: Jail, command: Sequence[str], limits: Limits, cwd: str) -> Confined:
        identity = await asyncio.to_thread(unprivileged_identity_for, jail)
        folder = await asyncio.to_thread(scratch.make, identity)

        def orders(supervisor_pid: int) -> Orders:
            return self._orders(jail, command, limits, cwd, (folder, identity, supervisor_pid))

        return await start_supervised(orders, Setting(limits, self._watchdog, folder, (jail.writable, *jail.caches)))

    def _orders(
        self, jail: Jail, command: Sequence[str], limits: Limits, cwd: str, own: tuple[Path, Identity | None, int]
    ) -> Orders:
        """Blocking."""
        folder, identity, supervisor_pid = own
        home, temporary = str(folder / "home"), str(folder / "tmp")
        host = SharedHost(
            supervisor_pid,
            network=jail.network,
            signals_scoped=self._abi >= landlock.SIGNALS_SINCE_ABI,
            truncate_handled=self._abi >= landlock.TRUNCATE_SINCE_ABI,
        )
        return Orders(
            command=list(command),
            environment={**base_environment(home, temporary), **GIT, **jail.environment},
            cwd=str(working_folder(jail.writable, cwd)),
            rlimits=resource_limits(limits, identity.uid if identity else os.geteuid()),
            identity=(identity.uid, identity.gid) if identity else None,
            capabilities=sorted(identity.capabilities) if identity else (),
            landlock={
                "abi": self._abi,
                "read": [*KERNEL_FACTS, *map(str, system_paths()), *map(str, readable_paths(jail))],
                "write": [str(jail.writable), home, temporary, *map(str, jail.caches)],
                "devices": DEVICES,
                "network": jail.network,
            },
            seccomp=base64.b64encode(seccomp.program(host)).decode("ascii"),
        )
