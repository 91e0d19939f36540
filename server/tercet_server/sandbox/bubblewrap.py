"""The back end with namespaces: bubblewrap (bwrap) shows the command a root of its own, with the copy at its real path.

Everything is unshared: files, processes, network, IPC, users. bwrap starts with a clean environment, for its own is
readable inside as /proc/1/environ, and with nothing of the jail's, for bwrap itself runs outside. It waits before the
command until its process is under watch: the kernel kills all that is in a process namespace with its first process.

A daemon that is root runs it as the copy's owner, or stays root with a user namespace of its own and no capability
(see `identity`); there RLIMIT_NPROC does not bind, and the process namespace gets few numbers to give (see `namespaces`).
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tercet_shared.errors import SandboxFailed

from tercet_server.ports import Jail, Limits
from tercet_server.sandbox.backend import STREAM_BUFFER_BYTES, Confined, TreeSandbox
from tercet_server.sandbox.identity import identity_for
from tercet_server.sandbox.mounts import Descriptors, arguments
from tercet_server.sandbox.namespaces import Namespaces, resource_limits
from tercet_server.sandbox.watchdog import Watchdog

START_S = 10.0
PASSWD = b"root:x:0:0:root:/root:/bin/sh\ntercet:x:1000:1000:tercet:/tmp/home:/bin/sh\n"
PRLIMIT = Path("/usr/bin/prlimit")
GROUP = b"root:x:0:\ntercet:x:1000:\n"


class BubblewrapSandbox(TreeSandbox):
    """`program` is bwrap's path, `seccomp` a filter for it, `options` those of its options that not every version has."""

    name = "bubblewrap"
    isolation = "namespaces"

    def __init__(self, watchdog: Watchdog, program: str, seccomp: bytes, options: frozenset[str]) -> None:
        super().__init__(watchdog)
        self._program = program
        self._seccomp = seccomp
        self._options = options

    def root_inside(self, jail: Jail) -> Path:
        return jail.appears_at

    async def _start(self, jail: Jail, command: Sequence[str], limits: Limits, cwd: str) -> Confined:
        launch = await asyncio.to_thread(self._prepare, jail, limits, cwd)
        try:
            with launch.inherited:
                process = await self._spawn(launch, command)
            written = (jail.writable, *jail.caches)
            tree = Namespaces(process, limits, self._watchdog, written, limit_here=not launch.prefix)
            try:
                await asyncio.wait_for(tree.take_over(launch.status, launch.gate), START_S)
            except BaseException as error:
                await tree.abandon()
                if isinstance(error, TimeoutError):
                    raise SandboxFailed("bubblewrap did not get ready in time. Try again.") from error
                raise
            return tree
        finally:
            launch.close()

    async def _spawn(self, launch: "_Launch", command: Sequence[str]) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *(*launch.prefix, self._program),
                *("--args", str(launch.arguments), "--", *command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=STREAM_BUFFER_BYTES,
                cwd="/",
                env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
                pass_fds=launch.passed,
                **launch.user,
            )
        except (OSError, ValueError) as error:
            raise SandboxFailed(f"bubblewrap did not start: {error}. `tercet doctor` says what is missing.") from error

    def _prepare(self, jail: Jail, limits: Limits, cwd: str) -> "_Launch":
        """Looks at the host's files and opens what bwrap inherits. Blocking."""
        with ExitStack() as inherited:
            status, status_inside = _pipe(inherited, reader_inside=False)
            gate, gate_inside = _pipe(inherited, reader_inside=True)
            try:
                passwd, group, seccomp = (_memory_file(inherited, data) for data in (PASSWD, GROUP, self._seccomp))
                descriptors = Descriptors(passwd, group, seccomp, status_inside, gate_inside)
                listed = "\0".join(arguments(jail, limits, cwd, descriptors, self._options))
                args = _memory_file(inherited, listed.encode("utf-8", "surrogateescape") + b"\0")
                identity = identity_for(jail) if PRLIMIT.exists() else None
            except BaseException:
                os.close(status)
                os.close(gate)
                raise
            user = {"user": identity.uid, "group": identity.gid, "extra_groups": []} if identity else {}
            prefix = _prlimit(limits) if identity else ()
            passed = (passwd, group, seccomp, status_inside, gate_inside, args)
            return _Launch(inherited.pop_all(), passed, args, status, gate, user, prefix)


@dataclass
class _Launch:
    inherited: ExitStack
    """Closes the descriptors that bwrap has got."""
    passed: tuple[int, ...]
    arguments: int
    status: int
    gate: int
    user: dict[str, Any]
    prefix: tuple[str, ...]
    """What bwrap is started by, if anything."""

    def close(self) -> None:
        """Closes the host's ends that nobody has taken over."""
        self.inherited.close()
        for descriptor in (self.status, self.gate):
            with suppress(OSError):
                os.close(descriptor)


def _prlimit(limits: Limits) -> tuple[str, ...]:
    """Another user's process cannot be limited later without CAP_SYS_RESOURCE, which root in a container lacks."""
    values = resource_limits(limits, inside=False)
    return (str(PRLIMIT), *(f"--{name.lower()}={soft}:{hard}" for name, (soft, hard) in values.items()), "--")


def _pipe(inherited: ExitStack, *, reader_inside: bool) -> tuple[int, int]:
    """A pipe as (the host's end, bwrap's end)."""
    reader, writer = os.pipe()
    host, inside = (writer, reader) if reader_inside else (reader, writer)
    inherited.callback(os.close, inside)
    return host, inside


def _memory_file(inherited: ExitStack, data: bytes) -> int:
    descriptor = os.memfd_create("sandbox")
    inherited.callback(os.close, descriptor)
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
