"""Reads files for the index: which are worth it, how much of them, and what makes two contents the same."""

import os
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from tercet_server.files.folders import folder_of
from tercet_server.files.stamps import Stamp, stamp
from tercet_server.languages import language_of

_CODE_BYTES = 2 * 1024**2
_OTHER_BYTES = 256 * 1024
"""Of data, markup and prose: what is larger is seldom written by hand and never looked for by its words."""

_DATA = frozenset({"json", "yaml", "toml", "html", "css", "xml", "sql", "markdown"})

_PROSE = frozenset(
    {".md", ".markdown", ".rst", ".txt", ".adoc", ".org", ".tex", ".cfg", ".ini", ".in", ".cmake", ".mk"}
)


def is_worth_reading(path: str, size_bytes: int) -> bool:
    """By its name and size alone."""
    language = language_of(path)
    if language is not None:
        return size_bytes <= (_OTHER_BYTES if language.name in _DATA else _CODE_BYTES)
    suffix = PurePosixPath(path).suffix.lower()
    return size_bytes <= _OTHER_BYTES and (suffix in _PROSE or not suffix)


def read(root: Path, path: str, size_bytes: int) -> tuple[bytes, Stamp | None] | None:
    """The content of a file that was of this size when it was looked at, and its stamp unless it changed while it was read.

    None if it is gone, has become something else, or grew far beyond that size.
    """
    limit = max(2 * size_bytes, _OTHER_BYTES)
    try:
        with folder_of(root, path) as (folder, name), folder.read(name) as file:
            before = stamp(os.fstat(file.fileno()))
            data = file.read(limit + 1)
            after = stamp(os.fstat(file.fileno()))
    except (OSError, ValueError):
        return None
    return None if len(data) > limit else (data, before if before == after else None)


def key(path: str, data: bytes) -> bytes:
    """Equal for contents that have the same digest: the same bytes in the same language."""
    language = language_of(path, data[:200].decode("utf-8", "replace"))
    about = (PurePosixPath(path).suffix.lower() if language is None else language.name).encode("utf-8", "surrogatepass")
    return blake2b(about + b"\0" + data, digest_size=16).digest()
