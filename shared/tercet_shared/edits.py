"""Edits on the wire: what a change set is. Positions count lines and Unicode code points, both from zero.

The language server alone converts to and from an editor's position encoding; the daemon knows code points only.
"""

import hashlib
from collections import Counter
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from tercet_shared.wire import Wire


def text_sha256(text: str) -> str:
    """The hash that names a version of a text: SHA-256 of its UTF-8, line endings as they are, without a byte-order mark."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _relative_posix(path: str) -> str:
    parts = path.split("/")
    if not path or path.startswith("/") or "\\" in path or "\x00" in path or ":" in parts[0]:
        raise ValueError(f"not a path relative to the workspace: {path!r}")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"the path is not normalised: {path!r}")
    return path


RelativePath = Annotated[str, AfterValidator(_relative_posix)]
"""A file below the workspace's root: forward slashes, no `.`/`..` parts, never absolute."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Position(Wire):
    """`line` and `character` from zero; `character` counts code points. Orders like a text does."""

    line: int = Field(ge=0)
    character: int = Field(ge=0)

    def as_tuple(self) -> tuple[int, int]:
        return (self.line, self.character)


class Range(Wire):
    """From `start` up to and without `end`."""

    start: Position
    end: Position

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.end.as_tuple() < self.start.as_tuple():
            raise ValueError("a range must not end before it starts")
        return self


def line_range(line: int, start: int = 0, end: int | None = None) -> Range:
    """The range within one line (from zero); to the end of the line's text the caller passes `end`, else it is empty."""
    return Range(
        start=Position(line=line, character=start), end=Position(line=line, character=start if end is None else end)
    )


class TextEdit(Wire):
    """Replace `range` by `new_text`."""

    range: Range
    new_text: str


class FileEdit(Wire):
    """The edits of one file, all positions in the text whose hash is `base_sha256` (none: the file must not exist yet)."""

    path: RelativePath
    base_sha256: Sha256 | None
    edits: list[TextEdit] = Field(min_length=1)


class ChangeSet(Wire):
    """Edits of one or more files that belong together: all are applied or none."""

    files: list[FileEdit] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> "ChangeSet":
        paths = [each.path for each in self.files]
        if len(set(paths)) < len(paths):
            twice = [path for path, count in Counter(paths).items() if count > 1]
            raise ValueError(f"a change set names each file once; twice here: {', '.join(twice)}")
        return self

    @property
    def paths(self) -> list[str]:
        return [each.path for each in self.files]


class FileTexts(NamedTuple):
    """One file before and after a change set; `before` is None where the file is created."""

    path: str
    before: str | None
    after: str
