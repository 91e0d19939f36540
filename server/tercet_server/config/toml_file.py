"""Reads one TOML file that may be anything: absent, huge, a pipe, not text, not TOML. Knows no setting.

`tomllib` tells no lines, so the line of a key is found by scanning the text.
"""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_BYTES = 64 * 1024

_TABLE = re.compile(r"""^\s*\[{1,2}\s*([^\[\]#]+?)\s*\]""")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_AT_LINE = re.compile(r"\(at line (\d+)")
_END = "(at end of document)"


@dataclass(frozen=True)
class TomlFile:
    """What could be read. `name` is how problems call the file; `problem` says why nothing of it counts."""

    name: str
    tables: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    """The line (from one) of every dotted key and table."""
    problem: str | None = None

    def line_of(self, *keys: str) -> int:
        """The line (from one) where the dotted key, or else the nearest table around it, is written; 1 if unknown."""
        for length in range(len(keys), 0, -1):
            if keys[:length] in self.lines:
                return self.lines[keys[:length]]
        return 1


def read_toml(path: Path, name: str, *, follow_symlinks: bool) -> TomlFile:
    """Reads `path` in bounded time and memory. An absent file is an empty one; nothing raises."""
    try:
        content = _read_regular(path, follow_symlinks)
    except (FileNotFoundError, NotADirectoryError):
        return TomlFile(name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return TomlFile(name, problem=f"{name}:1: the file cannot be read ({reason}) and is ignored.")
    if len(content) > MAX_BYTES:
        return TomlFile(name, problem=f"{name}:1: the file is larger than {MAX_BYTES // 1024} KiB and is ignored.")
    return _parse(content, name)


def _read_regular(path: Path, follow_symlinks: bool) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    if not follow_symlinks:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("not a regular file")
        return file.read(MAX_BYTES + 1)


def _parse(content: bytes, name: str) -> TomlFile:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return TomlFile(name, problem=f"{name}:{line}: the file is not UTF-8 and is ignored. Save it as UTF-8.")
    try:
        return TomlFile(name, tomllib.loads(text.replace("\r\n", "\n")), _lines_by_key(text))
    except RecursionError:
        return TomlFile(name, problem=f"{name}:1: the file is nested too deeply and is ignored.")
    except ValueError as error:  # TOMLDecodeError, or a number with too many digits
        return TomlFile(name, problem=_not_toml(name, text, str(error)))


def _not_toml(name: str, text: str, message: str) -> str:
    at_line = _AT_LINE.search(message)
    line = int(at_line[1]) if at_line else text.count("\n") + 1 if message.endswith(_END) else 1
    reason = message.partition(" (at ")[0]
    return f"{name}:{line}: this is not TOML ({reason}); the file is ignored until that is corrected."


def _lines_by_key(text: str) -> dict[tuple[str, ...], int]:
    """The first line of every table and key that stands at the start of a line."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _TABLE.match(line):
            table = _parts(header[1])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            whole = table + _parts(key[1])
            for length in range(len(table) + 1, len(whole) + 1):
                lines.setdefault(whole[:length], number)
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
