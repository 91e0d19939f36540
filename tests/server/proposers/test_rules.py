"""Ruff's fixes as candidates: for one finding, and for the suspicious lines of a failing test."""

from pathlib import Path

import pytest
from tercet_server.edits import apply_edits
from tercet_server.ports import Outcome, ProposerTask, TestReport, TestResult
from tercet_server.proposers import RulesProposer
from tercet_server.proposers.rules.fixes import rule_fixes
from tercet_shared.edits import line_range
from tercet_shared.ids import WorkspaceId
from tercet_shared.proposals import Candidate
from tercet_shared.runs import PlanStep, Progress, Suspect
from tercet_shared.workspaces import Interpreter, Trust, Workspace

from tests.doubles.executed_tests import ExecutedTests, Namespace
from tests.doubles.folder_copy import FolderCopy

TEST = "tests/test_it.py::shared"
TEXT = 'import os\n\n\ndef add(item, found=[]):\n    """Füge hinzu."""\n    found.append(item)\n    return found\n'


def not_shared(module: Namespace) -> None:
    module["add"](1)
    assert module["add"](2) == [2]


def task(folder: Path, step: PlanStep, text: str = TEXT, path: str = "shop.py") -> ProposerTask:
    (folder / path).write_bytes(text.encode())
    return ProposerTask(
        workspace=Workspace(id=WorkspaceId("w"), root=str(folder), name="shop", trust=Trust.TRUSTED),
        copy=FolderCopy(folder, folder),
        interpreter=Interpreter(path="python", source="PATH"),
        step=step,
        baseline=TestReport({TEST: TestResult(TEST, Outcome.FAILED, 0.001)}),
        tests=ExecutedTests(path, text, {"shared": not_shared}),
        deadline_s=60.0,
        per_test_s=10.0,
    )


async def candidates(task: ProposerTask) -> list[Candidate]:
    async def no_progress(_: Progress) -> None:
        return None

    return [each async for each in RulesProposer().propose(task, no_progress)]


def finding(line: int, path: str = "shop.py") -> PlanStep:
    return PlanStep(id="1", title="fix", files=[path], range=line_range(line, 0, 40))


def failing(*lines: int) -> PlanStep:
    suspects = [Suspect(path="shop.py", line=line, score=0.9) for line in lines]
    return PlanStep(id="1", title="repair", tests=[TEST], suspects=suspects)


async def test_a_finding_is_fixed_by_its_rule(tmp_path: Path) -> None:
    (found,) = await candidates(task(tmp_path, finding(0)))
    assert found.title == "F401: Remove unused import: `os`"
    assert apply_edits(TEXT, found.change_set.files[0].edits).startswith("\n\ndef add")


async def test_only_the_findings_of_the_range_are_fixed(tmp_path: Path) -> None:
    assert await candidates(task(tmp_path, finding(6))) == []


async def test_the_projects_own_configuration_holds(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('lint.select = ["B006"]\n')
    assert await candidates(task(tmp_path, finding(0))) == []
    (found,) = await candidates(task(tmp_path, finding(3)))
    assert "found is None" in apply_edits(TEXT, found.change_set.files[0].edits)


async def test_a_broken_configuration_does_not_stop_it(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("lint.select = 7\n")
    assert [each.title[:4] for each in await candidates(task(tmp_path, finding(0)))] == ["F401"]


async def test_a_failing_test_is_repaired_by_an_unsafe_fix(tmp_path: Path) -> None:
    (found,) = await candidates(task(tmp_path, failing(3, 5)))
    assert found.title.startswith("B006: ")
    module: Namespace = {}
    exec(apply_edits(TEXT, found.change_set.files[0].edits), module)
    not_shared(module)


async def test_fixes_that_do_not_help_the_failing_test_are_not_offered(tmp_path: Path) -> None:
    assert await candidates(task(tmp_path, failing(0))) == []


async def test_columns_are_code_points_and_line_endings_stay(tmp_path: Path) -> None:
    text = 'def f(x):\r\n    "ß"; return x is "a"\r\n'
    (found,) = await candidates(task(tmp_path, finding(1), text))
    assert apply_edits(text, found.change_set.files[0].edits) == text.replace("x is", "x ==")


@pytest.mark.parametrize("text", ["def f(:\n", "", "x = 1\n" * 400_000])
async def test_what_ruff_cannot_fix_has_no_fixes(tmp_path: Path, text: str) -> None:
    assert await rule_fixes("a.py", text, tmp_path) == []


async def test_other_languages_and_vanished_files_have_no_candidates(tmp_path: Path) -> None:
    assert await candidates(task(tmp_path, finding(0, "shop.js"), path="shop.js")) == []
    assert await candidates(task(tmp_path, finding(0, "gone.py"))) == []


async def test_a_step_without_range_and_tests_has_no_candidates(tmp_path: Path) -> None:
    assert await candidates(task(tmp_path, PlanStep(id="1", title="anything"))) == []
