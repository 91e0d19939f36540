"""Records which lines of the workspace's files a test executes: `sys.monitoring` where there is one, else `settrace`.

Module bodies are left out: they run once, for whichever test happens to import them first.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from .places import Places


class LineRecorder:
    """Between `start` and `stop` the executed lines of the whole process are collected, all threads included."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lines: dict[str, set[int]] = {}
        self._local: dict[str, Any] = {}
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self._tool: int | None = None

    def start(self) -> None:
        self._lines.clear()
        self._local.clear()
        if self._monitoring is not None and self._watch():
            return
        threading.settrace(self._on_call)
        sys.settrace(self._on_call)

    def stop(self) -> None:
        if self._tool is not None:
            self._monitoring.set_events(self._tool, 0)
            return
        sys.settrace(None)
        threading.settrace(None)

    def covered(self) -> dict[str, list[int]]:
        """path → sorted lines from zero, of everything recorded since `start`."""
        found: dict[str, set[int]] = {}
        for filename, lines in list(self._lines.items()):
            path = self._places.relative(filename)
            if path is not None and lines:
                found.setdefault(path, set()).update(list(lines))
        return {path: sorted(line - 1 for line in lines if line > 0) for path, lines in sorted(found.items())}

    # -- sys.monitoring (3.12 and later): a line is reported once and then costs nothing

    def _watch(self) -> bool:
        monitoring = self._monitoring
        if self._tool is None:
            self._tool = next((each for each in (4, 3, 2) if monitoring.get_tool(each) is None), None)
            if self._tool is None:
                return False
            monitoring.use_tool_id(self._tool, "tercet")
            monitoring.register_callback(self._tool, monitoring.events.LINE, self._on_line)
            monitoring.register_callback(self._tool, monitoring.events.PY_START, self._on_start)
        monitoring.restart_events()
        monitoring.set_events(self._tool, monitoring.events.LINE | monitoring.events.PY_START)
        return True

    def _on_line(self, code: Any, line: int) -> Any:
        filename = code.co_filename
        if code.co_name != "<module>" and self._places.relative(filename) is not None:
            self._lines.setdefault(filename, set()).add(line)
        return self._monitoring.DISABLE

    def _on_start(self, code: Any, offset: int) -> Any:
        """A function or lambda that stands in one line starts in it, and no event says that it got there."""
        first = code.co_firstlineno
        if code.co_name == "<lambda>" or {line for _, _, line in code.co_lines() if line} == {first}:
            self._on_line(code, first)
        return self._monitoring.DISABLE

    # -- sys.settrace

    def _on_call(self, frame: Any, event: str, argument: Any) -> Any:
        code = frame.f_code
        filename = code.co_filename
        try:
            local = self._local[filename]
        except KeyError:
            local = self._local[filename] = self._line_tracer(filename)
        return None if code.co_name == "<module>" else local

    def _line_tracer(self, filename: str) -> Callable[..., Any] | None:
        if self._places.relative(filename) is None:
            return None
        add = self._lines.setdefault(filename, set()).add

        def on_line(frame: Any, event: str, argument: Any) -> Any:
            if event == "line":
                add(frame.f_lineno)
            return on_line

        return on_line
