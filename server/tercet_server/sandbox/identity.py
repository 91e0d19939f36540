"""Decides as which user a daemon that is root runs project code. Changes no identity itself.

The working copy's owner, if that is an ordinary user who can reach everything the jail shows. Else the copy would not be
writable, or its interpreter (say, below a /root of mode 0700) not readable, to anybody but root: such code runs as root
without capabilities in a user namespace, or as a nobody with root's way with files and no other right of root's. What it
may touch is what the back end mounts or Landlock allows. An ordinary user stays who they are.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from tercet_server.ports import Jail
from tercet_server.sandbox.environment import readable_paths


@dataclass(frozen=True)
class Identity:
    """A user and group, by number."""

    uid: int
    gid: int
    capabilities: frozenset[int] = frozenset()
    """Numbers of those of root's capabilities that it keeps."""


CAP_DAC_OVERRIDE, CAP_SETGID, CAP_SETUID, CAP_SETPCAP = 1, 6, 7, 8
NOBODYS = range(1_900_000_000, 2_100_000_000)
"""Numbers of users and groups that no system gives to anybody."""


def identity_for(jail: Jail) -> Identity | None:
    """Who to become before running in `jail`; None: nobody else. Blocking."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    owner = jail.writable.stat()
    identity = Identity(owner.st_uid, owner.st_gid)
    if identity.uid == 0 or not all(
        _can_read(identity, path) for path in (jail.writable, *jail.caches, *readable_paths(jail))
    ):
        return None
    return identity


def unprivileged_identity_for(jail: Jail) -> Identity | None:
    """Like `identity_for`, but a nobody of its own rather than root, unless this process may not become one. Blocking.

    Such a nobody reads and writes everybody's files where it is let. RLIMIT_NPROC, from which the kernel exempts root, binds it,
    and what it starts counts for no other sandbox.
    """
    identity = identity_for(jail)
    if identity is not None or os.name != "posix" or os.geteuid() != 0:
        return identity
    number = secrets.choice(NOBODYS)
    needed = {CAP_DAC_OVERRIDE, CAP_SETGID, CAP_SETUID, CAP_SETPCAP}
    can_be = needed <= _own_capabilities() and all(map(_is_mapped, ("uid", "gid"), (number, number)))
    return Identity(number, number, frozenset({CAP_DAC_OVERRIDE})) if can_be else None


def _is_mapped(kind: str, number: int) -> bool:
    """Whether this user namespace knows the user or group; a container's often knows few."""
    ranges = (map(int, line.split()) for line in Path(f"/proc/self/{kind}_map").read_text("ascii").splitlines())
    return any(first <= number < first + count for first, _, count in ranges)


def _own_capabilities() -> frozenset[int]:
    """Those in effect in this process."""
    for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
        if line.startswith("CapEff:"):
            mask = int(line.split()[1], 16)
            return frozenset(number for number in range(mask.bit_length()) if mask >> number & 1)
    return frozenset()


def _can_read(identity: Identity, path: Path) -> bool:
    folders = [*path.resolve().parents, *([path] if path.is_dir() else [])]
    return _allowed(identity, path, 0o4) and all(_allowed(identity, folder, 0o1) for folder in folders)


def _allowed(identity: Identity, path: Path, wanted: int) -> bool:
    found = path.stat()
    if found.st_uid == identity.uid:
        return bool(found.st_mode >> 6 & wanted)
    if found.st_gid == identity.gid:
        return bool(found.st_mode >> 3 & wanted)
    return bool(found.st_mode & wanted)
