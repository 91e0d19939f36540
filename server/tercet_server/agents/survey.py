"""Runs tests to learn which fail, how long the green ones take, and which lines the failing ones execute.

Knows the session of tests alone; what follows from the outcomes is the planner's to say.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tercet_shared.errors import NoTests
from tercet_shared.runs import Progress

from tercet_server.ports import Outcome, ReportProgress, TestReport, TestResult, TestSession

FIRST_LOOK_S = 1.0
"""Few tests take longer; those that do get a second look."""

SECOND_LOOKS = 2
"""If this many slow tests hang in a second look too, the others are believed to hang."""

SECOND_LOOK_S = 5.0
"""Time enough where other tests are green at once; where none is green, a second look has the full limit."""

SHORTEST_LIMIT_S = 1.0
GREEN_FACTOR = 10.0
"""A test that takes ten times as long as the slowest green one hangs."""

TRACE_FACTOR = 4.0
"""How much slower tests run while their lines are recorded."""

TRACED_FAILING, TRACED_HANGING = 40, 3
"""Tests that are traced at most: enough to rank lines by, few enough to be quick."""

TRACED_PASSING, MOST_TRACED_PASSING, TRACED_PASSING_S = 60, 600, 1.0
"""Passing tests that are traced however slow they are, and that are traced at most while those take no longer together.

They tell which lines are innocent, and are what a repair is tried on before it is proved."""


@dataclass(frozen=True)
class Survey:
    """Outcomes and durations of an untraced run. `per_test_s` is the limit that later runs should use."""

    report: TestReport
    per_test_s: float

    @property
    def failing(self) -> list[TestResult]:
        return self.report.failing()

    @property
    def passing(self) -> list[TestResult]:
        return [each for each in self.report.results.values() if each.outcome is Outcome.PASSED]


async def take_survey(
    session: TestSession,
    targets: Sequence[str],
    *,
    per_test_s: float,
    deadline_s: float,
    progress: ReportProgress,
) -> Survey:
    """Collects and runs `targets` (none: all tests). Raises NoTests."""
    await progress(Progress(message="collecting tests"))
    collected = await session.collect(targets)
    tests = list(collected.not_run)
    if not tests and not collected.collection_errors and not collected.complete:
        raise NoTests(
            f"{collected.tool} did not come to the end of collecting the tests. "
            f"Run `{_listing(collected)}` in the workspace to see what hangs or ends it, and mend that first."
        )
    if not tests and not collected.collection_errors:
        where = f"for {', '.join(targets)}" if targets else "in this workspace"
        raise NoTests(
            f"{collected.tool} found no tests {where}. Tercet proves its changes by tests: write one that fails, then try again."
        )
    await progress(Progress(message=f"running {len(tests)} tests"))
    first_s = min(FIRST_LOOK_S, per_test_s)
    report = await session.run(tests, per_test_s=first_s, deadline_s=deadline_s) if tests else collected
    errors = {each.test: each for each in (*collected.collection_errors, *report.collection_errors)}
    report = replace(report, collection_errors=tuple(errors.values()))
    report = await _second_look(session, report, first_s, per_test_s, deadline_s - report.duration_s)
    return Survey(report, _limit(report, per_test_s))


def _listing(collected: TestReport) -> str:
    return "python -m pytest --collect-only" if collected.tool == "pytest" else " ".join(collected.command)


async def with_siblings(
    session: TestSession, survey: Survey, targets: Sequence[str], *, per_test_s: float, deadline_s: float
) -> Survey:
    """Adds the passing tests beside single tests that were asked for: they tell which lines are innocent, and what a
    change must not break."""
    files = list(dict.fromkeys(test_file(each) for each in targets if "::" in each))
    if not files or not survey.failing:
        return survey
    collected = await session.collect(files)
    others = [test for test in collected.not_run if test not in survey.report.results]
    if not others:
        return survey
    report = await session.run(others, per_test_s=min(FIRST_LOOK_S, per_test_s), deadline_s=deadline_s)
    green = {name: each for name, each in report.results.items() if each.outcome is Outcome.PASSED}
    wider = replace(survey.report, results={**survey.report.results, **green})
    return Survey(wider, _limit(wider, per_test_s))


async def trace(session: TestSession, survey: Survey, *, deadline_s: float, per_test_s: float) -> TestReport:
    """Runs failing tests, and passing ones of the same files, with their lines recorded.

    `per_test_s` caps what a test may take. Results are in the order of the survey.
    Collection errors are kept as they are: they have no lines.
    """
    failing = list({each.test: each for each in survey.report.results.values() if each in survey.failing}.values())
    hanging = [each.test for each in failing if each.outcome is Outcome.TIMEOUT][:TRACED_HANGING]
    broken = [each.test for each in failing if each.outcome is not Outcome.TIMEOUT][:TRACED_FAILING]
    files = {test_file(each.test) for each in survey.failing}
    passing = _sample([each for each in survey.passing if test_file(each.test) in files])
    limit_s = min(survey.per_test_s * TRACE_FACTOR, max(per_test_s, survey.per_test_s))
    quick = session.run([*broken, *passing], per_test_s=limit_s, deadline_s=deadline_s, trace=True)
    slow = session.run(hanging, per_test_s=survey.per_test_s, deadline_s=deadline_s, trace=True)
    report = TestReport(results={}, collection_errors=survey.report.collection_errors)
    for traced in await asyncio.gather(quick, slow):
        report = _merged(traced, report)
    place = {test: number for number, test in enumerate(survey.report.results)}
    results = dict(sorted(report.results.items(), key=lambda each: place.get(each[0], len(place))))
    return replace(report, results=results)


def test_file(test: str) -> str:
    """The file of a node id (or of a collection error, which is named by its file)."""
    return test.partition("::")[0]


def _sample(passing: Sequence[TestResult]) -> list[str]:
    """Spread evenly over the tests as they stand, for neighbours are about the same thing."""
    whole_s = sum(each.duration_s for each in passing)
    affordable = int(len(passing) * TRACED_PASSING_S / whole_s) if whole_s > TRACED_PASSING_S else len(passing)
    count = min(len(passing), max(TRACED_PASSING, min(affordable, MOST_TRACED_PASSING)))
    return [passing[number * len(passing) // count].test for number in range(count)]


async def _second_look(
    session: TestSession, report: TestReport, first_s: float, per_test_s: float, deadline_s: float
) -> TestReport:
    """Tells slow tests from hanging ones without waiting for every hanging one to hit the full limit."""
    slow = [each.test for each in report.results.values() if each.outcome is Outcome.TIMEOUT]
    if not slow or per_test_s <= first_s or deadline_s <= 0:
        return report
    samples = list({test_file(test): test for test in reversed(slow)}.values())[:SECOND_LOOKS]
    samples += [test for test in slow if test not in samples][: SECOND_LOOKS - len(samples)]
    green = _slowest_green_s(report)
    second_s = per_test_s if green is None else min(per_test_s, max(SECOND_LOOK_S, GREEN_FACTOR * green))
    looks = [session.run([test], per_test_s=second_s, deadline_s=deadline_s) for test in samples]
    second = await asyncio.gather(*looks)
    for look in second:
        report = _merged(look, report)
    rest = [test for test in slow if test not in samples]
    if not rest or all(each.outcome is Outcome.TIMEOUT for look in second for each in look.results.values()):
        return report
    left_s = max(first_s, deadline_s - max(look.duration_s for look in second))
    return _merged(await session.run(rest, per_test_s=per_test_s, deadline_s=left_s), report)


def _merged(newer: TestReport, older: TestReport) -> TestReport:
    results = {**older.results, **newer.results}
    return replace(
        older if older.results else newer,
        results=results,
        not_run=tuple(test for test in (*older.not_run, *newer.not_run) if test not in results),
        collection_errors=older.collection_errors or newer.collection_errors,
        duration_s=older.duration_s + newer.duration_s,
    )


def _slowest_green_s(report: TestReport) -> float | None:
    return max((each.duration_s for each in report.results.values() if each.outcome is Outcome.PASSED), default=None)


def _limit(report: TestReport, per_test_s: float) -> float:
    return min(per_test_s, max(SHORTEST_LIMIT_S, GREEN_FACTOR * (_slowest_green_s(report) or 0.0)))
