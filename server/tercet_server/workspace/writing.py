"""Writes users' files: all or none, each by a temporary file beside it and a rename. The only code that does.

A file is written only if its text is still the one that the change was made for; its encoding, mode and owner stay. Whatever
fails halfway is put back, unless somebody else has written the file meanwhile.
"""

import logging
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.edits import FileTexts, text_sha256
from tercet_shared.errors import EditRefused, StaleText

from tercet_server.files.folders import Folder, folder_of
from tercet_server.files.selection import is_version_control
from tercet_server.workspace.failures import writing
from tercet_server.workspace.paths import inside
from tercet_server.workspace.pending import Pending
from tercet_server.workspace.swapping import swap
from tercet_server.workspace.texts import decoded, read_file, stored_like

LOG = logging.getLogger(__name__)


def write_files(root: Path, texts: Sequence[FileTexts], pending: Pending) -> None:
    """Raises StaleText, EditRefused, Unsupported, NotWritable, DiskFull, WorkspaceGone; then nothing was changed."""
    plans = [_planned(root, file) for file in texts]
    if len({plan.real for plan in plans}) < len(plans):
        raise EditRefused("The change names one file twice, by a link; request it anew.")
    with ExitStack() as opened:
        folders = [(root / plan.real).parent for plan in plans]
        with writing(str(root)):
            token = opened.enter_context(pending.recorded(folders))
        writes = [opened.enter_context(_prepared(root, plan, f"{token}-{number}")) for number, plan in enumerate(plans)]
        with ExitStack() as undoing:
            for write in writes:
                undoing.callback(write.take_back)
                write.commit()
            undoing.pop_all()
        for write in writes:
            write.folder.sync()


def remove_file(root: Path, path: str, sha256: str, pending: Pending) -> None:
    """Removes the file at `path` if its text has this hash. Raises as `write_files`."""
    real = _writable(root, path)
    content = read_file(root, real)
    if content is None or text_sha256(decoded(path, content).text) != sha256:
        raise _left_alone(path)
    with writing(path), pending.recorded([(root / real).parent]) as token, folder_of(root, real) as (folder, name):
        aside = f"{token}-old"
        _move_aside(folder, name, aside, path)
        if not _holds(folder, aside, content):  # saved between the look and the rename
            _move_back(folder, aside, name)
            raise _left_alone(path)
        folder.remove_file(aside)
        folder.sync()


def _move_aside(folder: Folder, name: str, aside: str, path: str) -> None:
    try:
        folder.replace(name, folder, aside)
    except FileNotFoundError:
        raise _left_alone(path) from None


def _holds(folder: Folder, name: str, content: bytes) -> bool:
    try:
        with folder.read(name) as file:
            return file.read() == content
    except OSError:  # no file, or one that may not be read, has taken its place
        return False


def _move_back(folder: Folder, aside: str, name: str) -> None:
    """Not over what has been saved under the name since, where the file system can tell: that is newer."""
    try:
        folder.hard_link(aside, name)
    except FileExistsError:
        folder.remove_file(aside)
    except OSError:
        folder.replace(aside, folder, name)
    else:
        folder.remove_file(aside)


def _left_alone(path: str) -> StaleText:
    return StaleText(f"{path} has changed or is gone since; it was left as it is.", path=path)


@dataclass(frozen=True)
class _Plan:
    """One file to write: `path` is how the change names it, `real` where it is without links."""

    path: str
    real: str
    before: bytes | None
    after: bytes


def _planned(root: Path, file: FileTexts) -> _Plan:
    real = _writable(root, file.path)
    content = read_file(root, real)
    before = None if content is None else decoded(file.path, content)
    if (None if before is None else before.text) != file.before:
        raise _stale(file.path)
    return _Plan(file.path, real, content, stored_like(file.path, before, file.after))


def _writable(root: Path, path: str) -> str:
    real = inside(root, path)
    if is_version_control(real) or is_version_control(path):
        raise EditRefused(f"{path} belongs to the version control system, which is never written to.", path=path)
    return real


def _stale(path: str) -> StaleText:
    return StaleText(f"{path} has changed since this change was made for it; request it anew.", path=path)


@contextmanager
def _prepared(root: Path, plan: _Plan, prefix: str) -> Iterator["_Write"]:
    """Everything about the file that can fail is done, but for the rename; its temporary files are removed at the end."""
    missing = _missing_folders(root, plan.real)
    with ExitStack() as opened:
        opened.callback(_remove_empty, root, missing)
        with writing(plan.path):
            folder, name = opened.enter_context(folder_of(root, plan.real, create=True))
        write = _Write(folder, name, plan, f"{prefix}-new", f"{prefix}-old")
        opened.callback(write.clean)
        with writing(plan.path):
            write.prepare()
        yield write


def _missing_folders(root: Path, real: str) -> list[str]:
    """The folders on the way to a file that do not exist, innermost first."""
    parts = real.split("/")[:-1]
    folders = ["/".join(parts[: number + 1]) for number in range(len(parts))]
    return [folder for folder in reversed(folders) if not (root / folder).is_dir()]


def _remove_empty(root: Path, folders: list[str]) -> None:
    """Takes back the folders that were made for a file; one that is used by now stays."""
    for path in folders:
        with suppress(OSError), folder_of(root, path) as (folder, name):
            folder.remove_folder(name)


class _Write:
    """One file's way from its temporary file to its place, and back."""

    def __init__(self, folder: Folder, name: str, plan: _Plan, new: str, old: str) -> None:
        self.folder = folder
        self._name = name
        self._plan = plan
        self._new = new
        self._old = old
        self._made: list[str] = []
        self._committed = False

    def prepare(self) -> None:
        """Raises OSError."""
        if self._plan.before is None:
            self._fill(self._new, self._plan.after, None)
            return
        self.folder.check_writable(self._name)
        status = self.folder.stat(self._name)
        self._fill(self._new, self._plan.after, status)
        try:
            self.folder.hard_link(self._name, self._old)  # so that putting it back needs no room
            self._made.append(self._old)
        except OSError:  # not every file system can, and the kernel may refuse it for others' files
            self._fill(self._old, self._plan.before, status)

    def _fill(self, name: str, content: bytes, like: os.stat_result | None) -> None:
        with self.folder.create(name, 0o666) as file:
            self._made.append(name)
            file.write(content)
            file.flush()
            if like is not None and os.name == "posix":
                if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                    with suppress(PermissionError):  # only root may give a file away
                        os.fchown(file.fileno(), like.st_uid, like.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(like.st_mode))
            os.fsync(file.fileno())

    def commit(self) -> None:
        """Puts the new file in place. Raises StaleText if the old one is not what it was, NotWritable, DiskFull."""
        if self._content() != self._plan.before:
            raise _stale(self._plan.path)
        with writing(self._plan.path):
            if self._plan.before is None:
                self._create()
            elif not swap(self.folder, self._new, self._name, self._plan.before):
                raise _stale(self._plan.path)
        self._committed = True
        if self._plan.before is not None and self._content(self._old) != self._plan.before:
            raise _stale(self._plan.path)  # saved between the look and the rename; `take_back` puts that text back

    def _create(self) -> None:
        """Never over a file that came into being this very moment, where the file system can tell."""
        try:
            self.folder.hard_link(self._new, self._name)
        except FileExistsError:
            raise _stale(self._plan.path) from None
        except OSError:
            self.folder.replace(self._new, self.folder, self._name)

    def take_back(self) -> None:
        """Puts back what was there before, unless somebody else has written the file since."""
        if not self._committed or self._content() != self._plan.after:
            return
        with writing(self._plan.path):
            if self._plan.before is None:
                self.folder.remove_file(self._name)
            else:
                swap(self.folder, self._old, self._name, self._plan.after)

    def _content(self, name: str = "") -> bytes | None:
        with writing(self._plan.path):
            try:
                with self.folder.read(name or self._name) as file:
                    return file.read()
            except FileNotFoundError:
                return None

    def clean(self) -> None:
        for name in self._made:
            try:
                self.folder.remove_file(name)
            except FileNotFoundError:
                pass  # it has been renamed over the file
            except OSError as error:
                LOG.warning("the temporary file %s of %s stays behind: %s", name, self._plan.path, error)
