"""Decides as which user a daemon that is root runs project code. Changes no identity itself.

The working copy's owner, if that is an ordinary user who can reach everything the jail shows; else root stays root,
for its copy would not be writable, or its interpreter (say, below a /root of mode 0700) not readable, to anybody else.
It then has no capability left, and what it may touch is what the back end mounts or Landlock allows. An ordinary user
stays who they are.
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
