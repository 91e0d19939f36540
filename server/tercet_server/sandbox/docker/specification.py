"""Says what a container for one jail looks like: what is mounted where, what it may use, whom it runs as. Starts nothing."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tercet_shared.errors import SandboxFailed

from tercet_server.ports import Jail, Limits
from tercet_server.sandbox import seccomp
from tercet_server.sandbox.docker.engine import Engine
from tercet_server.sandbox.environment import readable_paths, system_paths
from tercet_server.sandbox.mounts import HOME, KERNEL_FOLDERS, TEMPORARY, is_real, mount_point

OPEN_FILES = 4096
THREADS_PER_PROCESS = 8
"""The kernel counts threads as well; the watchdog counts processes."""
KEEPER, OTHER_KEEPER = 65534, 65533
"""As whom the container's own two processes run: never as the code, which could signal them then."""
OWN_PROCESSES = 2
KEEPER_COMMAND = ("/bin/sh", "-c", "exec 3<&0; cat <&3 >/dev/null & exec 3<&-; wait $!")
"""Adopts and reaps what the code leaves behind, and ends (all of the container with it) when the daemon's end of its stdin
closes: by `kill`, or because the daemon is dead."""


@dataclass(frozen=True)
class Kind:
    """What one container can serve: commands with the same jail and limits. Environment, folder and time are each command's own."""

    image: str
    shows_host: bool
    """Whether the host's own system folders are shown read-only, in an image that has none."""
    writable: Path
    appears_at: Path
    readable: tuple[Path, ...]
    caches: tuple[Path, ...]
    network: bool
    memory_bytes: int
    processes: int
    file_size_bytes: int
    cpu_s: float | None

    @staticmethod
    def of(image: str, shows_host: bool, jail: Jail, limits: Limits) -> "Kind":
        return Kind(
            *(image, shows_host, jail.writable, jail.appears_at, jail.readable, jail.caches, jail.network),
            *(limits.memory_bytes, limits.processes, limits.file_size_bytes, limits.cpu_s),
        )

    def user(self) -> tuple[int, int]:
        """Whom code runs as: the owner of the copy. Blocking."""
        found = self.writable.stat()
        return found.st_uid, found.st_gid

    def keeper(self) -> str:
        """Whom the container's first process runs as. Blocking."""
        keeper = OTHER_KEEPER if self.user()[0] == KEEPER else KEEPER
        return f"{keeper}:{keeper}"

    def host_config(self, engine: Engine) -> dict[str, Any]:
        """The engine's description. Raises SandboxFailed for an impossible jail. Blocking."""
        uid, gid = self.user()
        tmpfs = "rw,exec,nosuid,nodev"
        config: dict[str, Any] = engine.api.create_host_config(
            network_mode="bridge" if self.network else "none",
            read_only=True,
            auto_remove=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges", f"seccomp={seccomp.profile()}"],
            mem_limit=self.memory_bytes,
            memswap_limit=self.memory_bytes,
            pids_limit=self.processes * THREADS_PER_PROCESS + OWN_PROCESSES,
            ulimits=self._ulimits(),
            oom_score_adj=800,
            ipc_mode="private",
            shm_size=self.memory_bytes // 4,
            tmpfs={
                TEMPORARY: f"{tmpfs},mode=1777,size={self.memory_bytes // 2}",
                HOME: f"{tmpfs},mode=0700,uid={uid},gid={gid},size={self.memory_bytes // 4}",
            },
            log_config={"Type": "none"},
            mounts=[*self._mounts()],
        )
        return config

    def _ulimits(self) -> list[dict[str, Any]]:
        limits = {"core": 0, "fsize": self.file_size_bytes, "nofile": OPEN_FILES}
        if self.cpu_s is not None:
            limits["cpu"] = max(1, round(self.cpu_s))
        return [
            {"Name": name, "Soft": value, "Hard": value + (name == "cpu")}  # SIGXCPU first, then SIGKILL
            for name, value in limits.items()
        ]

    def _mounts(self) -> Iterator[dict[str, Any]]:
        root = self.appears_at
        if root == Path("/") or any(root.is_relative_to(folder) for folder in KERNEL_FOLDERS):
            raise SandboxFailed(f"A workspace at {root} cannot be shown in a sandbox. Move it to a folder of its own.")
        if self.shows_host:
            for path in system_paths():
                if not (path.is_symlink() and path.parent == Path("/")):  # such links are in the image
                    yield _bind(path.resolve(), path, read_only=True)
        yield _bind(self.writable, root, read_only=False)
        shown = [path for path in readable_paths(Jail(self.writable, root, self.readable)) if path != root]
        if is_real(self.writable / ".git"):
            yield _bind(self.writable / ".git", root / ".git", read_only=True)
        for path in shown:
            inside = path.is_relative_to(root)
            if not inside or mount_point(self.writable, path.relative_to(root), path.is_dir()):
                yield _bind(path, path, read_only=True)
        for path in self.caches:
            yield _bind(path, path, read_only=False)


def _bind(source: Path, target: Path, *, read_only: bool) -> dict[str, Any]:
    if any("\0" in str(path) for path in (source, target)):
        raise SandboxFailed("A path for the sandbox holds a NUL character. Rename it.")
    return {
        "Type": "bind",
        "Source": os.fspath(source),
        "Target": os.fspath(target),
        "ReadOnly": read_only,
        "BindOptions": {"Propagation": "rprivate"},
    }
