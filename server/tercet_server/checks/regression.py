"""Finds out whether a change broke tests that passed before: what fails with the change is tried without it,
and what passes there once more with it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from tercet_server.checks.known_failures import Base, KnownFailures
from tercet_server.ports import Outcome, TestReport, TestResult, TestSession

_SHARE_FOR_FIRST_RUN = 0.5
"""Of the time left; the rest is for judging what failed, which takes as long again where everything does."""

_SECOND_ATTEMPT_S = 5.0
"""A test is not called broken without a second attempt, even when the time is over."""

WithoutChange = Callable[[Callable[[], Awaitable[TestReport]]], Awaitable[TestReport]]
"""Awaits something while the copy is as it was before the change."""


@dataclass(frozen=True)
class Judgement:
    """What became of a set of tests that are not the target."""

    passed: tuple[str, ...] = ()
    broken: tuple[TestResult, ...] = ()
    """Fail with the change and pass without it."""
    failing_anyway: tuple[str, ...] = ()
    """Fail with the change, and without it."""
    known_to_fail: tuple[str, ...] = ()
    """Were not run with the change: a proof before this one saw them fail without it."""
    flaky: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    """Failed with the change; there was no time to try them without."""
    not_run: tuple[str, ...] = ()
    report: TestReport = field(default_factory=lambda: TestReport(results={}))


@dataclass(frozen=True)
class Regression:
    session: TestSession
    per_test_s: float
    ends_at: float
    """On the monotonic clock."""
    without_change: WithoutChange
    base: Base
    known: KnownFailures

    async def judge(self, tests: Sequence[str], modules: bool = False) -> Judgement:
        """Runs `tests` with the change, in order; those that fail also without it, and then perhaps again.

        What is known to fail without it is not run: it cannot be broken.
        """
        known = self.known.of(self.base, tests, self.per_test_s)
        left_out = set(known)
        judgement = await self._judge([test for test in tests if test not in left_out], modules)
        return replace(judgement, known_to_fail=tuple(known))

    async def _judge(self, tests: Sequence[str], modules: bool) -> Judgement:
        if not tests:
            return Judgement()
        report = await self._run(tests, self._left_s() * _SHARE_FOR_FIRST_RUN, modules)
        asked = set(tests)
        passed = tuple(t for t, each in report.results.items() if each.outcome is Outcome.PASSED)
        failing = {each.test: each for each in _silenced(report) if each.test in asked or "::" not in each.test}
        if not failing:
            return Judgement(passed=passed, not_run=report.not_run, report=report)
        return await self._compare(failing, passed, report)

    async def _compare(self, failing: dict[str, TestResult], passed: tuple[str, ...], report: TestReport) -> Judgement:
        """Without the change first: most of what fails in a project that fails anyway is settled by that."""
        base = await self._base(list(failing))
        anyway = {each.test for each in base.failing()}
        self.known.remember(self.base, anyway, self.per_test_s)
        skipped = {test for test, each in base.results.items() if each.outcome is Outcome.SKIPPED}
        undecided = set(base.not_run) - anyway
        blamed = [name for name in failing if name not in anyway | skipped | undecided]
        again = await self._run(blamed, max(self._left_s(), _SECOND_ATTEMPT_S)) if blamed else TestReport(results={})
        still = {each.test for each in _silenced(again)} | set(again.not_run)
        return Judgement(
            passed=passed,
            broken=tuple(failing[name] for name in blamed if name in still),
            failing_anyway=tuple(name for name in failing if name in anyway),
            flaky=tuple(name for name in blamed if name not in still),
            undecided=tuple(name for name in failing if name in undecided),
            not_run=report.not_run,
            report=report,
        )

    async def _base(self, tests: Sequence[str]) -> TestReport:
        return await self.without_change(lambda: self._run(tests, self._left_s()))

    async def _run(self, tests: Sequence[str], deadline_s: float, modules: bool = False) -> TestReport:
        if deadline_s <= 0:
            return TestReport(results={}, not_run=tuple(tests))
        return await self.session.run(tests, per_test_s=self.per_test_s, deadline_s=deadline_s, modules=modules)

    def _left_s(self) -> float:
        return max(0.0, self.ends_at - time.monotonic())


def _silenced(report: TestReport) -> list[TestResult]:
    """What did not pass: a test that a change makes skip itself proves as little as one that fails."""
    return [*report.failing(), *(each for each in report.results.values() if each.outcome is Outcome.SKIPPED)]
