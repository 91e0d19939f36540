"""The stage: a process in which pytest is configured and the tests are imported, and which forks one process for each variant.

It stands at two places: before the tests are imported, for variants that have to be imported, and after, for those
whose changes are put into the functions that exist. It never returns.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, NoReturn

import pytest
from _pytest._code import ExceptionInfo

from . import replaced, trial
from .channel import Message, Receiver, Sender
from .observing import Calls, observe
from .output import Tail
from .places import Places
from .recorder import Recorder, outcome_of
from .swapped import Functions, Refused
from .warming import Warmth

FAILING = ("failed", "error")

OBSERVE_S = 3.0
"""Of processor time, for all calls of one variant."""


class Stand:
    """A place from which processes are forked on request."""

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self._receiver = Receiver(descriptor)

    def serve(self, sender: Sender, hello: Message) -> Message:
        """Forks a process for every request, one after the other; returns only in these, with the request."""
        gc.collect()
        gc.freeze()
        sender.owner = os.getpid()
        sender.send({"kind": "ready", "stand": self.name, **hello})
        while True:
            for request in self._receiver.read():
                pid = os.fork()
                if pid == 0:
                    os.setpgid(0, 0)
                    self.close()
                    sender.owner = os.getpid()
                    sender.send({"kind": "forked", "pid": os.getpid()})
                    return request
                status = os.waitpid(pid, 0)[1]
                os.write(sender.descriptor, b"\n")  # whatever it was writing when it was killed
                sender.send({"kind": "ended", "status": status})
            if self._receiver.closed:
                os._exit(0)

    def close(self) -> None:
        os.close(self._receiver.descriptor)


class Stage(Recorder):
    """A recorder that goes on in many processes. Its messages: ready, forked, unfit, started, result, ended."""

    def __init__(
        self,
        sender: Sender,
        places: Places,
        tail: Tail,
        files: Sequence[str],
        warmth: Warmth,
        stands: tuple[Stand, Stand],
    ) -> None:
        super().__init__(sender, places, tail, {"tests": list(files)}, warmth.plugins)
        self._warmth = warmth
        self._before, self._after = stands
        self._request: Message | None = None
        self._broken: set[str] = set()
        self._functions = Functions(places)
        self._functions.watch()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        if threading.active_count() > 1:
            os._exit(0)  # a fork would lose the others
        if os.fork() == 0:
            self._before.close()
            return
        self._after.close()
        sys.setprofile(None)
        self._request = self._before.serve(self._sender, {})
        texts = self._request["texts"]
        if self._loaded(texts):
            self._refuse()
        self._wanted = self._request["tests"]
        replaced.install(self._places, texts, self._warmth.compiled)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> NoReturn:
        if self._request is None:
            self._request = self._stand_after()
            if self._request.get("observe"):
                self._observe(session, self._request)
            self._adopt(self._request["texts"])
        try:
            self._run(session, self._request)
        finally:
            os._exit(0)

    def _observe(self, session: Any, request: Message) -> NoReturn:
        """Runs the tests as they are, to see what they call, and then the same on the variant with other arguments."""
        try:
            files = frozenset(test.split("::", 1)[0] for test in request["tests"])
            with Calls(self._places, self._functions, files) as calls:
                self._run(session, request)
            self._adopt(request["texts"])
            signal.setitimer(signal.ITIMER_PROF, OBSERVE_S)
            self._sender.send({"kind": "observed", "outcomes": observe(calls.found)})
        finally:
            os._exit(0)

    def _stand_after(self) -> Message:
        if threading.active_count() > 1:
            os._exit(0)
        self._functions.take_stock()
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        paths = {self._places.relative(each) for each in files if isinstance(each, str)}
        return self._after.serve(self._sender, {"paths": sorted(each for each in paths if each)})

    # -- taking up a variant

    def _adopt(self, texts: dict[str, str]) -> None:
        if self._broken:
            self._refuse()
        loaded = self._loaded(texts)
        try:
            for path in loaded:
                self._functions.swap(path, texts[path])
        except Refused:
            self._refuse()
        rest = {path: text for path, text in texts.items() if path not in loaded}
        if rest:
            replaced.install(self._places, rest, self._warmth.compiled)

    def _loaded(self, texts: dict[str, str]) -> list[str]:
        """Those of the paths from which a module has been imported."""
        files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        known = {self._places.relative(each) for each in files if isinstance(each, str)}
        return [path for path in texts if path in known]

    def _refuse(self) -> NoReturn:
        self._sender.send({"kind": "unfit"})
        os._exit(0)

    # -- running it

    def _run(self, session: Any, request: Message) -> None:
        if self._broken:
            self._send_result(self._wanted[0], "error")
            return
        items = self._chosen(session.items, request["tests"])
        for place, item in enumerate(items):
            following = items[place + 1] if place + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if outcome_of(self._reports) in FAILING:
                return

    def _chosen(self, items: Sequence[Any], tests: Sequence[str]) -> list[Any]:
        """The items in the order of the request. A test that is named but not there sends the variant away."""
        order = {test: place for place, test in enumerate(tests)}
        placed = [(self._place(item.nodeid, order), item) for item in items]
        chosen = sorted(((place, item) for place, item in placed if place is not None), key=lambda each: each[0])
        missing = set(range(len(tests))) - {place for place, _ in chosen}
        if missing:
            self._send_result(tests[min(missing)], "error")
            return []
        return [item for _, item in chosen]

    def _send_result(self, test: str, outcome: str, duration_s: float = 0.0) -> None:
        self._sender.send({"kind": "result", "test": test, "outcome": outcome, "duration_s": duration_s})

    # -- what pytest tells, of which only outcomes are wanted

    def pytest_collectstart(self, collector: Any) -> None:
        """Nobody follows the collection."""

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._broken.add(report.nodeid.split("::")[0])

    def pytest_collection_finish(self, session: Any) -> None:
        """The items are in the session."""

    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        """Nobody asks why."""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        assert self._request is not None
        self.current = nodeid
        self._reports.clear()
        self._sender.send({"kind": "started", "test": nodeid})
        self._started = time.monotonic()
        signal.setitimer(signal.ITIMER_PROF, float(self._request["per_test_s"]))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        if os.getpid() != self._sender.owner:
            os._exit(1)  # a process forked by a test ran on into pytest
        signal.setitimer(signal.ITIMER_PROF, 0)
        self._tail.take()
        self._send_result(nodeid, outcome_of(self._reports), time.monotonic() - self._started)


def run(places: Places, files: Sequence[str], warmth: Warmth, sender: Sender, descriptors: tuple[int, int]) -> NoReturn:
    """Sets the stage for the tests of `files`, and ends with it."""
    try:
        tail = Tail()
        stands = Stand("before", descriptors[0]), Stand("after", descriptors[1])
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        sys.stdout, sys.stderr = Tail(), tail
        os.chdir(places.root)
        sys.path.insert(0, places.root)
        replaced.install(places, {}, warmth.compiled)
        _show_no_exceptions()
        stage = Stage(sender, places, tail, files, warmth, stands)
        warmth.plugins.answer_from_memory()
        given = trial.existing_files(places, files)
        pytest.main(trial.arguments(places, given, "--assert=plain", "--tb=native"), plugins=[stage])
    finally:
        os._exit(0)


def _show_no_exceptions() -> None:
    """Formatting tracebacks takes longer than most tests do, and nobody reads them here."""
    information: Any = ExceptionInfo
    information.getrepr = lambda self, *given, **named: self.typename
