"""Serves one request at a time: as many test processes, one after the other, as crashes and hangs make necessary."""

from __future__ import annotations

import time

from . import failures
from .channel import Message
from .exploring import exploring
from .places import Places
from .staging import Staging
from .warm import Host
from .warming import Warmth
from .watch import Watch

COLLECT_S = 60.0
"""What importing may take as long as nothing is known about it."""


class Server:
    def __init__(self, places: Places, host: Host) -> None:
        self._places = places
        self._host = host
        self._warmth = Warmth(places)
        self._warmth.import_plugins()
        self._staging = Staging(places, host)
        self._collected_in_s = COLLECT_S / 3

    def serve(self, request: Message) -> None:
        """Answers a request with its results and one `end`, then warms up for the next."""
        self._warmth.forget_changed()
        if request.get("explore"):
            exploring.serve(self._places, self._host, request, self._warmth)
        elif not self._staging.serve(request, self._warmth):
            self._serve_afresh(request)

    def _serve_afresh(self, request: Message) -> None:
        """In test processes that import everything."""
        work = _Work(request)
        first = True
        while first or work.goes_on():
            first = False
            watch = Watch(
                self._places, self._host, {**request, "tests": work.pending, "ignored": work.ignored}, self._warmth
            )
            watch.run(work.deadline, COLLECT_S if self._warmth.cold else 1.0 + 3 * self._collected_in_s)
            if watch.collected_in_s is not None and not request.get("texts"):
                self._collected_in_s = watch.collected_in_s
            self._settle(work, watch)
            if work.goes_on():
                self._warmth.warm_up(work.modules)
        self._host.send(
            {
                "id": work.id,
                "kind": "end",
                "exit_code": work.exit_code,
                "not_run": work.pending,
                "complete": work.complete,
                "output": work.output,
                "modules": work.modules if request.get("probe") else [],
            }
        )
        self._warmth.warm_up(work.modules)

    def _settle(self, work: _Work, watch: Watch) -> None:
        """Moves what a test process has answered from pending to done, and explains what it left open."""
        work.modules = watch.modules or work.modules
        work.exit_code, work.output = watch.exit_code, watch.output
        if work.request.get("collect_only"):
            self._settle_collection(work, watch)
            return
        if watch.items is not None:
            work.expand(watch.items)
        before = len(work.pending)
        work.pending = [test for test in work.pending if test not in watch.answered]
        work.over = watch.stopped
        if watch.stopped:
            return
        lost = watch.lost_tests(work.pending)
        for test, reason in lost.items():
            self._host.send(_error(work.id, test, reason, watch))
        work.pending = [test for test in work.pending if test not in lost]
        work.over = bool(lost and work.request.get("stop_at_failure"))
        if len(work.pending) == before:  # no progress: another process would fare no better
            for test in work.pending:
                self._host.send(_error(work.id, test, watch.ending(), watch))
            work.pending = []

    def _settle_collection(self, work: _Work, watch: Watch) -> None:
        """A file whose import hangs or ends the process is reported, and the others are collected without it."""
        work.complete = watch.complete
        broken = watch.broken_import()
        work.collects_again = bool(broken) and broken not in work.ignored
        if work.collects_again:
            work.ignored.append(broken)
            return
        work.pending = list(watch.items or ())
        work.over = True


class _Work:
    """What is still to be done of a request."""

    def __init__(self, request: Message) -> None:
        self.request = request
        self.id = str(request["id"])
        self.deadline = time.monotonic() + float(request["deadline_s"])
        self.pending: list[str] = list(request["tests"])
        self.modules: list[list[str]] = []
        self.exit_code = 0
        self.output = ""
        self.over = False
        self.ignored: list[str] = []
        """Files that are not to be collected again."""
        self.collects_again = False
        self.complete = True
        """False if a collection came to no end: there may be tests that it did not find."""
        self._expanded = False

    def goes_on(self) -> bool:
        return (bool(self.pending) or self.collects_again) and not self.over and time.monotonic() < self.deadline

    def expand(self, items: list[str]) -> None:
        """The first collection says which tests the requested files and folders stand for; what it lacks stays as it is."""
        if self._expanded:
            return
        self._expanded = True
        known = set(items)
        named = [test for test in self.pending if test not in known and not _stands_for(test, items)]
        self.pending = [*items, *named]


def _stands_for(name: str, items: list[str]) -> bool:
    return name == "." or any(item.startswith((name + "::", name + "/", name + "[")) for item in items)


def _error(identifier: str, test: str, reason: str, watch: Watch) -> Message:
    error = watch.collection_errors.get(test.split("::", 1)[0])
    answer: dict[str, object] = {
        "id": identifier,
        "kind": "result",
        "test": test,
        "outcome": "error" if error is None else error["outcome"],
        "duration_s": 0.0,
        "message": reason if error is None else error["message"],
        "report": "" if error is None else error["report"],
        "frames": failures.as_json(watch.stack) if error is None else error["frames"],
    }
    return answer
