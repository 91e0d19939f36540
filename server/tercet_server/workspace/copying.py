"""Copies what a scan has seen, with unsaved texts in place of the files' own, and keeps the contents as the base."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event
from typing import BinaryIO

from tercet_shared.errors import TooLarge

from tercet_server.files.folders import Folder
from tercet_server.files.stamps import Stamp, stamp
from tercet_server.workspace.base import BaseFile, BaseFolder, BaseLink, Contents, chunks_of
from tercet_server.workspace.scan import MAX_BYTES, Scan, SeenFile, SeenFolder, SeenLink, Skipped
from tercet_server.workspace.threads import Stopped


@dataclass(frozen=True)
class Copying:
    """One copy being made. `texts` are the bytes to write instead of the files' own, by path."""

    contents: Contents
    texts: Mapping[str, bytes]
    skipped: list[Skipped]
    stop: Event
    owner: tuple[int, int] | None
    """Who shall own the copy (user, group), where the daemon may choose."""

    def folder(self, source: Folder | None, target: Folder, seen: SeenFolder, prefix: str = "") -> BaseFolder:
        """Copies a folder's entries; `source` is None where only unsaved texts have it.

        Raises OSError if the copy cannot be written, and Stopped.
        """
        base = BaseFolder(seen.mode | 0o700, closed=seen.closed)
        for name, child in seen.children.items():
            path = prefix + name
            if isinstance(child, SeenFile):
                file = self._file(source, target, name, path, child)
                if file is not None:
                    base.children[name] = file
            elif isinstance(child, SeenLink):
                target.make_link(name, child.target)
                base.children[name] = BaseLink(child.target)
            else:
                base.children[name] = self._inner_folder(source, target, name, path, child)
        return base

    def _inner_folder(
        self, source: Folder | None, target: Folder, name: str, path: str, seen: SeenFolder
    ) -> BaseFolder:
        target.make_folder(name, seen.mode | 0o700)
        with ExitStack() as opened:
            inner_target = opened.enter_context(target.child(name))
            inner_target.set_own(seen.mode | 0o700, self.owner)
            try:
                inner_source = source and opened.enter_context(source.child(name))
            except OSError:  # it vanished, or is a link by now: of its files only unsaved texts are left
                inner_source = None
            return self.folder(inner_source, inner_target, seen, path + "/")

    def _file(self, source: Folder | None, target: Folder, name: str, path: str, seen: SeenFile) -> BaseFile | None:
        if self.stop.is_set():
            raise Stopped
        if path in self.texts:
            return self._written(target, name, seen.mode, [self.texts[path]])
        file = None if source is None else self._opened(source, name, path)
        if file is None:
            return None
        with file:
            before = stamp(os.fstat(file.fileno()))
            try:
                base = self._written(target, name, seen.mode, self._chunks(file, path))
            except _Unreadable as error:
                target.remove_file(name)
                self.skipped.append(Skipped(path, f"it cannot be read ({error})"))
                return None
            base.source = before if before == stamp(os.fstat(file.fileno())) else None
            return base

    def _opened(self, source: Folder, name: str, path: str) -> BinaryIO | None:
        try:
            return source.read(name)
        except FileNotFoundError:  # it vanished meanwhile: then it is not there
            return None
        except OSError as error:
            self.skipped.append(Skipped(path, f"it cannot be read ({error.strerror})"))
            return None

    def _written(self, target: Folder, name: str, mode: int, chunks: Iterable[bytes]) -> BaseFile:
        kept: list[tuple[str, int]] = []
        copied = new_file(target, name, mode, lambda file: kept.append(self.contents.store(chunks, file)), self.owner)
        sha256, size = kept[0]
        return BaseFile(mode, size, sha256, source=None, copied=copied)

    def _chunks(self, file: BinaryIO, path: str) -> Iterator[bytes]:
        """A content that comes to an end: a file that is written to faster than it is read would never."""
        size = 0
        try:
            for chunk in chunks_of(file):
                if self.stop.is_set():
                    raise Stopped
                size += len(chunk)
                if size > MAX_BYTES:
                    raise TooLarge(f"{path} is larger than {MAX_BYTES // 1024**3} GiB; move it out of the workspace.")
                yield chunk
        except OSError as error:
            raise _Unreadable(error.strerror) from error


class _Unreadable(Exception):
    """Reading the original failed: unlike a failure to write the copy, that costs one file only."""


def new_file(
    target: Folder,
    name: str,
    mode: int,
    fill: Callable[[BinaryIO], object],
    owner: tuple[int, int] | None = None,
) -> Stamp | None:
    """Creates a file of the copy with this mode, whatever the umask, and returns its stamp once it is filled."""
    with target.create(name, mode) as file:
        fill(file)
        file.flush()
        if owner is not None:
            os.fchown(file.fileno(), *owner)
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode)
        return stamp(os.fstat(file.fileno()))


def with_texts(scan: Scan, texts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Adds the files that exist as unsaved texts alone to the scan; returns the texts that find a place in it."""
    return {path: content for path, content in texts.items() if _placed(scan.root, path, len(content))}


def _placed(folder: SeenFolder, path: str, size: int) -> bool:
    *parents, name = path.split("/")
    for parent in parents:
        inner = folder.children.setdefault(parent, SeenFolder())
        if not isinstance(inner, SeenFolder) or inner.closed:
            return False
        folder = inner
    return isinstance(folder.children.setdefault(name, SeenFile(0o644, size, None)), SeenFile)
