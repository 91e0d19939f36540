"""How tests went last: told for exactly the lines that ran, as outdated once anything has moved, and never by running anything."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.languages.functions import functions
from tercet_server.ports import Outcome, TestReport, TestResult
from tercet_server.runs import last_outcomes
from tercet_server.runs.ran_tests import RanFile, ran_file, seen_files, told
from tercet_shared.errors import NotFound, WorkspaceGone
from tercet_shared.ids import ClientId, RunId
from tercet_shared.outcomes import TestOutcome
from tercet_shared.runs import Intent, Run, RunState, Target

from tests.doubles.function_tests import FunctionSession
from tests.server.runs.conftest import BROKEN, World, write_project

ADD, NOTHING, DOUBLE = (f"test_calc.py::{name}" for name in ("test_add", "test_add_nothing", "test_double"))
REPAIRED = {"calc.py": BROKEN["calc.py"].replace("a - b", "a + b")}


@pytest.fixture
async def reviewed(world: World) -> World:
    """A world in which all tests have run once."""
    await review(world)
    return world


async def review(world: World, **target: object) -> Run:
    return await world.rested((await world.service.start(world.request(Intent.REVIEW, **target))).id)


async def outcomes(world: World, path: str = "test_calc.py", client_id: ClientId | None = None) -> list[TestOutcome]:
    return (await world.board.outcomes.of(world.workspaces.workspace.id, path, client_id)).tests


async def states(world: World, path: str = "test_calc.py") -> list[str]:
    return [state(each) for each in await outcomes(world, path)]


def state(outcome: TestOutcome) -> str:
    went = "failed" if outcome.failed else "passed" if outcome.passed else "unknown"
    return f"{went}, outdated" if outcome.outdated else went


# -- what is told ---------------------------------------------------------------------------------------------------------


async def test_before_anything_ran_tests_are_named_and_asking_runs_none(world: World):
    found = await outcomes(world)
    assert [(each.name, each.test) for each in found] == [
        (test.partition("::")[2], test) for test in (ADD, NOTHING, DOUBLE)
    ]
    assert await states(world) == ["unknown"] * 3
    assert await outcomes(world, "calc.py") == []
    assert world.tests.log == []
    with pytest.raises(NotFound):
        await outcomes(world, "nowhere.py")


async def test_after_a_review_each_test_says_how_it_went(reviewed: World):
    assert await states(reviewed) == ["failed", "passed", "passed"]


async def test_outcomes_move_along_with_a_test_and_end_with_a_change_of_it(reviewed: World):
    """Nobody had looked at the text before it changed: what ran is known by the run itself."""
    moved = "# more\n\n" + BROKEN["test_calc.py"].replace("double(4) == 8", "double(4) == 9")
    write_project(reviewed.root, {"test_calc.py": moved})
    found = await outcomes(reviewed)
    assert [state(each) for each in found] == ["failed, outdated", "passed, outdated", "unknown, outdated"]
    assert found[0].name_range.start.as_tuple() == (2, 4)


async def test_outcomes_are_outdated_once_the_tested_code_is_another(reviewed: World):
    write_project(reviewed.root, REPAIRED)
    assert await states(reviewed) == ["failed, outdated", "passed, outdated", "passed, outdated"]
    write_project(reviewed.root, BROKEN)
    assert await states(reviewed) == ["failed", "passed", "passed"]


async def test_unsaved_texts_count_as_the_client_sees_them(reviewed: World):
    client = ClientId("c1")
    reviewed.workspaces.overlays[client, "calc.py"] = REPAIRED["calc.py"]
    assert state((await outcomes(reviewed, client_id=client))[0]) == "failed, outdated"
    reviewed.workspaces.overlays[client, "calc.py"] = BROKEN["calc.py"]
    assert state((await outcomes(reviewed, client_id=client))[0]) == "failed"


async def test_of_two_editors_each_is_told_by_its_own_unsaved_texts(world: World):
    ran, other = ClientId("c1"), ClientId("c2")
    world.workspaces.overlays[ran, "calc.py"] = REPAIRED["calc.py"]
    await review(world)
    world.workspaces.overlays[other, "calc.py"] = BROKEN["calc.py"]
    world.workspaces.overlays[ran, "calc.py"] = REPAIRED["calc.py"]
    assert state((await outcomes(world, client_id=ran))[0]) == "passed"
    assert state((await outcomes(world, client_id=other))[0]) == "passed, outdated"


async def test_an_applied_repair_is_no_pass_and_its_undo_brings_the_outcome_back(reviewed: World):
    run = await reviewed.fixed()
    assert run.proposal_id is not None
    await reviewed.applier.apply(run.proposal_id, None)
    assert await states(reviewed) == ["failed, outdated", "passed, outdated", "passed, outdated"]
    await review(reviewed)
    assert await states(reviewed) == ["passed"] * 3
    await reviewed.applier.undo(run.proposal_id, None)
    assert await states(reviewed) == ["failed", "passed", "passed"]


async def test_what_is_typed_while_tests_run_makes_outcomes_outdated_and_loses_none(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    collect = FunctionSession.collect

    async def typed(session: FunctionSession, targets: Sequence[str] = ()) -> TestReport:
        await asyncio.to_thread(write_project, world.root, {"test_calc.py": "# typed\n" + BROKEN["test_calc.py"]})
        return await collect(session, targets)

    monkeypatch.setattr(FunctionSession, "collect", typed)
    await review(world)
    assert await states(world) == ["failed, outdated", "passed, outdated", "passed, outdated"]


async def test_tests_that_are_gone_or_renamed_are_told_no_more(reviewed: World):
    others = BROKEN["test_calc.py"].partition("\n\n\n")[2].replace("test_double", "test_twice")
    write_project(reviewed.root, {"test_calc.py": others})
    assert [each.name for each in await outcomes(reviewed)] == ["test_add_nothing", "test_twice"]
    assert await states(reviewed) == ["passed, outdated", "unknown"]
    await review(reviewed)
    assert await states(reviewed) == ["passed", "passed"]


async def test_a_workspace_that_cannot_be_looked_at_shows_outcomes_as_outdated(reviewed: World, monkeypatch):
    def gone(*_: object) -> list[str]:
        raise WorkspaceGone("it is gone")

    monkeypatch.setattr("tests.doubles.folder_workspaces.FolderCopy.moved", gone)
    assert await states(reviewed) == ["failed, outdated", "passed, outdated", "passed, outdated"]


async def test_a_run_whose_outcomes_cannot_be_kept_ends_as_ever(world: World, monkeypatch: pytest.MonkeyPatch):
    def gone(_: object) -> None:
        raise WorkspaceGone("it is gone")

    monkeypatch.setattr("tests.doubles.folder_workspaces.FolderCopy.snapshot", gone)
    assert (await review(world)).state is RunState.COMPLETED
    assert await states(world) == ["unknown"] * 3


# -- single tests ---------------------------------------------------------------------------------------------------------


def failing(world: World) -> list[str | None]:
    files = world.board.get(world.workspaces.workspace.id)
    return [each.test for file in files for each in file.findings if each.source == "tests"]


async def test_single_tests_run_alone_and_what_is_known_of_others_stays(world: World):
    write_project(world.root, {"notes_py.py": "# to do\n"})
    run = await review(world, tests=[DOUBLE])
    assert (run.state, run.answer) == (RunState.COMPLETED, "1 test ran and none fails.")
    assert await states(world) == ["unknown", "unknown", "passed"]
    assert not any(file.findings for file in world.board.get(run.workspace_id))  # no linter ran
    assert (await review(world, tests=[ADD])).answer == "1 of 1 test fail."
    assert await states(world) == ["failed", "unknown", "passed"]
    await review(world, tests=[DOUBLE])
    assert failing(world) == [ADD]


async def test_a_single_test_that_passes_or_is_gone_takes_its_finding_down(reviewed: World):
    assert failing(reviewed) == [ADD]
    write_project(reviewed.root, REPAIRED)
    await review(reviewed, tests=[ADD])
    assert failing(reviewed) == []
    write_project(reviewed.root, BROKEN)
    await review(reviewed, tests=[ADD])
    assert failing(reviewed) == [ADD]
    write_project(reviewed.root, {"test_calc.py": BROKEN["test_calc.py"].replace("test_add(", "test_sum(")})
    run = await review(reviewed, tests=[ADD])
    assert run.problem is not None
    assert "no tests for test_calc.py::test_add" in run.problem.sentence
    assert failing(reviewed) == []


async def test_a_review_of_a_file_leaves_no_ghost_of_a_renamed_test(reviewed: World):
    write_project(reviewed.root, {"test_calc.py": BROKEN["test_calc.py"].replace("test_add(", "test_sum(")})
    await review(reviewed, tests=["test_calc.py"])
    assert failing(reviewed) == ["test_calc.py::test_sum"]


@pytest.mark.parametrize(
    ("newer", "older", "ends"),
    [
        (Target(), Target(), True),
        (Target(tests=["tests"]), Target(), True),
        (Target(base="HEAD"), Target(), False),
        (Target(tests=[ADD]), Target(), False),
        (Target(), Target(tests=[ADD]), False),
        (Target(tests=[ADD]), Target(tests=[DOUBLE]), False),
        (Target(tests=[ADD, DOUBLE]), Target(tests=[DOUBLE, ADD]), True),
    ],
)
async def test_a_review_ends_an_unfinished_one_but_single_tests_only_the_same(
    world: World, newer: Target, older: Target, ends: bool
):
    first = await world.ledger.create_run(
        world.request(Intent.REVIEW, **older.model_dump()), world.service._parts.clock.now()
    )
    await world.service._supersede_reviews(world.request(Intent.REVIEW, **newer.model_dump()))
    assert ((await world.ledger.run(RunId(first.id))).state is RunState.SUPERSEDED) is ends


def test_a_single_test_stands_for_its_cases_and_for_the_files_without_which_it_cannot_run():
    target = Target(tests=["tests/a/test_a.py::TestA::test_b"])
    assert target.is_single_tests
    about = ("tests/a/test_a.py::TestA::test_b", "tests/a/test_a.py::TestA::test_b[1]", "tests/a/test_a.py")
    assert all(target.is_about(each) for each in (*about, "tests/conftest.py", "conftest.py"))
    others = ("tests/a/test_a.py::TestA::test_bc", "tests/a/test_a.py::TestA", "tests/b/conftest.py", "tests/a", "")
    assert not any(target.is_about(each) for each in others)
    for tests in ([], ["tests"], ["a.py::test_a", "tests"]):
        assert not Target(tests=tests).is_single_tests
    assert not Target(tests=["a.py::test_a"], base="HEAD").is_single_tests


# -- what is kept ---------------------------------------------------------------------------------------------------------


async def review_another_text(world: World, number: int) -> Run:
    write_project(world.root, {"calc.py": f"# {number}\n{BROKEN['calc.py']}"})
    return await review(world)


async def test_what_runs_saw_of_the_same_texts_is_kept_once_and_the_latest_counts(
    reviewed: World, monkeypatch: pytest.MonkeyPatch
):
    await review(reviewed, tests=[ADD])
    await review(reviewed, tests=[DOUBLE])
    assert len(reviewed.board.outcomes._seen) == 1
    assert await states(reviewed) == ["failed", "passed", "passed"]
    report = TestReport({ADD: TestResult(ADD, Outcome.PASSED, 0.0)})
    workspace_id = reviewed.workspaces.workspace.id
    async with reviewed.workspaces.private_copy(workspace_id, None) as copy:
        await reviewed.board.outcomes.record(workspace_id, copy, report, [ADD])
    assert await states(reviewed) == ["passed", "passed", "passed"]


async def test_what_is_kept_is_limited_by_snapshots_and_by_objects(world: World, monkeypatch: pytest.MonkeyPatch):
    """Here that is two files of the snapshot, one file with tests and three tests: six objects, however long the files are."""
    kept = world.board.outcomes
    monkeypatch.setattr(last_outcomes, "MOST_SNAPSHOTS", 3)
    for number in range(5):
        await review_another_text(world, number)
    assert [each.size for each in kept._seen] == [6, 6, 6]
    monkeypatch.setattr(last_outcomes, "MOST_KEPT", 12)
    await review_another_text(world, 5)
    assert len(kept._seen) == 2
    monkeypatch.setattr(last_outcomes, "MOST_KEPT", 5)
    assert (await review_another_text(world, 6)).state is RunState.COMPLETED
    assert kept._seen == []
    assert await states(world) == ["unknown"] * 3


async def test_reports_that_were_made_up_fail_no_run(world: World):
    names = (
        "",
        "::",
        "test_calc.py",
        "../x.py::a",
        "/etc/passwd::a",
        "a\0b::c",
        "\ud800::x",
        "calc.py/x::y",
        "[::[",
        ADD,
    )
    results = {name: TestResult(name, Outcome.PASSED, 0.0, covered={"calc.py": (-1, 2**32)}) for name in names}
    errors = tuple(TestResult(name, Outcome.ERROR, 0.0) for name in ("", "..", "a\0"))
    workspace_id = world.workspaces.workspace.id
    async with world.workspaces.private_copy(workspace_id, None) as copy:
        await world.board.outcomes.record(workspace_id, copy, TestReport(results, tuple(names[:3]), errors), [""])
    assert await states(world) == ["passed", "unknown", "unknown"]


# -- one file -------------------------------------------------------------------------------------------------------------

CASES = "def test_a(n):\n    assert n\n\n\ndef test_b():\n    pass\n"


def ran(
    *results: tuple[str, Outcome], text: str = CASES, targets: tuple[str, ...] = (), **report: tuple[object, ...]
) -> RanFile:
    by_test = {f"test_a.py::{name}": TestResult(name, outcome, 0.0) for name, outcome in results}
    made = TestReport(by_test, **report)  # type: ignore[arg-type]  # what a test gives it
    return ran_file("test_a.py", text, seen_files(made, targets)["test_a.py"])


def of_a(
    current: RanFile | None = None, older: tuple[RanFile, ...] = (), text: str = CASES
) -> tuple[int, int, int, bool]:
    first = told("test_a.py", list(functions("test_a.py", text).values()), current, older)[0]
    return (first.passed, first.failed, first.skipped, first.outdated)


P, F, S, T = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.TIMEOUT


def test_cases_are_counted_and_those_that_have_vanished_count_no_more():
    first = ran(("test_a[0]", F), ("test_a[1]", P), ("test_a[2]", S), ("test_a[3]", T))
    assert of_a(first) == (1, 2, 1, False)
    assert of_a(ran(("test_a[1]", P)).over(first)) == (1, 0, 0, False)


def test_of_a_test_of_which_not_all_cases_ran_nothing_is_said():
    assert of_a(ran(("test_a[0]", P), not_run=("test_a.py::test_a[1]",))) == (0, 0, 0, False)
    assert of_a(ran(("test_a[0]", P), targets=("test_a.py::test_a[0]",))) == (0, 0, 0, False)
    assert of_a(ran(("test_a[0]", P), targets=("test_a.py::test_a", "test_a.py"))) == (1, 0, 0, False)


def test_no_test_of_a_file_that_cannot_be_imported_passes():
    error = TestResult("test_a.py", Outcome.ERROR, 0.0)
    assert of_a(ran(collection_errors=(error,)).over(ran(("test_a", P)))) == (0, 1, 0, False)


def test_an_outcome_of_older_code_is_outdated_and_gives_way_to_a_current_one():
    older = ran(("test_a", F))
    assert of_a(older=(older,)) == (0, 1, 0, True)
    assert of_a(ran(("test_a", P)), older=(older,)) == (1, 0, 0, False)
    assert of_a(older=(older,), text=CASES.replace("assert n", "assert m")) == (0, 0, 0, True)


def test_what_ran_is_a_test_by_whatever_name_but_only_as_it_was():
    text = CASES.replace("test_a", "check_a")
    assert of_a(ran(("check_a", P), text=text), text=text) == (1, 0, 0, False)
    changed = [*functions("test_a.py", text.replace("assert n", "return n")).values()]
    assert [each.name for each in told("test_a.py", changed, None, [ran(("check_a", P), text=text)])] == ["test_b"]


@given(st.lists(st.tuples(st.text(max_size=20), st.sampled_from(Outcome)), max_size=20), st.lists(st.text(max_size=9)))
def test_no_report_is_too_odd(results: list[tuple[str, Outcome]], others: list[str]):
    report = TestReport({name: TestResult(name, outcome, 0.0) for name, outcome in results}, tuple(others))
    for seen in seen_files(report, others).values():
        ran_file("test_a.py", CASES, seen)
