"""The import graph of a code base: which file imports which, from the imports as they are written. Pure; executes nothing.

Files are found by the ends of their paths, whatever the import roots are. What is not found is not in the code base.
"""

import posixpath
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath

_PYTHON = (".py", ".pyi", ".pyw")
_JAVASCRIPT = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
_SEPARATORS = re.compile(r"::|[\\/.]")
_PACKAGE_FILES = frozenset({"__init__", "index", "mod", "init"})
"""Files that stand for their folder: Python, JavaScript and TypeScript, Rust, Lua."""

_ROOT_WORDS = frozenset({"crate", "self", "super", "~", "@", ""})
"""First parts of an import that stand for no folder's name."""

_FOLDER_FILES = 100


class ModuleTable:
    """Finds the files that an import means."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        self._by_folder: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        self._paths = frozenset(paths)
        for path in sorted(self._paths):
            parts = _module(path)
            if parts:
                self._by_name.setdefault(parts[-1], []).append((path, parts))
            folder = tuple(path.split("/")[:-1])
            if folder:
                self._by_folder.setdefault(folder[-1], []).append((path, folder))

    def resolve(self, written: str, importer: str) -> frozenset[str]:
        """The files of the code base that `written` in the file `importer` means; in Python the packages around them too."""
        if importer.endswith(_PYTHON):
            return self._python(written, importer) - {importer}
        if "/" in written:
            return self._path(written, importer) - {importer}
        if importer.endswith(_JAVASCRIPT):
            return frozenset()  # a package, not a file
        return self._dotted(written, importer) - {importer}

    def _python(self, written: str, importer: str) -> frozenset[str]:
        level = len(written) - len(written.lstrip("."))
        parts = tuple(part for part in written.split(".") if part)
        folder = tuple(importer.split("/")[:-1])
        around = folder[: len(folder) - level + 1] if level else ()
        lengths = range(max(1, len(around)), len(around) + len(parts) + 1)
        found = (self._best((*around, *parts)[:length], importer, at_root=level > 0) for length in lengths)
        return frozenset(path for path in found if path is not None)

    def _path(self, written: str, importer: str) -> frozenset[str]:
        """A path, relative to the importer or to some root, with or without its suffix; of a Go package all files."""
        if importer.endswith(".go"):
            return self._folder(tuple(written.split("/")), importer)
        here = posixpath.normpath(posixpath.join(posixpath.dirname(importer), written))
        if here in self._paths:
            return frozenset({here})
        parts = tuple(part for part in written.split("/") if part not in _ROOT_WORDS and part not in (".", ".."))
        found = (
            self._best(tuple(here.split("/")), importer, at_root=True)
            or self._best(_module(here), importer, at_root=True)
            or self._best(parts, importer)
            or self._best(_module("/".join(parts)), importer, ending="/".join(parts))
        )
        return frozenset({found}) if found else frozenset()

    def _dotted(self, written: str, importer: str) -> frozenset[str]:
        """The longest beginning that is a file: the last parts may be names inside it. `a.b.*` is a whole folder."""
        beside = posixpath.join(posixpath.dirname(importer), written)
        if beside in self._paths:
            return frozenset({beside})
        parts = tuple(_SEPARATORS.split(written))
        while parts and parts[0] in _ROOT_WORDS:
            parts = parts[1:]
        if parts and parts[-1] in ("*", "_"):
            return self._folder(parts[:-1], importer)
        found = (self._best(parts[:length], importer, ending=written) for length in range(len(parts), 0, -1))
        best = next((path for path in found if path is not None), None)
        return frozenset({best}) if best else frozenset()

    def _best(self, parts: tuple[str, ...], importer: str, *, at_root: bool = False, ending: str = "") -> str | None:
        """The file whose path ends with these parts (`at_root`: is them); among several the nearest to the importer."""
        if not parts:
            return None
        fits = [
            path
            for path, module in self._by_name.get(parts[-1], ())
            if module == parts
            or (not at_root and module[-len(parts) :] == parts and self._may_start(path, module, parts, importer))
        ]
        return max(
            fits,
            key=lambda path: (path.endswith(ending), _shared_parts(path, importer), -len(path), path),
            default=None,
        )

    def _may_start(self, path: str, module: tuple[str, ...], parts: tuple[str, ...], importer: str) -> bool:
        """Python's imports start outside of packages, or beside the importing script."""
        if not importer.endswith(_PYTHON):
            return True
        if not path.endswith(_PYTHON):
            return False
        root = "/".join(module[: len(module) - len(parts)])
        return f"{root}/__init__.py" not in self._paths or root == posixpath.dirname(importer)

    def _folder(self, parts: tuple[str, ...], importer: str) -> frozenset[str]:
        """The files of the importer's kind in the folder whose path ends with most of these parts."""
        kind = posixpath.splitext(importer)[1]
        for start in range(len(parts)):
            wanted = parts[start:]
            inside = (path for path, folder in self._by_folder.get(wanted[-1], ()) if folder[-len(wanted) :] == wanted)
            files = [path for path in inside if path.endswith(kind)]
            if files:
                return frozenset(files[:_FOLDER_FILES])
        return frozenset()


class ImportGraph:
    """Made of the imports that each file writes."""

    def __init__(self, written: Mapping[str, Iterable[str]]) -> None:
        table = ModuleTable(written)
        self._imported_by: dict[str, set[str]] = {}
        for path, imports in written.items():
            for target in (*(each for name in imports for each in table.resolve(name, path)), *_conftests(path)):
                if target in written and target != path:
                    self._imported_by.setdefault(target, set()).add(path)

    def importers(self, path: str) -> frozenset[str]:
        """The files that import this one themselves; a test file counts as importing the conftests that it uses."""
        return frozenset(self._imported_by.get(path, ()))

    def distances(self, changed: Iterable[str]) -> dict[str, int]:
        """File → length of the shortest chain of imports from it to one of `changed`; absent where there is none."""
        found = dict.fromkeys(changed, 0)
        queue = deque(found)
        while queue:
            path = queue.popleft()
            for importer in self._imported_by.get(path, ()):
                if importer not in found:
                    found[importer] = found[path] + 1
                    queue.append(importer)
        return found


def _module(path: str) -> tuple[str, ...]:
    """The parts of a path without its suffix, and without a last part that stands for the folder."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0] or name
    return (*folders,) if stem in _PACKAGE_FILES else (*folders, stem)


@lru_cache(maxsize=4096)
def _folders(folder: str) -> tuple[str, ...]:
    return tuple(each.as_posix() for each in (PurePosixPath(folder), *PurePosixPath(folder).parents))


def _conftests(path: str) -> Iterator[str]:
    if path.endswith(_PYTHON):
        yield from (posixpath.normpath(f"{folder}/conftest.py") for folder in _folders(posixpath.dirname(path)))


def _shared_parts(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
