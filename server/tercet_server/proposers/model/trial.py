"""Tries a draft on tests, in memory: which of them do not pass, as the test runner says it. Decides nothing."""

from collections.abc import Mapping, Sequence

from tercet_server.ports import Outcome, ProposerTask, TestReport
from tercet_server.proposers.model.material import reports

REPORT_TOKENS = 1500
SHORTEST_S = 1.0


async def try_tests(task: ProposerTask, tests: Sequence[str], texts: Mapping[str, str], deadline_s: float) -> str:
    """The reports of what does not pass, fenced; empty if all of the tests pass with these texts."""
    report = await task.tests.run(
        tests,
        per_test_s=task.per_test_s,
        deadline_s=max(SHORTEST_S, deadline_s),
        texts=texts,
        stop_at_failure=True,
    )
    if _all_pass(report, tests):
        return ""
    return reports(report, tests, REPORT_TOKENS) or "No test was run."


def _all_pass(report: TestReport, tests: Sequence[str]) -> bool:
    passed = all(
        (result := report.results.get(test)) is not None and result.outcome is Outcome.PASSED
        for test in tests
        if "::" in test
    )
    return passed and bool(report.results) and not report.failing() and not report.not_run
