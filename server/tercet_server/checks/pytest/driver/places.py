"""Which files belong to the workspace, and what the workspace calls them."""

from __future__ import annotations

import os
import sys

_FOREIGN_PARTS = ("/site-packages/", "/dist-packages/", "/node_modules/", "/.tox/", "/.nox/")


class Places:
    """The copy at `root` of the workspace whose own folder is `original` (the same, where the copy is mounted there)."""

    def __init__(self, root: str, original: str) -> None:
        self.root = os.path.realpath(root)
        self.original = os.path.realpath(original)
        self._prefix = self.root + "/"
        self._interpreters = tuple(
            os.path.realpath(each) + "/"
            for each in {sys.prefix, sys.base_prefix, sys.exec_prefix}
            if os.path.realpath(each) != self.root
        )
        self._known: dict[str, str | None] = {}

    def relative(self, filename: str) -> str | None:
        """The path below the root with forward slashes; None for a file that is not the workspace's own code."""
        if filename not in self._known:
            self._known[filename] = self._find(filename)
        return self._known[filename]

    def _find(self, filename: str) -> str | None:
        if not filename or filename.startswith("<"):
            return None
        path = os.path.realpath(os.path.join(self.root, filename))
        if not path.startswith(self._prefix) or path.startswith(self._interpreters):
            return None
        if any(part in path[len(self.root) :] for part in _FOREIGN_PARTS):
            return None
        return path[len(self._prefix) :]

    def moved(self, path: str) -> tuple[str, bool]:
        """Where an import path of the original workspace stands in the copy, and whether it is one."""
        if self.original == self.root:
            return path, False
        if path == self.original:
            return self.root, True
        if path.startswith(self.original + "/") and not path.startswith(self._interpreters):
            return self.root + path[len(self.original) :], True
        return path, False
