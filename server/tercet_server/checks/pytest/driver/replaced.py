"""Serves the sources of a variant from memory, however a module of the workspace is imported, and never stale bytecode.

Nothing is written: every worker shares the copy's files, and each test process sees its own texts.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import linecache
import os
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import Any, Dict, Tuple  # Python 3.8 has no dict[...] outside annotations

from .places import Places

Stamp = Tuple[int, int, int]  # evaluated at run time, also by Python 3.8
CompiledFiles = Dict[str, Tuple[Stamp, Any]]  # evaluated at run time, also by Python 3.8
"""path → (stamp of the file, code object compiled from it)"""


def stamp(path: str) -> Stamp:
    status = os.stat(path)
    return (status.st_mtime_ns, status.st_size, status.st_ino)


class _InMemoryPath(type(pathlib.Path())):  # type: ignore[misc]  # the concrete class differs by system
    """A path whose bytes are the variant's."""

    source = ""

    def read_bytes(self) -> bytes:
        return self.source.encode("utf-8", "surrogatepass")


class _NewModules:
    """Finds the modules of a variant whose files do not exist."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = frozenset(paths)

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        tail = fullname.rpartition(".")[2]
        for folder in sys.path if path is None else path:
            package = os.path.join(os.path.realpath(folder or "."), tail)
            for candidate in (os.path.join(package, "__init__.py"), package + ".py"):
                if candidate in self._paths:
                    loader = importlib.machinery.SourceFileLoader(fullname, candidate)
                    return importlib.util.spec_from_file_location(fullname, candidate, loader=loader)
        return None


def install(places: Places, texts: dict[str, str], compiled: CompiledFiles) -> None:
    """From now on `texts` (path in the workspace → source) replace the files of these names in this process."""
    by_path = {os.path.join(places.root, path): source for path, source in texts.items()}
    _patch_loader(places, by_path, compiled)
    _patch_rewriting(places, by_path)
    created = [path for path in by_path if not os.path.exists(path)]
    if created:
        sys.meta_path.insert(0, _NewModules(created))
    for path, source in by_path.items():
        linecache.cache[path] = (len(source), None, source.splitlines(True), path)


def _patch_loader(places: Places, by_path: dict[str, str], compiled: CompiledFiles) -> None:
    loader: Any = importlib.machinery.SourceFileLoader
    get_code, get_data = loader.get_code, loader.get_data

    def replaced_code(self: Any, fullname: str) -> Any:
        path = os.path.realpath(self.path)
        if path in by_path:
            return self.source_to_code(by_path[path], self.path)
        if places.relative(path) is None:
            return get_code(self, fullname)
        known = compiled.get(path)
        if known is not None and type(self) is loader and known[0] == stamp(path):
            return known[1]
        return self.source_to_code(get_data(self, path), self.path)

    def replaced_data(self: Any, path: str) -> Any:
        source = by_path.get(os.path.realpath(path))
        return get_data(self, path) if source is None else source.encode("utf-8", "surrogatepass")

    loader.get_code, loader.get_data = replaced_code, replaced_data


def _patch_rewriting(places: Places, by_path: dict[str, str]) -> None:
    """pytest reads the files whose asserts it rewrites by itself."""
    rewrite: Any = sys.modules["_pytest.assertion.rewrite"]
    read_pyc: Callable[..., Any] = rewrite._read_pyc
    rewrite_test: Callable[..., Any] = rewrite._rewrite_test

    def fresh_pyc(source: Any, *rest: Any, **named: Any) -> Any:
        return read_pyc(source, *rest, **named) if places.relative(str(source)) is None else None

    def rewritten_variant(file: Any, *rest: Any, **named: Any) -> Any:
        source = by_path.get(os.path.realpath(str(file)))
        if source is not None:
            file = _InMemoryPath(str(file))
            file.source = source
        return rewrite_test(file, *rest, **named)

    rewrite._read_pyc, rewrite._rewrite_test = fresh_pyc, rewritten_variant
