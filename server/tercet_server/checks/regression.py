"""Finds out whether a change broke tests that passed before: what fails with the change is tried without it too."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tercet_server.ports import Outcome, TestReport, TestResult, TestSession

_SHARE_FOR_FIRST_RUN = 0.6
"""Of the time left; the rest is for judging what failed."""

WithoutChange = Callable[[Callable[[], Awaitable[TestReport]]], Awaitable[TestReport]]
"""Awaits something while the copy is as it was before the change."""


@dataclass(frozen=True)
class Judgement:
    """What became of a set of tests that are not the target."""

    passed: tuple[str, ...] = ()
    broken: tuple[TestResult, ...] = ()
    """Fail with the change and pass without it."""
    failing_anyway: tuple[str, ...] = ()
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

    async def judge(self, tests: Sequence[str], modules: bool = False) -> Judgement:
        """Runs `tests` with the change, in order; those that fail again, also without it."""
        if not tests:
            return Judgement()
        report = await self._run(tests, self._left_s() * _SHARE_FOR_FIRST_RUN, modules)
        asked = set(tests)
        passed = tuple(t for t, each in report.results.items() if each.outcome is Outcome.PASSED)
        failing = {each.test: each for each in report.failing() if each.test in asked or "::" not in each.test}
        if not failing:
            return Judgement(passed=passed, not_run=report.not_run, report=report)
        return await self._compare(failing, passed, report)

    async def _compare(self, failing: dict[str, TestResult], passed: tuple[str, ...], report: TestReport) -> Judgement:
        names = list(failing)
        again = await self._run(names, self._left_s() / 2)
        still = {each.test for each in again.failing()} | set(again.not_run)
        flaky = tuple(name for name in names if name not in still)
        rest = [name for name in names if name in still]
        base = await self._base(rest) if rest else TestReport(results={})
        anyway = {each.test for each in base.failing()}
        undecided = set(base.not_run) - anyway
        return Judgement(
            passed=passed,
            broken=tuple(failing[name] for name in rest if name not in anyway and name not in undecided),
            failing_anyway=tuple(name for name in rest if name in anyway),
            flaky=flaky,
            undecided=tuple(name for name in rest if name in undecided),
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
