"""The back end with containers: each command runs in a kept container of a Docker engine, with the copy at its real path.

A container belongs to one task (one copy, one set of limits); commands follow one another in it, and nothing of a command
is left for the next but what it wrote into the copy. Memory and processes are limited and counted by the kernel's control
groups; time by the watchdog. Killing means to end the container: all in it end with its first process.
"""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from tercet_shared.errors import SandboxFailed, SandboxUnavailable

from tercet_server.ports import Jail, Limits
from tercet_server.sandbox.backend import AFTER_THE_END_S, STREAM_BUFFER_BYTES, Confined, TreeSandbox, to_its_end
from tercet_server.sandbox.docker.box import Box
from tercet_server.sandbox.docker.engine import Engine
from tercet_server.sandbox.docker.images import HOST, Images
from tercet_server.sandbox.docker.pool import Pool
from tercet_server.sandbox.docker.specification import Kind
from tercet_server.sandbox.environment import SYSTEM_FOLDERS, base_environment, working_folder
from tercet_server.sandbox.mounts import HOME, TEMPORARY
from tercet_server.sandbox.streams import Sink
from tercet_server.sandbox.watchdog import Watch, Watchdog

START_S = 30.0


async def connect(watchdog: Watchdog, host: str) -> "DockerSandbox":
    """Raises SandboxUnavailable if no engine answers at `host`. Removes the containers of daemons that are gone."""
    engine = await asyncio.to_thread(Engine, host)
    try:
        await engine.call(engine.sweep)
    except BaseException as error:
        engine.close()
        if isinstance(error, SandboxFailed):
            raise SandboxUnavailable(error.sentence) from error
        raise
    return DockerSandbox(watchdog, engine)


class DockerSandbox(TreeSandbox):
    name = "docker"
    isolation = "container"

    def __init__(self, watchdog: Watchdog, engine: Engine) -> None:
        super().__init__(watchdog)
        self.engine = engine
        self._images = Images(engine)
        self._pool = Pool(engine)
        self._chosen: dict[str, str] = {}
        """Images by runtime, as far as they were asked for."""

    def images(self, runtimes: Sequence[str]) -> list[str]:
        """As the port says."""
        return list(dict.fromkeys(self._chosen[each] for each in runtimes if each in self._chosen))

    def root_inside(self, jail: Jail) -> Path:
        return jail.appears_at

    async def close(self) -> None:
        await self._pool.close()
        self.engine.close()

    async def _start(self, jail: Jail, command: Sequence[str], limits: Limits, cwd: str) -> Confined:
        where = str(working_folder(jail.appears_at, cwd))
        environment = {**base_environment(HOME, TEMPORARY), **jail.environment}
        kind = await self._kind(jail, limits)
        try:
            box = await asyncio.wait_for(self._pool.lease(kind), START_S)
        except TimeoutError as error:
            raise SandboxFailed("No container got ready in time. Try again.") from error
        run = ContainerRun(box, limits, self._watchdog, self._pool)
        try:
            await run.begin(command if kind.shows_host else named(command, jail), environment, where)
        except BaseException:
            await to_its_end(run.abandon())
            raise
        return run

    async def _opened(self, jail: Jail, limits: Limits) -> None:
        """Who keeps a process will run commands beside it."""
        self._pool.warm(await self._kind(jail, limits))

    async def _kind(self, jail: Jail, limits: Limits) -> Kind:
        if jail.runtime not in self._chosen:
            self._chosen[jail.runtime] = await self.engine.call(self._images.chosen, jail.runtime)
        image = self._chosen[jail.runtime]
        return Kind.of(image, image == HOST, jail, limits)


def named(command: Sequence[str], jail: Jail) -> Sequence[str]:
    """A program of this machine's system folders stands elsewhere in an image of its own, so it is called by its name alone.

    Not so a Python interpreter: it was chosen for the workspace, and another of the same name would prove another thing.
    """
    program = Path(command[0])
    if jail.runtime == "python" or not any(program.is_relative_to(folder) for folder in SYSTEM_FOLDERS):
        return command
    return [program.name, *command[1:]]


class ContainerRun(Confined):
    """One command in a leased container, which goes back to the pool in order, or is ended."""

    def __init__(self, box: Box, limits: Limits, watchdog: Watchdog, pool: Pool) -> None:
        self.watchdog = watchdog
        written_below = (box.kind.writable, *box.kind.caches)
        self.watch = Watch(None, limits, self.kill, account=box.group, written_below=written_below)
        self._box = box
        self._pool = pool
        self._mine = True
        self._lock = Lock()
        self._stdout = asyncio.StreamReader(STREAM_BUFFER_BYTES)
        self._stderr = asyncio.StreamReader(STREAM_BUFFER_BYTES)

    async def begin(self, command: Sequence[str], environment: dict[str, str], cwd: str) -> None:
        self._what = f"{command[0]} in {cwd}"
        await asyncio.to_thread(self.begin_watch)
        self._exec_id, self._stream = await self._box.execute(command, environment, cwd)
        self._splitting = asyncio.ensure_future(self._stream.split(self._stdout, self._stderr))

    def streams(self) -> tuple[Sink, asyncio.StreamReader, asyncio.StreamReader]:
        return self._stream, self._stdout, self._stderr

    def kill(self) -> None:
        with self._lock:
            if self._mine:
                self._box.kill()

    async def abandon(self) -> None:
        """Ends what has not begun."""
        self.kill()
        await self._box.gone()
        self.watchdog.remove(self.watch)

    async def _reap(self) -> int:
        ended = asyncio.ensure_future(self._box.ended(self._exec_id))
        died = asyncio.ensure_future(self._box.died())
        try:
            await asyncio.wait([ended, died], return_when=asyncio.FIRST_COMPLETED)
            return await self._settled(ended, died)
        finally:
            for task in (ended, died):
                task.cancel()
            await asyncio.gather(ended, died, return_exceptions=True)
            if self._mine:
                self._box.kill()
                await self._box.gone()
            await asyncio.wait([self._splitting], timeout=AFTER_THE_END_S)
            self._stream.drop()

    async def _settled(self, ended: "asyncio.Future[int | None]", died: "asyncio.Future[None]") -> int:
        if died.done() or self._box.ending:
            return -signal.SIGKILL
        code = ended.result()
        if code is None:
            raise SandboxFailed(f"The container cannot start {self._what}: the command or the folder is not there.")
        over = await asyncio.to_thread(self._box.group.exceeded) if self._box.group else None
        if over:
            self.watch.ending = self.watch.ending or over
        elif await self._is_clean():
            with self._lock:
                self._mine = self._box.ending
            if not self._mine:
                self._pool.give_back(self._box)
        return 128 - code if 128 < code < 128 + signal.NSIG else code  # as a shell says that a signal ended it

    async def _is_clean(self) -> bool:
        """Whether nothing that the command started runs any more."""
        if self._box.group is not None and await asyncio.to_thread(self._box.group.processes) == 0:
            return True
        return await self._box.empty()
