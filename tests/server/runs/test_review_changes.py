"""A review of what has changed since a revision: a verdict with its reasons, and nothing changed by it."""

import subprocess
from pathlib import Path

from tercet_server.runs.reviewing import report
from tercet_shared.edits import FileTexts, line_range
from tercet_shared.findings import Finding, Severity, Source
from tercet_shared.ids import FindingId
from tercet_shared.runs import Intent, Run, RunState

from tests.server.runs.conftest import BROKEN, opened_world, write_project

REPAIRED = {**BROKEN, "calc.py": BROKEN["calc.py"].replace("a - b", "a + b")}


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True)


def committed(root: Path) -> Path:
    write_project(root, REPAIRED)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


async def review(root: Path, home: Path, base: str = "main") -> Run:
    async with opened_world(root, home) as world:
        return await world.rested((await world.service.start(world.request(Intent.REVIEW, base=base))).id)


async def test_without_a_change_there_is_nothing_to_judge(tmp_path: Path, home: Path):
    run = await review(committed(tmp_path / "p"), home)
    assert (run.state, run.answer) == (RunState.COMPLETED, "Nothing has changed since main.")


async def test_a_change_that_breaks_a_test_is_not_taken(tmp_path: Path, home: Path):
    root = committed(tmp_path / "p")
    write_project(root, {"calc.py": BROKEN["calc.py"]})
    run = await review(root, home)
    assert run.answer is not None
    assert run.answer.startswith("**Not as it is.** 1 file changed since `main`. 1 of 3 tests fail.")


async def test_what_is_no_revision_fails_the_run_with_a_sentence(tmp_path: Path, home: Path):
    run = await review(committed(tmp_path / "p"), home, base="nowhere")
    assert run.state is RunState.FAILED
    assert run.problem is not None
    assert "'nowhere' names no commit" in run.problem.sentence


def found(severity: Severity, line: int) -> Finding:
    return Finding(
        id=FindingId("f"), path="a.py", range=line_range(line), rule="r", severity=severity, message="said.",
        source=Source.LINT, tool="t", text_sha256="0" * 64,
    )  # fmt: skip


def test_the_verdict_follows_from_the_gravest_reason_and_the_gravest_stand_first():
    changes = [FileTexts("a.py", "x", "y")]
    assert report("main", changes, [], 0, "").startswith("**Nothing speaks against it.**")
    assert report("main", changes, [], 1, "").startswith("**Not as it is.**")
    assert report("main", changes, [found(Severity.INFO, 1)], 0, "").startswith("**Nothing speaks against it.**")
    text = report("main", changes, [found(Severity.WARNING, 4), found(Severity.ERROR, 8)], 0, "")
    assert text.startswith("**Not as it is.**")
    assert [line[:20] for line in text.splitlines()[2:]] == ["- error: `a.py:9` sa", "- warning: `a.py:5` "]
