"""The search as its caller sees it: candidates as they are found, best first, in time, and nothing left running."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from tercet_server.edits import apply_edits
from tercet_server.ports import Frame, Outcome, ProposerTask, TestReport, TestResult
from tercet_server.proposers import RepairProposer
from tercet_server.proposers.suspicion import suspicious_lines
from tercet_shared.ids import WorkspaceId
from tercet_shared.proposals import Candidate
from tercet_shared.runs import PlanStep, Progress, Suspect
from tercet_shared.workspaces import Interpreter, Trust, Workspace

from tests.doubles.executed_tests import ExecutedTests, Namespace, Slow
from tests.doubles.folder_copy import FolderCopy

PATH = "shop/prices.py"
TEXT = """\
def total(prices, limit):
    result = 0
    for price in prices:
        if price < limit:
            result += price
    return result
"""


def at_limit(module: Namespace) -> None:
    assert module["total"]([1, 2, 3], 3) == 6


def below_limit(module: Namespace) -> None:
    assert module["total"]([1, 2, 9], 3) == 3


def node_id(name: str) -> str:
    return f"tests/test_it.py::{name}"


def task(
    tmp_path: Path, session: ExecutedTests, *, deadline_s: float = 60.0, text: str = TEXT, **step: object
) -> ProposerTask:
    (tmp_path / "shop").mkdir(exist_ok=True)
    (tmp_path / PATH).write_text(text)
    results = {
        node_id("below"): TestResult(node_id("below"), Outcome.PASSED, 0.001),
        node_id("at"): TestResult(node_id("at"), Outcome.FAILED, 0.002, frames=(Frame(PATH, 3, "total"),)),
    }
    lines = [Suspect(path=PATH, line=line, score=score) for line, score in ((3, 0.7), (4, 0.7), (5, 0.5), (1, 0.5))]
    given = {"tests": [node_id("at")], "suspects": lines, **step}
    return ProposerTask(
        workspace=Workspace(id=WorkspaceId("w"), root=str(tmp_path), name="shop", trust=Trust.TRUSTED),
        copy=FolderCopy(tmp_path, tmp_path),
        interpreter=Interpreter(path="python", source="PATH"),
        step=PlanStep(id="1", title="repair", **given),  # type: ignore[arg-type]  # of known shape in these tests
        baseline=TestReport(results),
        tests=session,
        deadline_s=deadline_s,
        per_test_s=10.0,
    )


async def no_progress(_: Progress) -> None:
    return None


async def candidates(task: ProposerTask) -> list[Candidate]:
    return [each async for each in RepairProposer().propose(task, no_progress)]


def session(**tests: object) -> ExecutedTests:
    return ExecutedTests(PATH, TEXT, tests or {"at": at_limit, "below": below_limit})  # type: ignore[arg-type]  # as above


async def test_a_wrong_boundary_is_repaired(tmp_path: Path) -> None:
    tests = session()
    found = await candidates(task(tmp_path, tests))
    edit = found[0].change_set.files[0]
    assert found[0].title == "replace `<` by `<=` in total()"
    assert apply_edits(TEXT, edit.edits) == TEXT.replace("<", "<=")
    assert len(found) <= 3
    assert tests.running == 0


async def test_failing_tests_run_before_passing_ones_and_several_runs_overlap(tmp_path: Path) -> None:
    tests = session()
    await candidates(task(tmp_path, tests))
    assert set(tests.orders) == {(node_id("at"),), (node_id("below"), node_id("at"))}
    assert tests.most_running > 1


async def test_no_candidate_breaks_what_passed(tmp_path: Path) -> None:
    for candidate in await candidates(task(tmp_path, session())):
        module: Namespace = {}
        exec(apply_edits(TEXT, candidate.change_set.files[0].edits), module)
        at_limit(module)
        below_limit(module)


async def test_what_a_proof_said_to_be_broken_no_further_candidate_breaks(tmp_path: Path) -> None:
    def alone(module: Namespace) -> None:
        assert module["total"]([3], 3) == 0

    def never(module: Namespace) -> None:
        raise AssertionError

    tests = session(at=at_limit, below=below_limit, alone=alone, never=never)
    broken: list[str] = []
    found, breaking = [], []
    async for candidate in RepairProposer().propose(replace(task(tmp_path, tests), broken=broken), no_progress):
        module: Namespace = {}
        exec(apply_edits(TEXT, candidate.change_set.files[0].edits), module)
        found.append(candidate.title)
        if module["total"]([3], 3) != 0:
            breaking.append(candidate.title)
            broken += [each for each in (node_id("never"), node_id("alone")) if each not in broken]
    assert breaking == found[:1] == ["replace `<` by `<=` in total()"]
    assert len(found) > 1, "the search goes on with what it has learnt"


async def test_the_search_ends_at_its_deadline(tmp_path: Path) -> None:
    def impossible(module: Namespace) -> None:
        raise AssertionError

    started = asyncio.get_running_loop().time()
    assert await candidates(task(tmp_path, session(at=impossible, below=below_limit), deadline_s=0.2)) == []
    assert asyncio.get_running_loop().time() - started < 5


async def test_the_search_ends_when_nothing_is_left(tmp_path: Path) -> None:
    def impossible(module: Namespace) -> None:
        raise AssertionError

    text = "def total(prices, limit):\n    return 0\n"
    tests = ExecutedTests(PATH, text, {"at": impossible, "below": below_limit})
    assert await candidates(task(tmp_path, tests, text=text)) == []


async def test_slow_repairs_get_more_time_later(tmp_path: Path) -> None:
    def slow_but_right(module: Namespace) -> None:
        at_limit(module)
        raise Slow(6.0)

    tests = session(at=slow_but_right, below=below_limit)
    found = await candidates(task(tmp_path, tests))
    assert found[0].title == "replace `<` by `<=` in total()"
    assert min(tests.limits_s) == 0.1
    assert max(tests.limits_s) > 6.0


async def test_closing_stops_every_run(tmp_path: Path) -> None:
    class Hanging(ExecutedTests):
        async def run(self, *args: object, **options: object) -> TestReport:  # type: ignore[override]  # any call hangs
            self.running += 1
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.running -= 1
            raise AssertionError

    started = asyncio.Event()
    tests = Hanging(PATH, TEXT, {})
    search = asyncio.create_task(candidates(task(tmp_path, tests)))
    await started.wait()
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    assert tests.running == 0


async def test_progress_is_told(tmp_path: Path) -> None:
    told: list[Progress] = []

    async def progress(each: Progress) -> None:
        told.append(each)

    async with aclosing(RepairProposer().propose(task(tmp_path, session()), progress)) as found:  # type: ignore[type-var]  # it is a generator
        await anext(found)
    assert told[0].message == f"Looking for edits in {PATH}"
    assert all(each.percent is not None for each in told)


async def test_without_failing_tests_there_is_nothing_to_search(tmp_path: Path) -> None:
    assert await candidates(task(tmp_path, session(), tests=[])) == []


async def test_a_suspect_that_has_vanished_is_left_out(tmp_path: Path) -> None:
    suspects = [Suspect(path="gone.py", line=0, score=1.0), Suspect(path=PATH, line=3, score=0.5)]
    assert await candidates(task(tmp_path, session(), suspects=suspects))


def test_without_suspects_the_tracebacks_say_where(tmp_path: Path) -> None:
    assert suspicious_lines(task(tmp_path, session(), suspects=[])) == {PATH: {3: 1.0}}


def test_tests_and_what_they_judge_by_are_never_suspects(tmp_path: Path) -> None:
    """`return found == wanted` bent to `wanted == wanted` in a helper of the tests would satisfy them all."""
    suspects = [
        Suspect(path=path, line=0, score=1.0)
        for path in ("tests/test_it.py", "conftest.py", "tests/support.py", "tests/lib/compare.py", "a.txt", PATH)
    ]
    assert suspicious_lines(task(tmp_path, session(), suspects=suspects)) == {PATH: {0: 1.0}}


def test_a_file_beside_the_tests_in_no_folder_of_tests_is_less_suspicious(tmp_path: Path) -> None:
    suspects = [Suspect(path=path, line=0, score=1.0) for path in ("shop/beside.py", "lib/far.py")]
    asked = task(tmp_path, session(), tests=["shop/test_it.py::at"], suspects=suspects)
    assert suspicious_lines(asked) == {"lib/far.py": {0: 1.0}, "shop/beside.py": {0: 0.5}}
