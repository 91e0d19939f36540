"""Coverage of the changed lines: which tests are traced, and what is said when not all of them could be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.checks.gates import CoverageGate
from tercet_server.ports import GatePolicy, Outcome, TestReport, TestResult
from tercet_shared.edits import FileTexts
from tercet_shared.errors import SandboxFailed
from tercet_shared.proposals import CheckStatus, OnFailure

BEFORE = "def f(x):\n    return x\n"
AFTER = 'def f(x):\n    """Says nothing."""\n    if x:\n        return 1\n    return x\n'
CHANGE = [FileTexts("a.py", BEFORE, AFTER)]
"""Its changed statements are on the lines 2 and 3, from zero."""


@dataclass
class TracedTests:
    """A session whose tests run known lines of `a.py`; `late` ones are never reached in time."""

    lines: Mapping[str, tuple[int, ...]]
    late: frozenset[str] = frozenset()
    outcome: Outcome = Outcome.PASSED
    broken: bool = False
    asked: list[str] = field(default_factory=list)

    async def run(self, tests: Sequence[str], **options: object) -> TestReport:
        assert options["trace"]
        self.asked += tests
        if self.broken:
            raise SandboxFailed("The sandbox is gone.")
        found = {
            each: TestResult(each, self.outcome, 0.1, covered={"a.py": self.lines[each]})
            for each in tests
            if each not in self.late
        }
        return TestReport(found, not_run=tuple(each for each in tests if each in self.late))


async def check_of(
    session, change=CHANGE, on_failure=OnFailure.REJECT, nearest=("near",), others=("far",), threshold=80
):
    gate = CoverageGate(session, GatePolicy(on_failure, threshold), 10, "python")
    return await gate.check(change, nearest, others, 60)


async def test_tests_far_away_are_not_traced_once_all_lines_were_run():
    session = TracedTests({"near": (2, 3), "far": ()})
    check = await check_of(session)
    assert (check.status, check.gate.figure, session.asked) == (CheckStatus.PASSED, 100, ["near"])


async def test_the_lines_of_all_tests_count_together():
    session = TracedTests({"near": (1, 2), "far": (3,)})
    check = await check_of(session)
    assert (check.status, check.gate.figure, session.asked) == (CheckStatus.PASSED, 100, ["near", "far"])
    assert check.command == ["python", "-m", "coverage", "run", "-m", "pytest", "near", "far"]


async def test_lines_that_no_test_runs_are_named():
    check = await check_of(TracedTests({"near": (2,), "far": ()}))
    assert check.status is CheckStatus.FAILED
    assert check.summary == "Tests that pass run 1 of 2 changed lines (50 %); 80 % are asked for."
    assert check.details == "Not run: a.py:4"


@pytest.mark.parametrize("on_failure", OnFailure)
@pytest.mark.parametrize("trouble", [{"late": frozenset({"far"})}, {"outcome": Outcome.TIMEOUT}, {"broken": True}])
async def test_what_could_not_be_traced_is_no_lack_of_coverage(on_failure, trouble):
    check = await check_of(TracedTests({"near": (2,), "far": (2,)}, **trouble), on_failure=on_failure)
    assert check.status is CheckStatus.SKIPPED
    assert check.gate.figure is None
    assert check.summary.startswith("At least ")


@pytest.mark.parametrize(
    "change",
    [
        [FileTexts("a.py", AFTER, AFTER.replace("Says", "Tells"))],
        [FileTexts("a.py", None, "X = 1\n")],
        [FileTexts("a.py", None, "def (")],
        [FileTexts("a.js", None, "function f() { return 1 }\n")],
    ],
)
async def test_a_change_without_statements_in_functions_has_no_coverage(change):
    assert await check_of(TracedTests({}), change) is None


async def test_no_test_is_traced_for_a_gate_that_is_off():
    session = TracedTests({"near": (), "far": ()})
    assert await check_of(session, on_failure=None) is None
    assert not session.asked


async def test_many_tests_are_named_by_their_files():
    many = [f"tests/test_{number % 2}.py::test_{number}" for number in range(60)]
    check = await check_of(TracedTests(dict.fromkeys(many, (2, 3))), nearest=many)
    assert check.command[-2:] == ["tests/test_0.py", "tests/test_1.py"]


async def test_without_a_test_nothing_is_covered():
    check = await check_of(TracedTests({}), nearest=(), others=())
    assert (check.status, check.gate.figure) == (CheckStatus.FAILED, 0)


def lines_changed(count: int) -> list[FileTexts]:
    """A new function of so many statements, on the lines from 1, counted from zero."""
    return [FileTexts("a.py", None, "def f():\n" + "".join(f"    x = {number}\n" for number in range(count)))]


async def measured(covered: int, count: int, threshold: float):
    session = TracedTests({"near": tuple(range(1, covered + 1))})
    return await check_of(session, lines_changed(count), others=(), threshold=threshold)


@pytest.mark.parametrize(
    ("covered", "count", "threshold", "status", "figure", "said"),
    [
        (199, 250, 80, CheckStatus.FAILED, 79.6, "(79.6 %); 80 % are asked for."),
        (1999, 2500, 80, CheckStatus.FAILED, 79.9, "(79.9 %); 80 % are asked for."),
        (200, 250, 80, CheckStatus.PASSED, 80, "(80 %)."),
        (693, 1000, 69.3, CheckStatus.PASSED, 69.3, "(69 %)."),
        (199, 200, 100, CheckStatus.FAILED, 99.5, "(99.5 %); 100 % are asked for."),
    ],
)
async def test_what_rounds_up_to_the_threshold_has_not_reached_it(covered, count, threshold, status, figure, said):
    check = await measured(covered, count, threshold)
    assert (check.status, check.gate.figure) == (status, figure)
    assert check.summary.endswith(said)


@given(st.integers(1, 60), st.data(), st.integers(1, 100))
async def test_a_whole_threshold_is_met_by_nothing_less(count, data, threshold):
    covered = data.draw(st.integers(0, count))
    check = await measured(covered, count, threshold)
    enough = 100 * covered >= threshold * count
    assert (check.status is CheckStatus.PASSED) == enough == (check.gate.figure >= threshold)


async def test_a_comment_excuses_no_line_from_coverage():
    excused = [FileTexts("a.py", BEFORE, AFTER.replace("if x:", "if x:  # pragma: no cover"))]
    assert (await check_of(TracedTests({"near": (3,), "far": ()}), excused)).gate.figure == 50
