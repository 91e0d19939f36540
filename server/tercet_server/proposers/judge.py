"""Judges changed texts by the tests: the failing ones first, then with those of the same files that passed before, then those
that earlier candidates broke."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from tercet_server.ports import Outcome, ProposerTask, TestReport, TestResult

SHORTEST_LIMIT_S = 0.1
"""A test is never given less: a hundred times what most tests take. Load does not count, for it is processor time."""

SLACK = 3.0
"""Over the slowest passing test of the baseline, which was slowed down by tracing as it is."""

MOST_GUARDS, GUARDS_IN_S = 60, 15.0
"""Tests that earlier candidates broke and that each further one is tried on, and how long that may take: what did not run in
that time tells nothing."""

PATIENCE = 5.0
"""The factor by which a test's limit grows with each further attempt at the same mutant."""


class Judgement(Enum):
    PLAUSIBLE = auto()
    """The failing tests pass, and those that passed still do."""
    KILLED = auto()
    TIMED_OUT = auto()
    """Killed by the clock alone, with less time than a test may take."""
    PROMISING = auto()
    """The same, after a test passed that failed before."""


@dataclass(frozen=True)
class Judge:
    """The time limit of the tests is fixed by the baseline; the order of the failing ones is learnt.

    What makes them pass is tried on all tests in the order in which they stand, which some depend on.
    """

    task: ProposerTask
    targets: tuple[str, ...]
    first_limit_s: float
    kills: Counter[str] = field(default_factory=Counter)
    """By test: the sooner a test fails that will fail, the fewer have to be run (Qi, Mao, Lei, "Efficient automated program
    repair through fault-recorded testing prioritization", ICSM 2013)."""
    _guards: list[str] = field(default_factory=list)
    """What earlier candidates broke and what passes, in this order, on the texts as they are."""
    _known: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, task: ProposerTask) -> "Judge":
        slowest = max((each.duration_s for each in _green(task)), default=0.0)
        limit = min(task.per_test_s, max(SHORTEST_LIMIT_S, SLACK * slowest))
        return cls(task, tuple(_targets_quickest_first(task)), limit)

    def limit_s(self, attempt: int) -> float:
        """What one test may take in this attempt (from 0)."""
        return min(self.task.per_test_s, self.first_limit_s * PATIENCE**attempt)

    async def judge(self, path: str, text: str, attempt: int, deadline_s: float) -> Judgement:
        limit = self.limit_s(attempt)
        targets = sorted(self.targets, key=lambda test: -self.kills[test])
        judgement = await self._run(targets, {path: text}, limit, deadline_s)
        passing = [each.test for each in _green(self.task)]
        if judgement is Judgement.PLAUSIBLE and passing:
            tests = in_order(self.task, (*self.targets, *passing))
            judgement = await self._run(tests, {path: text}, limit, deadline_s)
        if judgement is Judgement.PLAUSIBLE and not await self.holds(path, text):
            return Judgement.KILLED
        return judgement

    async def holds(self, path: str, text: str) -> bool:
        """Whether it breaks nothing that an earlier candidate broke. It is sure only of what ran in time."""
        if not self._guards:
            return True
        report = await self.task.tests.run(
            self._guards,
            per_test_s=self.task.per_test_s,
            deadline_s=GUARDS_IN_S,
            texts={path: text},
            stop_at_failure=True,
        )
        return not report.failing()

    async def learn(self) -> bool:
        """Takes up what candidates have broken meanwhile; whether that guards against anything new."""
        new = [each for each in dict.fromkeys(self.task.broken) if each not in self._known]
        self._known.update(new)
        tests = [*self._guards, *new][:MOST_GUARDS]
        if len(tests) == len(self._guards):
            return False
        report = await self.task.tests.run(tests, per_test_s=self.task.per_test_s, deadline_s=GUARDS_IN_S)
        passing, before = [each for each in tests if _passes(each, report)], set(self._guards)
        self._guards[:] = passing
        return not before.issuperset(passing)

    async def _run(self, tests: Sequence[str], texts: Mapping[str, str], limit: float, deadline_s: float) -> Judgement:
        report = await self.task.tests.run(
            tests, per_test_s=limit, deadline_s=deadline_s, texts=texts, stop_at_failure=True
        )
        failing = report.failing()
        if not failing:
            passed = not report.not_run and all(_passes(test, report) for test in self.task.step.tests)
            return Judgement.PLAUSIBLE if passed else Judgement.KILLED
        self.kills.update(each.test for each in failing)
        late = all(each.outcome is Outcome.TIMEOUT for each in failing)
        if not late or limit >= self.task.per_test_s:
            return Judgement.KILLED
        repaired = any(_passes(test, report) for test in self.task.step.tests)
        return Judgement.PROMISING if repaired else Judgement.TIMED_OUT


def in_order(task: ProposerTask, tests: Sequence[str]) -> list[str]:
    """As they stand in their files; those of which the baseline knows nothing come first."""
    place = {test: number for number, test in enumerate(task.baseline.results)}
    return sorted(tests, key=lambda test: place.get(test, -1))


def _green(task: ProposerTask) -> list[TestResult]:
    files = {test.partition("::")[0] for test in task.step.tests}
    passed = [each for each in task.baseline.results.values() if each.outcome is Outcome.PASSED]
    return [each for each in passed if each.test.partition("::")[0] in files and each.test not in task.step.tests]


def _targets_quickest_first(task: ProposerTask) -> list[str]:
    """Tests that failed fast before those that ran out of time; unknown ones (files) last."""

    def slowness(test: str) -> tuple[bool, float]:
        result = task.baseline.results.get(test)
        return (result is None or result.outcome is Outcome.TIMEOUT, result.duration_s if result else 0.0)

    return sorted(task.step.tests, key=slowness)


def _passes(test: str, report: TestReport) -> bool:
    """A node id passes by its own result; a file or folder if something of it passed (and, as known, nothing failed)."""
    result = report.results.get(test)
    if result is not None:
        return result.outcome is Outcome.PASSED
    below = (each for name, each in report.results.items() if name.startswith((f"{test}::", f"{test}/")))
    return any(each.outcome is Outcome.PASSED for each in below)
