"""One request to the workers: what was asked, what has been answered, and what is left if a worker dies under it."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tercet_server.checks.pytest import answers
from tercet_server.checks.pytest.explored import MOST_MESSAGES
from tercet_server.ports import Outcome, TestResult

_DEATHS_WITHOUT_PROGRESS = 2
_BROKEN = (3, 4)
"""pytest's exit codes for an internal error and for wrong usage, its configuration included."""
KILLED = "the sandbox ended the test process, most likely because it used too much memory or too many processes"


@dataclass(frozen=True)
class Order:
    """What is to be run, in the driver's terms."""

    tests: Sequence[str]
    per_test_s: float
    deadline_s: float
    texts: Mapping[str, str] = field(default_factory=dict)
    trace: bool = False
    stop_at_failure: bool = False
    probe: bool = False
    collect_only: bool = False
    observe: bool = False
    explore: Mapping[str, Any] | None = None


class Deadline:
    """Counts from the first time that anybody asks what is left of it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends_at: float | None = None

    def remaining_s(self) -> float:
        now = time.monotonic()
        self._ends_at = self._ends_at or now + self._seconds
        return max(0.0, self._ends_at - now)


class Job:
    """Filled message by message; `done` resolves when everything is answered, and cancelling it withdraws the job."""

    def __init__(self, order: Order, deadline: Deadline) -> None:
        self.order = order
        self.deadline = deadline
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.results: dict[str, TestResult] = {}
        self.collection_errors: dict[str, TestResult] = {}
        self.items: list[str] = []
        self.not_run: list[str] = []
        self.loaded: list[list[str]] = []
        self.observed: list[str] = []
        self.explored: list[Mapping[str, Any]] = []
        self.output = ""
        self.exit_code: object = None
        self._id = ""
        self._running = ""
        self._deaths = 0
        self._collected = False

    @property
    def complete(self) -> bool:
        """Whether everything was collected, for an order that only collects."""
        return self._collected or not self.order.collect_only

    @property
    def breakdown(self) -> str:
        """What pytest said of itself, if it broke down before there was any test; else nothing."""
        answered = self.items or self.results or self.collection_errors
        return "" if answered or self.exit_code not in _BROKEN else self.output

    # -- towards the driver

    def request(self) -> dict[str, Any]:
        """The request for what is not answered yet."""
        self._id = secrets.token_hex(8)
        order = self.order
        return {
            "id": self._id,
            "op": "run",
            "tests": self.unanswered(),
            "texts": dict(order.texts),
            "per_test_s": order.per_test_s,
            "deadline_s": self.deadline.remaining_s(),
            "trace": order.trace,
            "stop_at_failure": order.stop_at_failure,
            "probe": order.probe,
            "collect_only": order.collect_only,
            "observe": order.observe,
            "explore": order.explore,
        }

    def cancellation(self) -> dict[str, Any]:
        return {"id": self._id, "op": "cancel"}

    def unanswered(self) -> list[str]:
        """Tests, files and folders that have no result yet, in order."""
        if not self.items:
            return [each for each in self.order.tests if each not in self.results]
        items = [each for each in self.items if each not in self.results]
        named = [each for each in self.order.tests if each not in self.results and not self._stands_for_items(each)]
        return items + named

    def _stands_for_items(self, name: str) -> bool:
        return any(item == name or item.startswith((f"{name}::", f"{name}/", f"{name}[")) for item in self.items)

    # -- from the driver

    def take(self, message: Mapping[str, Any]) -> bool:
        """Takes in one message of the driver; True if it was the last one of the request."""
        if message.get("id") != self._id:
            return False
        kind = message.get("kind")
        if kind == "started":
            self._running = str(message.get("test"))
        elif kind == "items":
            self.items = self.items or answers.texts(message.get("tests"))
        elif kind == "observed":
            self.observed = answers.texts(message.get("outcomes"))
        elif kind == "explored" and isinstance(message.get("said"), dict) and len(self.explored) < MOST_MESSAGES:
            self.explored.append(message["said"])
        elif kind in {"result", "collection_error"}:
            self._take_result(message, self.results if kind == "result" else self.collection_errors)
        elif kind == "end":
            self.not_run = answers.texts(message.get("not_run"))
            self._collected = message.get("complete") is True
            self.exit_code = message.get("exit_code")
            self.output = str(message.get("output", ""))[-8000:]
            self.loaded = message.get("modules") or []
            return True
        return False

    def _take_result(self, message: Mapping[str, Any], into: dict[str, TestResult]) -> None:
        result = answers.result(message)
        if result is not None:
            into[result.test] = result
            self._running = ""
            self._deaths = 0

    # -- when the worker is gone

    def worker_died(self, stderr: str) -> bool:
        """Blames the running test, else counts; True if the rest deserves another worker."""
        self._deaths += 1
        if self._running:
            self.results[self._running] = _error(self._running, KILLED, stderr)
            self._running = ""
            return bool(self.unanswered()) and not self.order.stop_at_failure
        if self._deaths < _DEATHS_WITHOUT_PROGRESS:
            return True
        for test in self.unanswered():
            self.results[test] = _error(test, f"while importing the tests {KILLED}", stderr)
        return False

    def timed_out(self) -> None:
        """The driver itself did not keep the deadline: what has no result was not run."""
        self.not_run = self.unanswered()


def _error(test: str, sentence: str, stderr: str) -> TestResult:
    return TestResult(test=test, outcome=Outcome.ERROR, duration_s=0.0, message=sentence, report=stderr[-4000:])
