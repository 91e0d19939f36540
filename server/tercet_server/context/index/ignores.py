"""Ignore files in git's syntax: what each says of the paths below its folder. The deepest that says anything decides.

Anybody may have written them, so they are matched by RE2, in time linear in a path: Python's own expressions take exponential
time over `*a*a*a*b`, and hold up every other thread meanwhile.
"""

import re
from collections.abc import Iterable, Sequence

from pathspec import GitIgnoreSpec

_AT_ONCE = 500
"""Patterns that are compiled together; RE2 refuses what would take too much memory."""


class Ignores:
    """Filled folder by folder. Paths are relative to the root, with forward slashes; a folder's ends in one, the root's is ""."""

    def __init__(self) -> None:
        self._specs: dict[str, list[GitIgnoreSpec]] = {}
        """By folder; what is said later in the list wins."""

    def add(self, folder: str, lines: Iterable[str]) -> None:
        """Lines that are no patterns say nothing."""
        patterns = [line for line in lines if line.strip() and not line.startswith("#")]
        for start in range(0, len(patterns), _AT_ONCE):
            self._specs.setdefault(folder, []).extend(_compiled(patterns[start : start + _AT_ONCE]))

    def ignored(self, path: str) -> bool:
        """Of a file, or of a folder (then `path` ends in a slash) whose own folders are not ignored."""
        if not self._specs:
            return False
        path = path.encode("utf-8", "replace").decode()  # RE2 reads UTF-8, and a name need not be
        folder = path.rstrip("/")
        while folder:
            folder = folder.rpartition("/")[0]
            prefix = f"{folder}/" if folder else ""
            for spec in reversed(self._specs.get(prefix, ())):
                said = spec.check_file(path[len(prefix) :]).include
                if said is not None:
                    return said
        return False


def _compiled(patterns: Sequence[str]) -> list[GitIgnoreSpec]:
    """In their order; together if that works, else in halves, down to the one that is no pattern or asks for too much."""
    from re2 import error as re2_error  # noqa: PLC0415 - loaded with the first ignore file

    try:
        return [GitIgnoreSpec.from_lines(patterns, backend="re2")]
    except (ValueError, re.error, re2_error):
        if len(patterns) == 1:
            return []
    middle = len(patterns) // 2
    return _compiled(patterns[:middle]) + _compiled(patterns[middle:])
