"""Lists the files that belong to a workspace, with a stamp of each. Reads no file but ignore files.

In a repository whose folder is trusted git says which; elsewhere git must not run (a repository can make it run anything),
so the folders are walked with the same ignore files. Symlinks are not followed. `.tercetignore` holds everywhere, and files
that hold secrets are never listed.
"""

import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tercet_shared.errors import TercetError, WorkspaceGone

from tercet_server.context.index.ignores import Ignores
from tercet_server.files.git import git
from tercet_server.files.selection import VIRTUALENV_MARK, is_left_out, is_left_out_file, is_left_out_folder
from tercet_server.files.stamps import Stamp, stamp

MAX_FILES = 200_000
MAX_DEPTH = 100

OWN_IGNORE_FILE = ".tercetignore"
_GIT_IGNORE_FILE = ".gitignore"
_IGNORE_FILE_BYTES = 256 * 1024

_LIST_S = 60.0
_REPOSITORIES_DEEP = 5


@dataclass(frozen=True, slots=True)
class Listed:
    """`stamp` is None while the file is so fresh that it cannot be told from its next version."""

    path: str
    size_bytes: int
    stamp: Stamp | None


@dataclass
class Listing:
    files: list[Listed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def list_files(root: Path, *, trusted: bool, stop: threading.Event | None = None) -> Listing:
    """In the order of their paths; what it has by then, if `stop` is set meanwhile. Raises WorkspaceGone."""
    stop = stop or threading.Event()
    if not os.path.isdir(root):
        raise WorkspaceGone(
            f"The workspace {root} has vanished or cannot be read; put it back, or open it again where it is now.",
            root=str(root),
        )
    listing = Listing()
    by_git = _by_git(root, "", listing.problems, _REPOSITORIES_DEEP, stop) if trusted else None
    found = _walked(root, "", Ignores(), MAX_DEPTH) if by_git is None else _without_own_ignored(root, by_git)
    for path in found:
        if stop.is_set():
            break
        if len(listing.files) == MAX_FILES:
            listing.problems.append(f"{root} has more than {MAX_FILES:,} files; the rest of them is not indexed.")
            break
        if (listed := look(root, path)) is not None:
            listing.files.append(listed)
    listing.files.sort(key=lambda listed: listed.path)
    return listing


def look(root: Path, path: str) -> Listed | None:
    """The file at a relative path if it is a regular one that the index may hold, by its name and its folders'."""
    if is_left_out(path) or not _storable(path):
        return None
    try:
        status = os.lstat(root / path)
    except (OSError, ValueError):
        return None
    return Listed(path, status.st_size, stamp(status)) if stat.S_ISREG(status.st_mode) else None


class Membership:
    """Whether single paths belong to a workspace, for updates between two listings."""

    def __init__(self, root: Path, *, trusted: bool) -> None:
        self._root = root
        self._git = trusted and _is_repository(root)

    def among(self, paths: list[str]) -> set[str]:
        """Those of `paths` (relative) that no ignore file excludes."""
        ignores = Ignores()
        for folder in {folder for path in paths for folder in _folders_of(path)}:
            names = (OWN_IGNORE_FILE,) if self._git else (OWN_IGNORE_FILE, _GIT_IGNORE_FILE)
            _add_ignore_files(ignores, self._root, folder, names)
        kept = {path for path in paths if not _any_ignored(ignores, path)}
        return kept - self._ignored_by_git(kept) if self._git else kept

    def _ignored_by_git(self, paths: set[str]) -> set[str]:
        """Files that are tracked are never ignored: git itself leaves them out of its answer."""
        if not paths:
            return set()
        try:
            given = b"\0".join(map(os.fsencode, sorted(paths))) + b"\0"
            said = git(self._root, ["check-ignore", "-z", "--stdin"], _LIST_S, given=given, accepted=(0, 1))
        except TercetError:
            return set()
        return {os.fsdecode(each) for each in said.split(b"\0") if each}


def _by_git(root: Path, prefix: str, problems: list[str], deep: int, stop: threading.Event) -> list[str] | None:
    """What git tracks or could track, submodules and nested repositories included; None where it cannot say."""
    folder = root / prefix
    if not _is_repository(folder):
        return None
    try:
        said = git(folder, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], _LIST_S, stop=stop)
    except TercetError as error:
        problems.append(f"{error.sentence} The files of {folder} are listed without git.")
        return None
    paths: list[str] = []
    for name in dict.fromkeys(said.split(b"\0")):
        path = os.fsdecode(name)
        if not path:
            continue
        if path.endswith("/") or (deep and _is_folder(folder / path)):
            inner = f"{prefix}{path.rstrip('/')}/"
            paths += _inner(root, inner, problems, deep - 1, stop) if deep else ()
        else:
            paths.append(prefix + path)
    return paths


def _inner(root: Path, prefix: str, problems: list[str], deep: int, stop: threading.Event) -> list[str]:
    if stop.is_set() or is_left_out(prefix.rstrip("/")):
        return []
    listed = _by_git(root, prefix, problems, deep, stop)
    return list(_walked(root, prefix, Ignores(), MAX_DEPTH)) if listed is None else listed


def _is_repository(folder: Path) -> bool:
    """Or a folder in one. A submodule's and a worktree's `.git` is a file."""
    return any(os.path.lexists(each / ".git") for each in (folder, *folder.parents))


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _walked(root: Path, prefix: str, ignores: Ignores, depth: int) -> Iterator[str]:
    try:
        with os.scandir(root / prefix) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError:
        return
    names = {entry.name for entry in entries}
    if prefix and VIRTUALENV_MARK in names:
        return
    _add_ignore_files(ignores, root, prefix, [name for name in (_GIT_IGNORE_FILE, OWN_IGNORE_FILE) if name in names])
    for entry in entries:
        path = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if depth and not is_left_out_folder(entry.name) and not ignores.ignored(f"{path}/"):
                yield from _walked(root, f"{path}/", ignores, depth - 1)
        elif not is_left_out_file(entry.name) and not ignores.ignored(path):
            yield path


def _without_own_ignored(root: Path, paths: list[str]) -> Iterator[str]:
    """Without what `.tercetignore` files exclude, and without virtual environments that git does not ignore."""
    ignores = Ignores()
    environments = []
    for path in paths:
        folder, name = path[: path.rfind("/") + 1], path[path.rfind("/") + 1 :]
        if name == OWN_IGNORE_FILE:
            _add_ignore_files(ignores, root, folder, [name])
        elif name == VIRTUALENV_MARK and folder:
            environments.append(folder)
    left_out = tuple(environments)
    return (path for path in paths if not path.startswith(left_out) and not ignores.ignored(path))


def _add_ignore_files(ignores: Ignores, root: Path, folder: str, names: tuple[str, ...] | list[str]) -> None:
    for name in names:
        path = root / folder / name
        try:
            if stat.S_ISREG(os.lstat(path).st_mode):
                with path.open("rb") as file:
                    ignores.add(folder, file.read(_IGNORE_FILE_BYTES).decode("utf-8", "replace").splitlines())
        except OSError:
            continue


def _folders_of(path: str) -> Iterator[str]:
    """Of a path the folders around it, each ending in a slash; the root is ""."""
    yield ""
    parts = path.split("/")[:-1]
    for number in range(len(parts)):
        yield "/".join(parts[: number + 1]) + "/"


def _any_ignored(ignores: Ignores, path: str) -> bool:
    return ignores.ignored(path) or any(ignores.ignored(folder) for folder in _folders_of(path) if folder)


def _storable(path: str) -> bool:
    """Names that are not valid Unicode cannot be said in any answer."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
