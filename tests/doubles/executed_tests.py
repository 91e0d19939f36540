"""A test session that executes one module in this process: quick, no sandbox, for tests of what uses a session.

A test is a function of the module's namespace. One that would run for long raises `Slow` instead.
"""

import ast
import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tercet_server.ports import Outcome, TestReport, TestResult

Namespace = dict[str, Any]
Loop = TypeVar("Loop", ast.While, ast.For)

TICK = "__tick__"
MOST_TICKS = 2_000


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
        self.observations: dict[str, Sequence[str]] = {}
        """What `observe` says of a text."""
        self.limits_s: list[float] = []
        self.orders: list[tuple[str, ...]] = []
        self.running = 0
        self.most_running = 0

    @property
    def import_paths(self) -> Sequence[str]:
        return ()

    async def collect(self, targets: Sequence[str] = ()) -> TestReport:
        return TestReport({}, not_run=tuple(self._tests))

    async def observe(self, tests: Sequence[str], *, texts: Mapping[str, str], deadline_s: float) -> Sequence[str]:
        return self.observations.get(texts[self._path], ())

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
        namespace: Namespace = {TICK: _ticks()}
        try:
            exec(compile(_LoopsTick().visit(ast.parse(text)), self._path, "exec"), namespace)
            self._tests[test](namespace)
        except Slow as slow:
            return Outcome.TIMEOUT if slow.seconds > per_test_s else Outcome.PASSED
        except (Exception, RecursionError):
            return Outcome.FAILED
        return Outcome.PASSED


class _LoopsTick(ast.NodeTransformer):
    """Endless loops end: each turn of a loop ticks, and the ticks are counted."""

    def visit_While(self, node: ast.While) -> ast.While:
        return self._ticking(node)

    def visit_For(self, node: ast.For) -> ast.For:
        return self._ticking(node)

    def _ticking(self, node: Loop) -> Loop:
        self.generic_visit(node)
        tick = ast.Expr(ast.Call(ast.Name(TICK, ast.Load()), [], []))
        node.body.insert(0, ast.fix_missing_locations(ast.copy_location(tick, node)))
        return node


def _ticks() -> Callable[[], None]:
    left = iter(range(MOST_TICKS))

    def tick() -> None:
        if next(left, None) is None:
            raise Slow(float("inf"))

    return tick
