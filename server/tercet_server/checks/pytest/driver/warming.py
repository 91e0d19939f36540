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
from .plugins import Plugins
from .warm import wait_readable

_IMPORT_S = 60.0
_FILES_COMPILED = 2000


class Warmth:
    """What the warm process holds; `cold` until the first test process has told what it needs."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.plugins = Plugins()
        self.compiled: replaced.CompiledFiles = {}
        self.cold = True

    def import_plugins(self) -> None:
        """pytest's installed plugins, which every test process will load."""
        if not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
            self._import_all([name for name in self.plugins.entry_points if name not in sys.modules])

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
        self._import_all([name for name, file in modules if self._is_foreign(name, file)])
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

    # -- importing what may turn out to be harmful

    def _import_all(self, names: list[str]) -> None:
        """Imports in a fork. If all went well the fork goes on as the warm process, and this one only waits for it;
        else the fork tells which were harmless and ends, and those alone are tried again.
        """
        while names:
            read, write = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(read)
                harmless = self._try(names)
                if harmless == names:
                    os.write(write, b"null")
                    os.close(write)
                    return
                os.write(write, json.dumps(harmless).encode("ascii"))
                os._exit(0)
            os.close(write)
            answer = _read_answer(read)
            os.close(read)
            if answer is None:
                os._exit(os.waitpid(pid, 0)[1] and 1)
            _kill(pid)
            names = [name for name in names if name in answer]

    def _try(self, names: list[str]) -> list[str]:
        """Imports each; returns those that neither needed the workspace nor started a thread."""
        guard = _Guard(self._places)
        sys.meta_path.insert(0, guard)
        harmless = []
        for name in names:
            guard.refused = False
            threads = threading.active_count()
            self._import(name)
            if not guard.refused and threading.active_count() == threads:
                harmless.append(name)
        sys.meta_path.remove(guard)
        return harmless

    def _import(self, name: str) -> None:
        try:
            importlib.import_module(name)
        except BaseException:  # noqa: BLE001  # foreign code: without it the test processes are slower, no more
            return
        for imported in self.plugins.modules.intersection(sys.modules):
            module = sys.modules[imported]
            if not isinstance(getattr(module, "__loader__", None), AssertionRewritingHook):
                module.__loader__ = _ImportedHere()


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


def _read_answer(descriptor: int) -> list[str] | None:
    """None: the fork has taken over. An end without an answer, or none in time, means that nothing was harmless."""
    data = b""
    until = time.monotonic() + _IMPORT_S
    while wait_readable([descriptor], until - time.monotonic()):
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            break
        data += piece
        if data == b"null":
            return None
    try:
        names = json.loads(data.decode("ascii") or "[]")
    except ValueError:
        return []
    return [name for name in names if isinstance(name, str)]


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
