"""The gate about coverage: which of the changed lines the tests run that pass. Python's lines alone."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tercet_shared.edits import FileTexts
from tercet_shared.errors import SandboxFailed
from tercet_shared.proposals import Check, CheckName, OnFailure

from tercet_server.checks.gates.measure import Measure, judged
from tercet_server.edits.lines import added_lines
from tercet_server.languages.statements import line_spans, statement_lines
from tercet_server.ports import FAILING, GatePolicy, TestSession

_ARGUMENTS = 50
"""More tests than this are named by their files."""

_LEAST_S, _REPORTED_S = 3.0, 5.0
"""Seconds that tracing may take though the time of the proof is over, and at most where it decides nothing."""


@dataclass(frozen=True)
class CoverageGate:
    """Traces tests with the change applied, the nearest first, until every changed line was run or none is left."""

    session: TestSession
    policy: GatePolicy
    per_test_s: float
    interpreter: str

    async def check(
        self, texts: Sequence[FileTexts], nearest: Sequence[str], others: Sequence[str], deadline_s: float
    ) -> Check | None:
        """`nearest` and `others` are tests that pass. None where the gate is off or no statement in a function was changed."""
        if self.policy.on_failure is None:
            return None
        wanted = await asyncio.to_thread(changed_statements, texts)
        if not wanted:
            return None
        most_s = _REPORTED_S if self.policy.on_failure is OnFailure.REPORT else deadline_s
        ends_at = time.monotonic() + max(_LEAST_S, min(most_s, deadline_s))
        measure = await self._measure(wanted, [nearest, others], ends_at)
        return judged(measure, self.policy, self.policy.on_failure, at_least=True)

    async def _measure(self, wanted: set[tuple[str, int]], groups: Sequence[Sequence[str]], ends_at: float) -> Measure:
        started, left, whole = time.monotonic(), set(wanted), True
        traced: list[str] = []
        for tests in groups:
            if tests and left:
                run, complete = await self._trace(tests, ends_at - time.monotonic())
                left -= run
                whole &= complete
                traced += tests
        percent = 100.0 * (len(wanted) - len(left)) / len(wanted)
        known = whole or percent >= self.policy.threshold
        return Measure(
            name=CheckName.COVERAGE,
            tool="tests, traced",
            unit="percent of the changed lines",
            figure=_floor(len(wanted), len(left)) if known else None,
            summary=_summary(len(wanted), len(left), self.policy.threshold, known),
            command=(self.interpreter, "-m", "coverage", "run", "-m", "pytest", *_named(traced)),
            details=[f"Not run: {place}" for place in _places(left)],
            duration_s=time.monotonic() - started,
        )

    async def _trace(self, tests: Sequence[str], deadline_s: float) -> tuple[set[tuple[str, int]], bool]:
        """The lines that `tests` run, and whether all of them could be traced."""
        if deadline_s <= 0:
            return set(), False
        try:
            report = await self.session.run(tests, per_test_s=self.per_test_s, deadline_s=deadline_s, trace=True)
        except SandboxFailed:  # a measure that cannot be taken is no reason to give up a proof
            return set(), False
        passed = [each for each in report.results.values() if each.outcome not in FAILING]
        lines = {(path, line) for each in passed for path, run in each.covered.items() for line in run}
        return lines, not report.not_run and len(passed) == len(report.results)


def changed_statements(texts: Sequence[FileTexts]) -> set[tuple[str, int]]:
    """Path and line (from zero) of the statements in functions on lines that the change brings."""
    return {
        (each.path, line)
        for each in texts
        if each.path.endswith(".py")
        for line in statement_lines(each.after) & added_lines(each.before, each.after).keys()
    }


def _summary(count: int, left: int, threshold: float, known: bool) -> str:
    percent = _percent(count, left, threshold)
    if not known:
        return f"At least {percent} of {_lines(count)} are run by tests; there was no time to trace all of them."
    short = f"; {threshold:g} % are asked for" if 100 * (count - left) < threshold * count else ""
    return f"Tests that pass run {count - left} of {_lines(count)} ({percent}){short}."


def _percent(count: int, left: int, threshold: float) -> str:
    """Rounded, unless that would say that a threshold is reached which is not."""
    percent = 100 * (count - left) / count
    return f"{_floor(count, left):g} %" if percent < threshold <= round(percent) else f"{percent:.0f} %"


def _floor(count: int, left: int) -> float:
    """Percent to one decimal that is never more than it is."""
    return 1000 * (count - left) // count / 10


def _lines(count: int) -> str:
    return f"{count} changed line{'s' * (count != 1)}"


def _named(tests: Sequence[str]) -> list[str]:
    return list(tests) if len(tests) <= _ARGUMENTS else list(dict.fromkeys(each.partition("::")[0] for each in tests))


def _places(lines: set[tuple[str, int]]) -> Iterator[str]:
    for path in sorted({path for path, _ in lines}):
        for first, last in line_spans(sorted(line for where, line in lines if where == path)):
            yield f"{path}:{first + 1}" + (f"-{last + 1}" if last > first else "")
