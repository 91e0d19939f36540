"""No isolation: a process group of its own and the limits that the system has. Chosen only where the user opted in.

Project code run this way can read and change whatever the user can. The environment is still clean. On Windows there is
no supervisor, and what a command leaves running is killed by `taskkill`.
"""

import asyncio
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tercet_shared.errors import SandboxFailed

from tercet_server.ports import Jail, Limits
from tercet_server.sandbox import scratch
from tercet_server.sandbox.backend import STREAM_BUFFER_BYTES, Confined, TreeSandbox
from tercet_server.sandbox.environment import base_environment, working_folder
from tercet_server.sandbox.supervised import Orders, Setting, resource_limits, start_supervised
from tercet_server.sandbox.watchdog import Watch

NEEDED_ON_WINDOWS = ("SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "NUMBER_OF_PROCESSORS")


class UnisolatedSandbox(TreeSandbox):
    name = "none"
    isolation = "not isolated"
    notes = ("Project code can read and change whatever you can.",)

    def root_inside(self, jail: Jail) -> Path:
        return jail.writable

    async def _start(self, jail: Jail, command: Sequence[str], limits: Limits, cwd: str) -> Confined:
        folder = await asyncio.to_thread(scratch.make, None)
        setting = Setting(limits, self._watchdog, folder, (jail.writable, *jail.caches))
        environment = {**base_environment(str(folder / "home"), str(folder / "tmp")), **jail.environment}
        where = str(working_folder(jail.writable, cwd))
        if os.name == "nt":
            return await _start_on_windows(command, environment, where, setting)

        def orders(_supervisor_pid: int) -> Orders:
            return Orders(list(command), environment, where, resource_limits(limits, os.geteuid()))

        return await start_supervised(orders, setting)


async def _start_on_windows(  # pragma: no cover  # needs Windows
    command: Sequence[str], environment: Mapping[str, str], cwd: str, setting: Setting
) -> Confined:
    system = {name: os.environ[name] for name in NEEDED_ON_WINDOWS if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=STREAM_BUFFER_BYTES,
            cwd=cwd,
            env={
                **environment,
                **system,
                "PATH": os.defpath,
                "TEMP": environment["TMPDIR"],
                "TMP": environment["TMPDIR"],
            },
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except OSError as error:
        await asyncio.to_thread(scratch.remove, setting.folder)
        raise SandboxFailed(f"The command could not be started: {error}.") from error
    tree = _WindowsTree(process, setting)
    tree.begin_watch()
    return tree


class _WindowsTree(Confined):  # pragma: no cover  # needs Windows
    def __init__(self, process: asyncio.subprocess.Process, setting: Setting) -> None:
        self.process = process
        self.watchdog = setting.watchdog
        self.watch = Watch(process.pid, setting.limits, self.kill)
        self._folder = setting.folder

    def kill(self) -> None:
        if self.process.returncode is None:
            taskkill = ["taskkill", "/F", "/T", "/PID", str(self.process.pid)]
            subprocess.Popen(taskkill, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with suppress(ProcessLookupError):
                self.process.kill()

    async def _reap(self) -> int:
        code = await self.process.wait()
        await asyncio.to_thread(scratch.remove, self._folder)
        return code
