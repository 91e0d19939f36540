"""Keeps a stage and has variants tried on it: sends requests to its stands, relays results, kills what takes too long.

A variant that no stand can take up, or a stage that cannot be set, is left to a test process of its own.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import time
from typing import Dict, NoReturn, Tuple  # Python 3.8 has no dict[...] outside annotations

from . import replaced, stage
from .channel import Message, Receiver, Sender, private_copy
from .places import Places
from .warm import Host, wait_readable
from .warming import Warmth

SET_S = 60.0
"""What setting a stage may take."""

SHORTEST_IMPORT_S = 1.0
"""What importing a variant may take at least; at most three times as long as setting the stage took."""

CLOCK_FACTOR, CLOCK_SLACK_S = 4.0, 0.5
"""A test's limit is one of processor time, for load must decide nothing; on the clock it has so much more."""

_DEATHS = 3
"""A stage that was lost so often is not set again."""

Stamps = Dict[str, replaced.Stamp]  # evaluated at run time, also by Python 3.8
Files = Tuple[str, ...]  # evaluated at run time, also by Python 3.8


class Lost(Exception):
    """The stage, or one of its stands, does not answer any more."""


class Staging:
    """At most one stage at a time, for the test files of the last variants."""

    def __init__(self, places: Places, host: Host) -> None:
        self._places = places
        self._host = host
        self._stage: _Stage | None = None
        self._deaths: dict[Files, int] = {}

    def serve(self, request: Message, warmth: Warmth) -> bool:
        """Answers the request of a variant; False if somebody else has to, and nothing has been said yet."""
        if not _is_simple(request) or warmth.cold:
            return False
        files = tuple(sorted({test.split("::", 1)[0] for test in request["tests"]}))
        if self._deaths.get(files, 0) >= _DEATHS:
            return False
        try:
            return self._on(self._fitting(files, warmth), request)
        except Lost:
            self._deaths[files] = self._deaths.get(files, 0) + 1
            self._strike()
            return False

    def _fitting(self, files: Files, warmth: Warmth) -> _Stage:
        if self._stage is not None and not (set(files) <= set(self._stage.files) and self._stage.is_current()):
            self._strike()
        if self._stage is None:
            self._stage = _Stage(self._places, self._host, files, warmth)
            self._stage.prepare()
        return self._stage

    def _on(self, stage: _Stage, request: Message) -> bool:
        for stand in ("after",) if request.get("observe") else ("after", "before"):
            attempt = _Attempt(self._host, stage, request)
            if attempt.run(stand):
                self._host.send({**_END, "id": request["id"], "not_run": attempt.not_run})
                return True
        if request.get("observe"):
            self._host.send({**_END, "id": request["id"], "not_run": []})
        return bool(request.get("observe"))

    def _strike(self) -> None:
        if self._stage is not None:
            self._stage.strike()
        self._stage = None


_ASKED = ("tests", "texts", "per_test_s", "observe")
_END = {"kind": "end", "exit_code": 0, "complete": True, "output": "", "modules": []}


def _is_simple(request: Message) -> bool:
    """A variant of which only the outcome is asked, up to its first failure."""
    more = any(request.get(each) for each in ("trace", "probe", "collect_only"))
    return bool(request.get("texts") and request.get("stop_at_failure") and request["tests"]) and not more


class _Stage:
    """The link to the processes of one stage."""

    def __init__(self, places: Places, host: Host, files: Files, warmth: Warmth) -> None:
        self.files = files
        self._places = places
        token = secrets.token_hex(8)
        read, write = os.pipe()
        stands = os.pipe(), os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            for each in (read, stands[0][1], stands[1][1]):
                os.close(each)
            self._become_stage(host, write, (stands[0][0], stands[1][0]), warmth, token)
        for each in (write, stands[0][0], stands[1][0]):
            os.close(each)
        self.receiver = Receiver(read, token)
        self._requests = {"before": Sender(stands[0][1]), "after": Sender(stands[1][1])}
        self._stamps: Stamps = {}
        self.import_s = SHORTEST_IMPORT_S

    def _become_stage(self, host: Host, write: int, reads: tuple[int, int], warmth: Warmth, token: str) -> NoReturn:
        try:
            os.setpgid(0, 0)
            host.close()
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)
            sender = Sender(private_copy(write), token)
            before, after = private_copy(reads[0]), private_copy(reads[1])
            for each in (null, write, *reads):
                os.close(each)
            stage.run(self._places, self.files, warmth, sender, (before, after))
        finally:
            os._exit(1)

    def prepare(self) -> None:
        """Waits until both stands are ready. Raises Lost."""
        missing = {"before", "after"}
        started = time.monotonic()
        until = started + SET_S
        while missing:
            for message in self.messages(until, missing):
                if message.get("kind") == "ready":
                    missing.discard(str(message["stand"]))
                    self._remember(message.get("paths") or [])
        self.import_s = max(SHORTEST_IMPORT_S, 3 * (time.monotonic() - started))

    def _remember(self, paths: list[str]) -> None:
        for path in paths:
            with contextlib.suppress(OSError):
                absolute = os.path.join(self._places.root, path)
                self._stamps[absolute] = replaced.stamp(absolute)

    def is_current(self) -> bool:
        """Whether the files that were imported are as they were."""
        try:
            return all(replaced.stamp(path) == known for path, known in self._stamps.items())
        except OSError:
            return False

    def messages(self, until: float, stands: set[str]) -> list[Message]:
        """What has been said since; [] if nothing was for a while. Raises Lost if no one of `stands` can say more."""
        if not wait_readable([self.receiver.descriptor], min(0.05, until - time.monotonic())):
            if time.monotonic() >= until or not all(self._is_alive(each) for each in stands):
                raise Lost
            return []
        found = self.receiver.read()
        if self.receiver.closed:
            raise Lost
        return found

    def _is_alive(self, stand: str) -> bool:
        """A pipe that nobody reads any more is in error."""
        poll = select.poll()
        poll.register(self._requests[stand].descriptor, 0)
        return not poll.poll(0)

    def ask(self, stand: str, request: Message) -> None:
        """Raises Lost."""
        sender = self._requests[stand]
        sender.owner = os.getpid()
        try:
            sender.send(request)
        except OSError:
            raise Lost from None

    def strike(self) -> None:
        """Ends its processes."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        requests = (sender.descriptor for sender in self._requests.values())
        for descriptor in (self.receiver.descriptor, *requests):
            os.close(descriptor)


class _Attempt:
    """One variant on one stand."""

    def __init__(self, host: Host, stage: _Stage, request: Message) -> None:
        self._host = host
        self._stage = stage
        self._request = request
        self._deadline = time.monotonic() + float(request["deadline_s"])
        self._limit = self._deadline
        self._pid = 0
        self._running = ""
        self._fit = True
        self._answered: set[str] = set()
        self._failed = False
        self._killed = False
        self._ended: int | None = None
        self.not_run: list[str] = []

    def run(self, stand: str) -> bool:
        """False if the variant does not fit this stand. Raises Lost."""
        self._stage.ask(stand, {key: self._request.get(key) for key in _ASKED})
        self._allow(self._stage.import_s)
        while self._ended is None:
            self._step(stand)
        if self._fit:
            self._settle(self._ended)
        return self._fit

    def _step(self, stand: str) -> None:
        grace = 2.0 if self._killed else 0.0
        for message in self._stage.messages(self._limit + 5.0 + grace, {stand}):
            handler = getattr(self, "_on_" + str(message.get("kind")), None)
            if handler is not None:
                handler(message)
        if self._ended is None and not self._killed:
            if wait_readable([self._host.receiver.descriptor], 0):
                self._host.poll()
            if time.monotonic() >= self._limit or self._host.cancelled(self._request):
                self._kill()

    def _kill(self) -> None:
        self._killed = True
        if self._pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)

    def _allow(self, seconds: float) -> None:
        self._limit = min(self._deadline, time.monotonic() + seconds)

    # -- what the forked process and its stand say

    def _on_forked(self, message: Message) -> None:
        self._pid = int(message["pid"])
        if self._killed:
            self._kill()

    def _on_unfit(self, message: Message) -> None:
        self._fit = False

    def _on_started(self, message: Message) -> None:
        self._running = message["test"]
        self._allow(CLOCK_FACTOR * float(self._request["per_test_s"]) + CLOCK_SLACK_S)

    def _on_result(self, message: Message) -> None:
        self._running = ""
        self._send(message)
        observes = self._request.get("observe") and not self._open()
        self._allow(CLOCK_FACTOR * stage.OBSERVE_S + CLOCK_SLACK_S if observes else self._stage.import_s)

    def _on_observed(self, message: Message) -> None:
        self._host.send({**message, "id": self._request["id"]})

    def _on_ended(self, message: Message) -> None:
        self._ended = int(message["status"])

    def _send(self, message: Message) -> None:
        self._answered.add(message["test"])
        self._failed = self._failed or message["outcome"] in ("failed", "error", "timeout")
        self._host.send({**message, "id": self._request["id"]})

    # -- its end

    def _settle(self, status: int) -> None:
        """Explains the end of a process that has not come to the end of its tests."""
        late = self._killed or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF)
        over = time.monotonic() >= self._deadline or self._host.cancelled(self._request)
        if not self._failed and self._running and not (self._killed and over):
            limit = float(self._request["per_test_s"])
            said = f"still running after {limit:.3g} s of processor time" if late else _death(status)
            self._blame(self._running, "timeout" if late else "error", said, limit)
        elif not self._failed and (self._killed or status) and not over:
            self._blame(self._first_open(), "error", "its import takes too long" if late else _death(status), 0.0)
        if not self._failed:
            self.not_run = [] if not status else self._open()

    def _blame(self, test: str, outcome: str, reason: str, seconds: float) -> None:
        self._send({"kind": "result", "test": test, "outcome": outcome, "duration_s": seconds, "message": reason})

    def _open(self) -> list[str]:
        return [each for each in self._request["tests"] if each not in self._answered]

    def _first_open(self) -> str:
        return (self._open() or self._request["tests"])[0]


def _death(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"the test process crashed with {signal.Signals(os.WTERMSIG(status)).name}"
    return f"the test process ended itself with exit code {os.WEXITSTATUS(status)}"
