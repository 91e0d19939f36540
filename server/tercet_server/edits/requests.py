"""What a model asks for, as its reply is read: typed, not yet looked up in any file. Knows no format and no file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take the lines of an edit: the lines that are looked for, and those that stand there afterwards."""

    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hunk:
    """One place to change. `line` (from zero) and `scopes` say where the model believes it is; both may be wrong.

    `readings` are alternatives, the likeliest first. `fragment` is the old and new text of a tool that replaces text
    within lines; `everywhere` if it replaces every one. `cut_off` if the hunk seems to break off, unless what it changes is
    the end of the file. `final_newline` is what a diff says about the file's end.
    """

    readings: tuple[Reading, ...]
    line: int | None = None
    scopes: tuple[str, ...] = ()
    at_end: bool = False
    fragment: tuple[str, str] | None = None
    everywhere: bool = False
    cut_off: bool = False
    final_newline: bool | None = None


@dataclass(frozen=True, slots=True)
class UpdateFile:
    """Change a file in places; `path` is None where the reply names none."""

    path: str | None
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Write a whole file; `create` if it must not exist yet."""

    path: str | None
    text: str
    create: bool = False


@dataclass(frozen=True, slots=True)
class ReplaceLines:
    """Lines `start:end` (from zero) become `lines`; an insertion where they are equal."""

    path: str | None
    start: int
    end: int
    lines: tuple[str, ...]


FileRequest = UpdateFile | WriteFile | ReplaceLines
