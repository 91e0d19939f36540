"""What a command sees under bubblewrap, as bwrap's arguments: the system read-only, the copy at its path, the readable paths.

Mount points inside the copy are made here, without following the links that code of an earlier run may have left; bwrap
would follow them. Blocking: looks at the host's files.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import SandboxFailed

from tercet_server.ports import Jail, Limits
from tercet_server.sandbox.environment import base_environment, readable_paths, system_paths, working_folder

HOME = "/tmp/home"  # noqa: S108  # inside, on a file system of its own
TEMPORARY = "/tmp"  # noqa: S108  # inside
KERNEL_FOLDERS = tuple(Path(name) for name in ("/proc", "/dev", "/sys"))


@dataclass(frozen=True)
class Descriptors:
    """Open files that bwrap inherits, by number."""

    passwd: int
    group: int
    seccomp: int
    status: int
    gate: int


def arguments(jail: Jail, limits: Limits, cwd: str, descriptors: Descriptors, options: frozenset[str]) -> list[str]:
    """bwrap's arguments. `options` holds those not known to every version. Raises SandboxFailed for an impossible jail."""
    environment = {**base_environment(HOME, TEMPORARY), **jail.environment}
    listed = [
        *("--unshare-all", *(["--share-net"] if jail.network else []), "--unshare-user"),
        *("--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--cap-drop", "ALL"),
        *(["--disable-userns"] if "--disable-userns" in options else []),
        *("--die-with-parent", "--new-session"),
        *_system(),
        *("--ro-bind-data", str(descriptors.passwd), "/etc/passwd"),
        *("--ro-bind-data", str(descriptors.group), "/etc/group"),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--perms", "1777", "--size", str(limits.memory_bytes // 4), "--tmpfs", "/dev/shm"),  # noqa: S108  # inside
        *("--perms", "1777", "--size", str(limits.memory_bytes // 2), "--tmpfs", TEMPORARY),
        *("--perms", "0700", "--dir", HOME),
        *_project(jail),
        *("--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", str(working_folder(jail.appears_at, cwd))),
        *("--seccomp", str(descriptors.seccomp)),
        *("--json-status-fd", str(descriptors.status), "--block-fd", str(descriptors.gate)),
    ]
    for name, value in environment.items():
        listed += ["--setenv", name, value]
    if any("\0" in each for each in listed):
        raise SandboxFailed("A path or an environment variable for the sandbox holds a NUL character. Rename it.")
    return listed


def _system() -> Iterator[str]:
    for path in system_paths():
        if path.is_symlink() and path.parent == Path("/"):
            yield from ("--symlink", os.readlink(path), str(path))
        else:
            yield from ("--ro-bind", str(path), str(path))


def _project(jail: Jail) -> Iterator[str]:
    """The copy and the readable paths, outer folders first, so that what lies below another is mounted on top of it."""
    root = jail.appears_at
    if root == Path("/") or any(root.is_relative_to(folder) for folder in KERNEL_FOLDERS):
        raise SandboxFailed(f"A workspace at {root} cannot be shown in a sandbox. Move it to a folder of its own.")
    binds = [(root, "--bind", jail.writable)]
    binds += [(path, "--ro-bind", path) for path in readable_paths(jail) if path != root]
    binds += [(path, "--bind", path) for path in jail.caches]
    binds += [(root / ".git", "--ro-bind", jail.writable / ".git")] if is_real(jail.writable / ".git") else []
    for at, how, source in sorted(binds, key=lambda bind: len(bind[0].parts)):
        inside = at.is_relative_to(root) and at not in (root, root / ".git")
        if not inside or mount_point(jail.writable, at.relative_to(root), source.is_dir()):
            yield from (how, str(source), str(at))


def is_real(path: Path) -> bool:
    return path.exists() and not path.is_symlink()


def mount_point(copy: Path, relative: Path, is_folder: bool) -> bool:
    """Makes sure that `relative` exists in the copy; False if a link stands in the way, and then it is the link that counts."""
    folder = os.open(copy, os.O_PATH | os.O_DIRECTORY)
    try:
        for name in relative.parts[: None if is_folder else -1]:
            with suppress(FileExistsError):
                os.mkdir(name, 0o755, dir_fd=folder)
            inner = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        if not is_folder:
            flags = os.O_CREAT | os.O_NOFOLLOW | os.O_RDONLY
            os.close(os.open(relative.name, flags, 0o644, dir_fd=folder))
    except OSError:
        return False
    finally:
        os.close(folder)
    return True
