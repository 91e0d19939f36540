"""One kept container: started, asked to run commands, emptied between them, ended. It serves one command at a time."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tercet_shared.errors import SandboxFailed

from tercet_server.sandbox.backend import to_its_end
from tercet_server.sandbox.docker.cgroup import ControlGroup
from tercet_server.sandbox.docker.engine import Engine
from tercet_server.sandbox.docker.hijack import Stream, open_stream
from tercet_server.sandbox.docker.specification import KEEPER_COMMAND, OWN_PROCESSES, Kind

END_S = 2.0
"""How long a container may take to end by itself before the engine is told to end it."""
POLL_S = 0.05
NEVER_STARTED = (126, 127)
EMPTY = """
kill -9 -1 2>/dev/null
here="/tmp /tmp/home /dev/shm"
find $here -xdev -mindepth 1 -type d ! -perm -700 -exec chmod u+rwx {} \\; 2>/dev/null
find $here -xdev -mindepth 1 -delete 2>/dev/null
[ -z "$(find $here -xdev -mindepth 1 ! -type d | head -n 1)" ]
"""
"""Ends what a command left running, and removes what it left in memory: nothing that is mounted there (-xdev), for the copy
itself may stand below /tmp. A signal to -1 reaches every process of the same user but the first and the sender."""


class Box:
    """A running container of one kind. `group` is None where the engine's processes cannot be seen from here."""

    group: ControlGroup | None = None

    def __init__(self, engine: Engine, kind: Kind, container: str, life_line: Stream) -> None:
        self.kind = kind
        self.id = container
        self.ending = False
        self._engine = engine
        self._life_line = life_line
        self._user = ""
        self._death: asyncio.Task[None] | None = None

    @staticmethod
    async def start(engine: Engine, kind: Kind) -> "Box":
        """Raises SandboxFailed. Cancelled or failing, it leaves nothing."""
        host_config = await asyncio.to_thread(kind.host_config, engine)
        keeper = await asyncio.to_thread(kind.keeper)
        creating = asyncio.ensure_future(engine.create(kind.image, KEEPER_COMMAND, host_config, keeper))
        try:
            container = await to_its_end(creating)
        except asyncio.CancelledError:  # a call to the engine cannot be stopped: the container is there by now
            if not creating.cancelled() and creating.exception() is None:
                await to_its_end(engine.remove(creating.result()))
            raise
        life_line: Stream | None = None
        try:
            life_line = await open_stream(engine, f"/containers/{container}/attach?stream=1&stdin=1")
            await engine.call(engine.api.start, container)
            box = Box(engine, kind, container, life_line)
            await box._look()
            return box
        except BaseException:
            if life_line is not None:
                life_line.drop()
            await to_its_end(engine.remove(container))
            raise

    async def _look(self) -> None:
        self._user = await asyncio.to_thread(lambda: ":".join(map(str, self.kind.user())))
        pid = await self._engine.pid(self.id)
        try:
            self.group = await asyncio.to_thread(ControlGroup, pid, self.kind.processes, OWN_PROCESSES)
            first = os.pidfd_open(pid)
        except OSError:  # it is not on this machine, or has ended
            self._death = asyncio.ensure_future(self._engine_forgets())
        else:
            self._death = asyncio.ensure_future(_process_ended(first))

    async def execute(self, command: Sequence[str], environment: Mapping[str, str], cwd: str) -> tuple[str, Stream]:
        """Starts a command; returns its id and streams. Raises SandboxFailed."""
        made = await self._engine.call(
            self._engine.api.exec_create,
            self.id,
            list(command),
            stdin=True,
            user=self._user,
            environment=dict(environment),
            workdir=cwd,
        )
        stream = await open_stream(self._engine, f"/exec/{made['Id']}/start", {"Detach": False, "Tty": False})
        return str(made["Id"]), stream

    async def ended(self, exec_id: str) -> int | None:
        """Waits for the end of a command's own process, whatever it leaves running.

        Returns its exit code, as a shell says it; None if it never started.
        """
        watched = False
        while True:
            pid, code = await self._engine.exec_state(exec_id)
            if code is not None:
                return None if pid == 0 and code in NEVER_STARTED else code
            if pid and not watched and self.group is not None:
                watched = True
                with suppress(OSError):  # it has ended meanwhile
                    await _process_ended(os.pidfd_open(pid))
            else:
                await asyncio.sleep(POLL_S if watched else POLL_S / 10)

    async def empty(self) -> bool:
        """Ends all that a command has left in it. False if that cannot be made sure of: then it must not be used again."""
        try:
            exec_id, stream = await self.execute(["/bin/sh", "-c", EMPTY], {"PATH": "/usr/bin:/bin"}, "/")
            try:
                return await asyncio.wait_for(self.ended(exec_id), END_S) == 0
            finally:
                stream.drop()
        except (SandboxFailed, TimeoutError):
            return False

    def kill(self) -> None:
        """Ends the container and all in it. From any thread, any number of times."""
        self.ending = True
        self._life_line.cut()

    async def died(self) -> None:
        """Waits for the end of the container, whoever ended it."""
        assert self._death is not None
        await asyncio.wait([self._death])

    async def gone(self) -> None:
        """Waits for the end of the container after `kill`, and sees to it. Any number may wait."""
        try:
            await asyncio.wait_for(self.died(), END_S)
        except TimeoutError:
            await self._engine.remove(self.id)
            await self.died()
        finally:
            self._life_line.drop()

    async def _engine_forgets(self) -> None:
        with suppress(SandboxFailed):  # it is not known any more
            while await self._engine.pid(self.id):  # noqa: ASYNC110  # the engine is only to be asked
                await asyncio.sleep(POLL_S)


async def _process_ended(descriptor: int) -> None:
    """Waits until the process of a descriptor has ended, and closes it."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
