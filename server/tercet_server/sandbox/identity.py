"""Decides as which user a daemon that is root runs project code. Changes no identity itself.

The working copy's owner, if that is an ordinary user who can reach everything the jail shows. Else the copy would not be
writable, or its interpreter (say, below a /root of mode 0700) not readable, to anybody but root: such code runs as root
without capabilities in a user namespace, or as nobody with root's way with files and no other right of root's. What it
may touch is what the back end mounts or Landlock allows. An ordinary user stays who they are.
"""

import os
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


CAP_DAC_OVERRIDE, CAP_SETGID, CAP_SETUID = 1, 6, 7
NOBODY = Identity(65534, 65534, frozenset({CAP_DAC_OVERRIDE}))
"""Reads and writes everybody's files where it is let, and is counted by RLIMIT_NPROC, from which the kernel exempts root."""


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
    """Like `identity_for`, but NOBODY rather than root, unless this process lacks the capabilities for that. Blocking."""
    identity = identity_for(jail)
    if identity is None and os.name == "posix" and os.geteuid() == 0:
        needed = NOBODY.capabilities | {CAP_SETGID, CAP_SETUID}
        return NOBODY if needed <= _own_capabilities() else None
    return identity


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
