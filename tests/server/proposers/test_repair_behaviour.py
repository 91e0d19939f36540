"""Of several edits that satisfy the tests, the one that behaves like the original where that worked is offered first."""

from types import SimpleNamespace

from tercet_server.ports import Outcome, TestReport, TestResult
from tercet_server.proposers.repair.behaviour import disagreement, likeliest_first
from tercet_server.proposers.repair.pool import MutantPool

from tests.doubles.executed_tests import ExecutedTests

PATH, TEXT = "a.py", "def f(a, b):\n    return a < b\n"


def task_with(observations, passing=True):
    tests = ExecutedTests(PATH, TEXT, {})
    tests.observations = observations
    outcomes = {"test_a.py::red": Outcome.FAILED, "test_a.py::green": Outcome.PASSED if passing else Outcome.FAILED}
    baseline = TestReport({name: TestResult(name, outcome, 0.1) for name, outcome in outcomes.items()})
    return SimpleNamespace(tests=tests, baseline=baseline, step=SimpleNamespace(tests=["test_a.py::red"]))


def two_mutants():
    pool = MutantPool.of({PATH: TEXT}, {PATH: {1: 1.0}})
    return pool, sorted(pool.take(2), key=lambda each: -each.chance)


async def test_what_changes_less_comes_first():
    pool, (likely, unlikely) = two_mutants()
    task = task_with(
        {
            TEXT: ["gave 1", "gave 2", "raised IndexError", "gave 4"],
            pool.text(likely): ["gave 9", "gave 9", "gave 3", "gave 9"],
            pool.text(unlikely): ["gave 1", "gave 2", "gave 3", "gave 4"],
        }
    )
    assert await likeliest_first(task, pool, [likely, unlikely]) == [unlikely, likely]


async def test_with_nothing_to_see_nothing_changes():
    pool, mutants = two_mutants()
    assert await likeliest_first(task_with({}), pool, mutants) == mutants
    assert await likeliest_first(task_with({TEXT: ["gave 1"]}, passing=False), pool, mutants) == mutants
    assert await likeliest_first(task_with({TEXT: ["late", "raised KeyError"]}), pool, mutants) == mutants


def test_only_values_of_the_original_count():
    assert disagreement(["gave 1", "late", "raised E"], ["gave 1", "gave 2", "gave 3"]) == 0
    assert disagreement(["gave 1", "gave 2"], ["gave 1", "raised E"]) == 0.5
    assert disagreement(["gave 1"], []) == 1
    assert disagreement([], ["gave 1"]) == 0
