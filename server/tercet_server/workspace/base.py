"""The base of a private copy: what every file was when it was copied, and the contents to put back.

The contents lie one after the other in one file beside the copy, out of reach of the code that runs in it: the original may
change, and hard links would share its fate.
"""

import errno
import hashlib
import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from tercet_shared.errors import EditRefused

from tercet_server.files.stamps import Stamp

CHUNK_BYTES = 1024**2
_MAX_LINKS = 40
"""As the kernel follows on the way of one path."""


@dataclass
class BaseFile:
    mode: int
    size: int
    sha256: str
    source: Stamp | None
    """The original's stamp when it was read; None if its content must be compared to tell whether it moved."""
    copied: Stamp | None = None
    """The copy's stamp when it was written; None if its content must be compared."""


@dataclass
class BaseLink:
    target: str


@dataclass
class BaseFolder:
    mode: int = 0o755
    children: dict[str, "BaseFile | BaseLink | BaseFolder"] = field(default_factory=dict)
    closed: bool = False
    """Its content was left out."""

    def flattened(self, prefix: str = "") -> Iterator[tuple[str, BaseFile | BaseLink]]:
        """Files and links by their paths."""
        for name, child in self.children.items():
            if isinstance(child, BaseFolder):
                yield from child.flattened(f"{prefix}{name}/")
            else:
                yield prefix + name, child

    def find(self, path: str) -> tuple[str, "BaseFile | None"]:
        """Where `path` leads through the links of the copy, and the file there. Raises EditRefused if it leads nowhere."""
        for _ in range(_MAX_LINKS):
            resolved = self._resolved(path)
            if not isinstance(resolved, str):
                return path, resolved
            path = resolved
        raise EditRefused(f"{path} is a link that leads in circles; it is left out of the private copy.", path=path)

    def _resolved(self, path: str) -> "BaseFile | str | None":
        """The file, None if there is none yet, or the path that the first link on the way leads to."""
        here: BaseFile | BaseLink | BaseFolder | None = self
        parts = path.split("/")
        for number, part in enumerate(parts):
            if not isinstance(here, BaseFolder) or here.closed:
                raise EditRefused(f"{path} is left out of the private copy, so it cannot be changed there.", path=path)
            here = here.children.get(part)
            if isinstance(here, BaseLink):
                return posixpath.normpath("/".join((*parts[:number], here.target, *parts[number + 1 :])))
            if here is None:
                return None
        if not isinstance(here, BaseFile):
            raise EditRefused(f"{path} is a folder; only files are edited.", path=path)
        return here

    def sha256(self) -> str:
        """Of the manifest: path, mode and content of everything, whatever the order of the folders' entries."""
        lines = sorted(_line(path, child) for path, child in self.flattened())
        return hashlib.sha256(b"".join(lines)).hexdigest()


def _line(path: str, child: BaseFile | BaseLink) -> bytes:
    what = f"{child.mode:o}\0{child.sha256}" if isinstance(child, BaseFile) else f"link\0{child.target}"
    return f"{path}\0{what}\n".encode("utf-8", "surrogateescape")


class Contents:
    """Contents by their hash, appended to one file. Not for use by two threads at once."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        self._file: BinaryIO = os.fdopen(descriptor, "r+b")
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def store(self, chunks: Iterable[bytes], target: BinaryIO | None = None) -> tuple[str, int]:
        """Keeps a content, writing it to `target` too. Returns the hash under which it is found again, and its size."""
        digest, size = hashlib.sha256(), 0
        self._file.seek(self._end)
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            self._file.write(chunk)
            if target is not None:
                target.write(chunk)
        sha256 = digest.hexdigest()
        if sha256 not in self._places:
            self._places[sha256] = (self._end, size)
            self._end += size
        return sha256, size

    def chunks(self, sha256: str) -> Iterator[bytes]:
        start, size = self._places[sha256]
        self._file.seek(start)
        while size:
            chunk = self._file.read(min(size, CHUNK_BYTES))
            if not chunk:
                raise OSError(errno.EIO, "the kept contents were cut off", "contents")
            size -= len(chunk)
            yield chunk

    def get(self, sha256: str) -> bytes:
        return b"".join(self.chunks(sha256))

    def close(self) -> None:
        self._file.close()


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """The rest of an open file."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def sha256_of(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for chunk in chunks_of(file):
        digest.update(chunk)
    return digest.hexdigest()
