"""From tests and their outcomes to a plan: over toy projects whose tests really run."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tercet_server.agents import Planned, Planner, PlanningTask
from tercet_server.agents.survey import take_survey, trace
from tercet_server.ports import Outcome, TestReport, TestResult
from tercet_shared.edits import line_range
from tercet_shared.errors import NoTests, NothingFailing
from tercet_shared.runs import Intent, Progress, RunRequest, Target

from tests.doubles.folder_workspaces import FolderWorkspaces
from tests.doubles.function_tests import CoverageContext, FunctionSession

CALC = "def add(a, b):\n    return a - b\n"
TEXT = "def shout(word):\n    return word.lower()\n"
TESTS = {
    "calc.py": CALC,
    "text.py": TEXT,
    "test_calc.py": (
        'def test_add(load):\n    assert load("calc.py").add(2, 3) == 5\n\n\n'
        'def test_add_nothing(load):\n    assert load("calc.py").add(2, 0) == 2\n\n\n'
        'def test_add_much(load):\n    assert load("calc.py").add(2, 300) == 302\n'
    ),
    "test_text.py": 'def test_shout(load):\n    assert load("text.py").shout("a") == "A"\n',
}


async def silent(_: Progress) -> None:
    pass


@asynccontextmanager
async def planning(tmp_path, files, target: Target, **options) -> AsyncIterator[PlanningTask]:
    tmp_path.mkdir(exist_ok=True)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    workspaces = FolderWorkspaces(tmp_path)
    request = RunRequest(workspace_id=workspaces.workspace.id, intent=Intent.FIX, target=target)
    async with workspaces.private_copy(request.workspace_id, None) as copy:
        session = options.pop("session", None) or FunctionSession(copy, [])
        yield PlanningTask(request, copy, session, options.get("targets", ()), options.get("per_test_s", 0.05), 60.0)


async def planned(tmp_path, files=TESTS, **target) -> Planned:
    async with planning(tmp_path, files, Target(**target)) as task:
        return await Planner(CoverageContext()).plan(task, silent)


async def test_failures_of_one_cause_are_one_step_and_of_another_another(tmp_path):
    plan = (await planned(tmp_path)).plan
    assert [(step.tests, step.files) for step in plan.steps] == [
        (["test_calc.py::test_add", "test_calc.py::test_add_much"], ["calc.py"]),
        (["test_text.py::test_shout"], ["text.py"]),
    ]
    assert plan.summary == "3 of 4 tests fail. Looked at first: calc.py, text.py."
    assert plan.steps[0].title == "make test_calc.py::test_add and 1 more pass"
    assert all(suspect.path == "text.py" for suspect in plan.steps[1].suspects)


async def test_only_the_named_tests_are_run(tmp_path):
    result = await planned(tmp_path, tests=["test_text.py::test_shout"])
    assert list(result.survey.results) == ["test_text.py::test_shout"]


async def test_passing_tests_beside_a_named_one_tell_innocent_lines_and_stand_guard(tmp_path):
    result = await planned(tmp_path, tests=["test_calc.py::test_add"])
    assert list(result.survey.results) == ["test_calc.py::test_add", "test_calc.py::test_add_nothing"]
    assert set(result.baseline.results) == set(result.survey.results)
    assert result.plan.steps[0].tests == ["test_calc.py::test_add"]
    assert set(result.test_findings) == {"test_calc.py"}


async def test_a_test_file_stands_for_its_tests(tmp_path):
    result = await planned(tmp_path, path="test_text.py")
    assert list(result.survey.results) == ["test_text.py::test_shout"]


async def test_a_source_file_means_all_tests(tmp_path):
    result = await planned(tmp_path, path="calc.py")
    assert len(result.survey.results) == 4


async def test_a_finding_is_a_step_of_its_own_without_tests(tmp_path):
    result = await planned(tmp_path, path="calc.py", range=line_range(1, 4))
    [step] = result.plan.steps
    assert (step.files, step.range, step.tests) == (["calc.py"], line_range(1, 4), [])
    assert result.plan.summary == "Resolve the finding at calc.py:2."


async def test_nothing_failing_is_said_with_the_count(tmp_path):
    with pytest.raises(NothingFailing, match="The only test passes: nothing to repair"):
        await planned(tmp_path, tests=["test_calc.py::test_add_nothing"])


async def test_no_tests_says_where_it_looked(tmp_path):
    with pytest.raises(NoTests, match=r"for nowhere\.py"):
        await planned(tmp_path, tests=["nowhere.py"])
    with pytest.raises(NoTests, match="in this workspace"):
        await planned(tmp_path / "empty", {})


async def test_a_test_file_that_cannot_be_imported_counts_as_failing(tmp_path):
    files = {"calc.py": CALC, "test_calc.py": "def test_add(load:\n"}
    result = await planned(tmp_path, files)
    [step] = result.plan.steps
    assert step.tests == ["test_calc.py"]
    assert result.plan.risks == ["No line could be blamed for some of the failures."]
    [finding] = result.test_findings["test_calc.py"]
    assert (finding.rule, finding.test) == ("test-error", "test_calc.py")


async def test_findings_stand_at_the_failing_line_with_a_sentence(tmp_path):
    result = await planned(tmp_path)
    first = result.test_findings["test_calc.py"][0]
    assert (first.range.start.line, first.range.start.character, first.rule) == (1, 4, "test-failed")
    assert first.message.startswith("AssertionError")
    hints = [hint for hints in result.suspect_findings.values() for hint in hints]
    assert len(hints) <= 5
    assert "may be why test_add and 2 more fails (suspicion 100%)" in hints[0].message


class ScriptedSession:
    """Tests with given true durations; None hangs. Remembers the limits they were run with."""

    def __init__(self, durations: dict[str, float | None]) -> None:
        self.durations = durations
        self.limits: list[tuple[float, int]] = []

    @property
    def import_paths(self) -> list[str]:
        return []

    async def collect(self, targets=()) -> TestReport:
        return TestReport(results={}, not_run=tuple(self.durations))

    async def observe(self, tests: Sequence[str], *, texts: Mapping[str, str], deadline_s: float) -> Sequence[str]:
        return ()

    async def run(self, tests, *, per_test_s, deadline_s, texts=None, trace=False, stop_at_failure=False) -> TestReport:
        self.limits.append((per_test_s, len(tests)))
        results = {}
        for test in tests:
            true = self.durations[test]
            late = true is None or true > per_test_s
            results[test] = TestResult(test, Outcome.TIMEOUT if late else Outcome.PASSED, per_test_s if late else true)
        return TestReport(results=results, duration_s=1.0)


async def survey(durations: dict[str, float | None], per_test_s: float = 10.0):
    session = ScriptedSession(durations)
    result = await take_survey(session, [], per_test_s=per_test_s, deadline_s=100, progress=silent)
    return session, result


async def test_hanging_tests_cost_two_second_looks_and_no_more():
    session, result = await survey({f"t.py::t{number}": None for number in range(10)} | {"t.py::quick": 0.01})
    assert session.limits == [(1.0, 11), (5.0, 1), (5.0, 1)]
    assert len(result.failing) == 10
    assert result.per_test_s == 1.0


async def test_where_nothing_is_green_a_second_look_has_the_full_limit():
    session, _ = await survey({f"t.py::t{number}": None for number in range(4)})
    assert session.limits == [(1.0, 4), (10.0, 1), (10.0, 1)]


async def test_slow_tests_are_told_from_hanging_ones():
    session, result = await survey({f"t.py::t{number}": 3.0 for number in range(5)})
    assert session.limits == [(1.0, 5), (10.0, 1), (10.0, 1), (10.0, 3)]
    assert result.failing == []
    assert result.per_test_s == 10.0, "ten times the slowest green test, capped"


@pytest.mark.parametrize(("green_s", "limit_s"), [(0.01, 1.0), (0.3, 3.0), (0.9, 9.0), (1.5, 10.0)])
async def test_later_limits_come_from_the_slowest_green_test(green_s, limit_s):
    _, result = await survey({"t.py::a": green_s, "t.py::b": 0.0})
    assert result.per_test_s == limit_s


async def test_a_low_limit_needs_no_second_look():
    session, _ = await survey({"t.py::a": None}, per_test_s=0.5)
    assert session.limits == [(0.5, 1)]


@pytest.mark.parametrize(("green_s", "traced"), [(0.0, 600), (0.001, 600), (0.01, 100), (0.5, 60)])
async def test_as_many_passing_tests_are_traced_as_are_quick_and_they_are_spread_evenly(green_s, traced):
    session, result = await survey({"t.py::hangs": None} | {f"t.py::t{number}": green_s for number in range(1200)})
    report = await trace(session, result, deadline_s=100, per_test_s=10.0)
    numbers = [int(test.removeprefix("t.py::t")) for test in report.results if test != "t.py::hangs"]
    assert numbers == list(range(0, 1200, 1200 // traced))


async def test_many_failures_are_grouped_and_the_rest_is_said(tmp_path):
    files = {}
    for number in range(10):
        files[f"m{number}.py"] = "def f():\n    return 1\n"
        files[f"test_m{number}.py"] = f'def test_f(load):\n    assert load("m{number}.py").f() == 2\n'
    plan = (await planned(tmp_path, files)).plan
    assert len(plan.steps) == 8
    assert plan.risks == ["2 failing tests of other causes are left for another run."]


async def test_hanging_tests_that_were_not_traced_go_with_those_of_their_file(tmp_path):
    class HangingAdd(FunctionSession):
        """Every test of `test_calc.py` hangs, and only the traced ones show where."""

        async def _run_one(self, test, per_test_s, texts, trace):
            result = await super()._run_one(test, per_test_s, texts, trace)
            return replace(result, outcome=Outcome.TIMEOUT) if test.startswith("test_calc.py") else result

    more = "".join(f'\n\ndef test_more_{number}(load):\n    load("calc.py").add(0, 0)\n' for number in range(6))
    files = {**TESTS, "test_calc.py": TESTS["test_calc.py"] + more}
    async with planning(tmp_path, files, Target()) as task:
        hanging = replace(task, session=HangingAdd(task.copy, []))
        plan = (await Planner(CoverageContext()).plan(hanging, silent)).plan
    assert [(len(step.tests), step.files) for step in plan.steps] == [(9, ["calc.py"]), (1, ["text.py"])]
