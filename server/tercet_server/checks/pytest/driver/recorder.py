"""A pytest plugin: picks the requested tests, keeps what the project configures harmless, and reports as tests finish."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import pytest

from . import failures
from .addopts import harmless
from .channel import Message, Sender
from .lines import LineRecorder
from .output import Tail
from .places import Places
from .plugins import Plugins

REPORT_CHARACTERS = 20_000


class Recorder:
    """The request's `tests` are node ids, files or folders in the order in which to run them; none: all there are."""

    def __init__(self, sender: Sender, places: Places, tail: Tail, request: Message, plugins: Plugins) -> None:
        self._plugins = plugins
        self._sender = sender
        self._places = places
        self._tail = tail
        self._wanted: Sequence[str] = request["tests"]
        self._collect_only = bool(request.get("collect_only"))
        self._tell_modules = bool(request.get("modules"))
        self._complete = False
        self.lines: LineRecorder | None = None
        self.current = ""
        self._started = 0.0
        self._reports: list[Any] = []
        self._errors: dict[str, list[BaseException]] = {}

    # -- configuration

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_parse(self, pluginmanager: Any, args: list[str]) -> None:
        config = pluginmanager.getplugin("pytestconfig")
        if config is None:
            return
        getini = config.getini

        def harmless_ini(name: str) -> Any:
            value = getini(name)
            return harmless(value) if name == "addopts" else value

        config.getini = harmless_ini

    def pytest_addoption(self, parser: Any) -> None:
        parser.addini("cache_dir", "unused: nothing is cached here", default=".pytest_cache")

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> Any:
        self._plugins.answer_truly()
        outcome = yield
        error = outcome.excinfo[1] if outcome.excinfo else None
        if error is not None:
            self._send_collection_error(self._file_of(error), [error], "")

    def pytest_sessionstart(self) -> None:
        sys.stdout = sys.stderr = self._tail

    # -- collection

    def pytest_collectstart(self, collector: Any) -> None:
        if isinstance(collector, pytest.File):
            self._sender.send({"kind": "collecting", "path": collector.nodeid})

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            path = report.nodeid.split("::")[0]
            self._send_collection_error(path, self._errors.pop(report.nodeid, []), report.longreprtext)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        self._complete = True
        if not self._wanted:
            return
        order: dict[str, int] = {}
        for place, each in enumerate(self._wanted):
            order.setdefault(each, place)
        places = {id(item): self._place(item.nodeid, order) for item in items}
        kept = [item for item in items if places[id(item)] is not None]
        items[:] = sorted(kept, key=lambda item: places[id(item)] or 0)

    def _place(self, test: str, order: dict[str, int]) -> int | None:
        """Where in the request a test stands: by its node id, its function, its class, its file or a folder around it."""
        if test in order:
            return order[test]
        path, colons, within = test.partition("::")
        name = path + colons + within.partition("[")[0]  # what a parameter says may hold any of the signs below
        while name:
            if name in order:
                return order[name]
            shorter = name.rpartition("::")[0] if "::" in name else name.rpartition("/")[0]
            name = shorter
        return order.get(".")

    def pytest_collection_finish(self, session: Any) -> None:
        """Called even where a module ended the collection (`pytest.exit`, `sys.exit`): `complete` tells."""
        modules = loaded_modules() if self._tell_modules else []
        tests = [item.nodeid for item in session.items]
        self._sender.send({"kind": "items", "tests": tests, "modules": modules, "complete": self._complete})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool | None:
        return True if self._collect_only else None

    def _send_collection_error(self, path: str, errors: list[BaseException], report: str) -> None:
        error = errors[0] if errors else None
        cause = error
        while cause is not None and (
            cause.__cause__ or type(cause).__name__ in ("CollectError", "ConftestImportFailure")
        ):
            following = failures.cause(cause)
            if following is None:
                break
            cause = following
        last = next((line for line in reversed(report.splitlines()) if line.strip()), "").lstrip("E ")
        self._sender.send(
            {
                "kind": "collection_error",
                "test": path,
                "outcome": "error",
                "duration_s": 0.0,
                "message": failures.summary(cause) if cause is not None else last[: failures.SUMMARY_CHARACTERS],
                "report": (report or failures.text(error))[:REPORT_CHARACTERS],
                "frames": failures.as_json(failures.frames(self._places, error)),
            }
        )

    def _file_of(self, error: BaseException) -> str:
        path = getattr(error, "path", None)
        return self._places.relative(str(path)) or str(path or "conftest.py")

    # -- running

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.current = nodeid
        self._reports.clear()
        self._errors.clear()
        self._tail.take()
        self._sender.send({"kind": "started", "test": nodeid})
        self._started = time.monotonic()
        if self.lines is not None:
            self.lines.start()

    def pytest_runtest_logreport(self, report: Any) -> None:
        self._reports.append(report)

    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        self._errors.setdefault(node.nodeid, []).append(call.excinfo.value)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        if os.getpid() != self._sender.owner:
            os._exit(1)  # a process forked by a test ran on into pytest
        if self.lines is not None:
            self.lines.stop()
        message = self._result(nodeid)
        self.current = ""
        self._sender.send(message)

    def _result(self, nodeid: str) -> dict[str, Any]:
        failed = [report for report in self._reports if report.failed]
        error = next(iter(self._errors.get(nodeid, [])), None)
        text = "\n".join(report.longreprtext for report in failed)
        printed = self._tail.take()
        if failed and printed:
            text = text[: REPORT_CHARACTERS - len(printed) - 100] + "\n--- output of the test ---\n" + printed
        message = failures.summary(error) if error is not None else _last_line(text if failed else "")
        return {
            "kind": "result",
            "test": nodeid,
            "outcome": outcome_of(self._reports),
            "duration_s": time.monotonic() - self._started,
            "message": message,
            "report": text[:REPORT_CHARACTERS],
            "frames": failures.as_json(failures.frames(self._places, error)),
            "covered": {} if self.lines is None else self.lines.covered(),
        }

    def hung(self, frame: Any) -> dict[str, Any]:
        """What is known of the running test, whose stack is at `frame`."""
        stack = failures.stack(self._places, frame)
        covered = {} if self.lines is None else self.lines.covered()
        return {"kind": "hung", "test": self.current, "frames": failures.as_json(stack), "covered": covered}


def outcome_of(reports: Sequence[Any]) -> str:
    """Of a test, from the reports of its setup, call and teardown."""
    if any(report.failed and report.when == "call" for report in reports):
        return "failed"
    if any(report.failed for report in reports):
        return "error"
    if any(report.skipped for report in reports):
        return "skipped"
    return "passed" if any(report.when == "call" and report.passed for report in reports) else "error"


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")[: failures.SUMMARY_CHARACTERS]


def loaded_modules() -> list[list[str]]:
    """Name and file of every module that came from a file, in the order of import."""
    found: list[list[str]] = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and isinstance(name, str):
            found.append([name, os.path.realpath(file)])
    return found
