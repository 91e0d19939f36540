"""Ignore files in git's syntax: what each says of the paths below its folder. The deepest that says anything decides."""

import re
from collections.abc import Iterable

from pathspec import GitIgnoreSpec


class Ignores:
    """Filled folder by folder. Paths are relative to the root, with forward slashes; a folder's ends in one, the root's is ""."""

    def __init__(self) -> None:
        self._specs: dict[str, GitIgnoreSpec] = {}

    def add(self, folder: str, lines: Iterable[str]) -> None:
        """Lines that are no patterns say nothing."""
        patterns: list[str] = []
        for line in lines:
            try:
                GitIgnoreSpec.from_lines([line])
            except (ValueError, re.error):
                continue
            patterns.append(line)
        spec = GitIgnoreSpec.from_lines(patterns)
        if folder in self._specs:
            spec = self._specs[folder] + spec
        self._specs[folder] = spec

    def ignored(self, path: str) -> bool:
        """Of a file, or of a folder (then `path` ends in a slash) whose own folders are not ignored."""
        if not self._specs:
            return False
        folder = path.rstrip("/")
        while folder:
            folder = folder.rpartition("/")[0]
            prefix = f"{folder}/" if folder else ""
            spec = self._specs.get(prefix)
            said = None if spec is None else spec.check_file(path[len(prefix) :]).include
            if said is not None:
                return said
        return False
