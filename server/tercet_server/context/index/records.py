"""What the index tells: files, definitions in their places, uses, and how far it has come."""

from dataclasses import dataclass
from typing import NamedTuple

from tercet_server.languages import Definition


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file of the workspace. `read` is False where only the path is known: binary, too large, or of no use as text."""

    path: str
    language: str | None
    lines: int
    size_bytes: int
    generated: bool
    minified: bool
    vendored: bool
    read: bool


@dataclass(frozen=True, slots=True)
class Located:
    """A definition and where it is: the numbers of its file and of its document in one snapshot."""

    file: int
    doc: int
    definition: Definition


class Use(NamedTuple):
    """A reference by name: the number of the file, the line from zero, the kind of `languages.Reference`."""

    file: int
    line: int
    kind: str


@dataclass(frozen=True, slots=True)
class Progress:
    """In files. Not `complete` while a build is under way, or after one that was stopped."""

    done: int
    total: int
    complete: bool


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """`size_bytes` is that of the index on disk; `built_at` in unix seconds, None before the first complete build."""

    files: int
    documents: int
    lines: int
    size_bytes: int
    progress: Progress
    problems: tuple[str, ...]
    built_at: float | None
