"""The engine, asked through its SDK. Its calls block, so they are made in threads of their own; streams are in `hijack`.

Knows nothing of jails or limits.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from tercet_shared.errors import SandboxFailed, SandboxUnavailable

from tercet_server.sandbox import scratch

T = TypeVar("T")

UNIX = "unix://"
TIMEOUT_S = 30
THREADS = 8
LABEL = "tercet.sandbox"
"""On every container: the tag of the daemon that it belongs to (see `scratch.owner_tag`)."""


class Engine:
    """One engine. `host` is a `unix://` address: what isolates this machine's files must run on this machine."""

    def __init__(self, host: str) -> None:
        """Raises SandboxUnavailable. Blocking."""
        if not host.startswith(UNIX):
            raise SandboxUnavailable(
                f"Tercet speaks to Docker over a Unix socket, not {host!r}; see sandbox.docker_host."
            )
        try:
            import docker.errors  # noqa: PLC0415  # heavy, and an extra
        except ImportError as error:
            raise SandboxUnavailable("Docker's library is not installed: `pip install 'tercet[docker]'`.") from error
        self.socket = host.removeprefix(UNIX)
        self.errors = docker.errors
        try:
            self.api = docker.APIClient(base_url=host, version="auto", timeout=TIMEOUT_S, max_pool_size=THREADS)
        except docker.errors.DockerException as error:
            raise SandboxUnavailable(f"No Docker engine answers at {host}: {_reason(error)}.") from error
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sandbox-docker")

    async def call(self, work: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Calls a method of `api` in a thread. Raises SandboxFailed."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, partial(work, *arguments, **options))
        except (self.errors.DockerException, OSError) as error:
            raise SandboxFailed(f"Docker refused: {_reason(error)}.") from error

    async def create(self, image: str, command: Sequence[str], host_config: Mapping[str, Any], user: str) -> str:
        """A container with an open stdin that ends with its first reader; returns its id."""
        made = await self.call(
            self.api.create_container,
            image,
            list(command),
            hostname="sandbox",
            user=user,
            stdin_open=True,
            detach=False,
            environment={},
            host_config=dict(host_config),
            labels={LABEL: scratch.owner_tag()},
            network_disabled=host_config.get("NetworkMode") == "none",
        )
        return str(made["Id"])

    async def pid(self, container: str) -> int:
        """The host's number of a container's first process; 0 if it does not run."""
        state = (await self.call(self.api.inspect_container, container))["State"]
        return int(state["Pid"])

    async def exec_state(self, exec_id: str) -> tuple[int, int | None]:
        """The host's number of a started command's process (0 while or if it has none), and its exit code once it has ended."""
        found = await self.call(self.api.exec_inspect, exec_id)
        return int(found["Pid"] or 0), None if found["Running"] else found["ExitCode"]

    async def remove(self, container: str) -> None:
        """Kills and removes; one that is gone already, or going, is no error."""
        with suppress(SandboxFailed):
            await self.call(self.api.remove_container, container, force=True, v=True)

    def sweep(self) -> int:
        """Removes the containers of daemons that are gone; returns how many. Blocking."""
        swept = 0
        for found in self.api.containers(all=True, filters={"label": LABEL}):
            if scratch.is_orphan(found["Labels"].get(LABEL, "")):
                with suppress(self.errors.DockerException):
                    self.api.remove_container(found["Id"], force=True, v=True)
                    swept += 1
        return swept

    def has_image(self, image: str) -> bool:
        """Blocking."""
        return bool(self.api.images(image, quiet=True))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.api.close()


def _reason(error: BaseException) -> str:
    explanation = getattr(error, "explanation", None) or error
    return " ".join(str(explanation).split())[:500].rstrip(".")
