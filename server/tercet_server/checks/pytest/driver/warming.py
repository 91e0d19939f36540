"""What makes test processes start fast: third-party modules imported, and the workspace's files compiled, ahead of the fork.

No code of the workspace is executed here; a module that would import it is left to the test processes.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.machinery
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from _pytest.assertion.rewrite import AssertionRewritingHook

from . import replaced
from .places import Places
from .warm import wait_readable

_TRIAL_S = 30.0
_FILES_COMPILED = 2000


class _ImportedHere(AssertionRewritingHook):
    """Marks plugins imported ahead of time, so that pytest does not warn that it could not rewrite their asserts."""

    def __init__(self) -> None:
        """Nothing is configured: it never loads anything."""


class _Guard:
    """Refuses to find modules of the workspace."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.refused = False

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        origin = getattr(spec, "origin", None)
        if origin and (self._places.relative(origin) or self._places.moved(os.path.realpath(origin))[1]):
            self.refused = True
            raise ImportError("a module of the workspace: " + fullname)
        return None


class Warmth:
    """What the warm process holds; `cold` until the first test process has told what it needs."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.compiled: replaced.CompiledFiles = {}
        self.cold = True

    def forget_changed(self) -> None:
        """Drops what was compiled from files that have changed since."""
        for path in list(self.compiled):
            if not self._is_current(path):
                del self.compiled[path]

    def _is_current(self, path: str) -> bool:
        try:
            return replaced.stamp(path) == self.compiled[path][0]
        except OSError:
            return False

    def warm_up(self, modules: list[list[str]]) -> None:
        """Imports and compiles what a first test process had loaded."""
        if not self.cold or not modules:
            return
        self.cold = False
        foreign = [name for name, file in modules if self._is_foreign(name, file)]
        for name in self._harmless(foreign):
            self._import(name)
        for _, file in modules:
            if self._places.relative(file) is not None and len(self.compiled) < _FILES_COMPILED:
                self._compile(file)
        gc.collect()
        gc.freeze()

    def _is_foreign(self, name: str, file: str) -> bool:
        known = name in sys.modules or name.startswith(("_tercet_driver", "__main__", "__mp_main__"))
        return not known and self._places.relative(file) is None and not self._places.moved(file)[1]

    def _compile(self, path: str) -> None:
        try:
            stamp = replaced.stamp(path)
            loader = importlib.machinery.SourceFileLoader("unnamed", path)
            self.compiled[path] = (stamp, loader.source_to_code(loader.get_data(path), path))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return  # the test process will say what is wrong with it

    def _import(self, name: str) -> None:
        try:
            module = importlib.import_module(name)
        except BaseException:  # noqa: BLE001  # foreign code: without it the test processes are slower, no more
            return
        if "pytest" in name:
            module.__loader__ = _ImportedHere()

    def _harmless(self, names: list[str]) -> list[str]:
        """Those whose import, tried in a process of its own, neither needs the workspace nor starts threads."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setpgid(0, 0)
                os.close(read)
                os.write(write, json.dumps(self._try(names)).encode("ascii"))
            finally:
                os._exit(0)
        os.close(write)
        try:
            return _read_names(read)
        finally:
            os.close(read)
            _kill(pid)

    def _try(self, names: list[str]) -> list[str]:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        guard = _Guard(self._places)
        sys.meta_path.insert(0, guard)
        harmless = []
        for name in names:
            guard.refused = False
            threads = threading.active_count()
            self._import(name)
            if name in sys.modules and not guard.refused and threading.active_count() == threads:
                harmless.append(name)
        return harmless


def _read_names(descriptor: int) -> list[str]:
    data = b""
    until = time.monotonic() + _TRIAL_S
    while wait_readable([descriptor], until - time.monotonic()):
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            break
        data += piece
    try:
        names = json.loads(data.decode("ascii") or "[]")
    except ValueError:
        return []
    return [name for name in names if isinstance(name, str)]


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
