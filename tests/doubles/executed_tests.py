"""A test session that executes one module in this process: quick, no sandbox, for tests of what uses a session.

A test is a function of the module's namespace. One that would run for long raises `Slow` instead.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from tercet_server.ports import Outcome, TestReport, TestResult

Namespace = dict[str, Any]

MOST_LINES = 5_000


class Slow(Exception):
    """Says how many seconds the test would have run."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class ExecutedTests:
    def __init__(self, path: str, text: str, tests: Mapping[str, Callable[[Namespace], None]]) -> None:
        self._path = path
        self._text = text
        self._tests = {f"tests/test_it.py::{name}": test for name, test in tests.items()}
        self.limits_s: list[float] = []
        self.orders: list[tuple[str, ...]] = []
        self.running = 0
        self.most_running = 0

    async def collect(self, targets: Sequence[str] = ()) -> TestReport:
        return TestReport({}, not_run=tuple(self._tests))

    async def run(
        self,
        tests: Sequence[str],
        *,
        per_test_s: float,
        deadline_s: float,
        texts: Mapping[str, str] = {},
        trace: bool = False,
        stop_at_failure: bool = False,
    ) -> TestReport:
        self.limits_s.append(per_test_s)
        self.orders.append(tuple(tests))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(0)
            return self._report(tests, texts.get(self._path, self._text), per_test_s, stop_at_failure)
        finally:
            self.running -= 1

    def _report(self, tests: Sequence[str], text: str, per_test_s: float, stop_at_failure: bool) -> TestReport:
        results: dict[str, TestResult] = {}
        for test in tests:
            outcome = self._outcome(test, text, per_test_s)
            results[test] = TestResult(test, outcome, 0.001)
            if stop_at_failure and outcome is not Outcome.PASSED:
                break
        return TestReport(results, not_run=tuple(each for each in tests if each not in results))

    def _outcome(self, test: str, text: str, per_test_s: float) -> Outcome:
        namespace: Namespace = {}
        before = sys.gettrace()
        sys.settrace(_endless_loops_stop())
        try:
            exec(compile(text, self._path, "exec"), namespace)
            self._tests[test](namespace)
        except Slow as slow:
            return Outcome.TIMEOUT if slow.seconds > per_test_s else Outcome.PASSED
        except (Exception, RecursionError):
            return Outcome.FAILED
        finally:
            sys.settrace(before)
        return Outcome.PASSED


def _endless_loops_stop() -> Callable[[FrameType, str, object], Any]:
    """A trace function that raises `Slow` after more lines than any such test needs."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        if lines > MOST_LINES:
            raise Slow(float("inf"))
        return trace

    return trace
