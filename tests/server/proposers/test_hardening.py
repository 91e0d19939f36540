"""The intent `secure` without a model: every risk that a rule can mend, in one change and each alone."""

from pathlib import Path
from types import SimpleNamespace

from tercet_server.checks.findings import findings_of
from tercet_server.edits import apply_edits
from tercet_server.proposers import RulesProposer
from tercet_shared.edits import Position, Range
from tercet_shared.findings import Severity
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, PlanStep, Progress, Target

from tests.doubles.folder_copy import FolderCopy

RISKY = "import yaml\nimport hashlib\n\n\ndef read(text):\n    hashlib.md5(text)\n    return yaml.load(text)\n"


async def secured(folder: Path, target: Target) -> list[Candidate]:
    (folder / "o").mkdir()
    (folder / "o/a.py").write_text(RISKY)
    (folder / "o/b.py").write_text("import yaml\nx = yaml.load(y)\n")
    (folder / "o/c.py").write_text("x = 1\n")
    task = SimpleNamespace(
        copy=FolderCopy(folder / "o", folder / "copy"),
        intent=Intent.SECURE,
        target=target,
        step=PlanStep(id="1", title="s"),
    )

    async def progress(_: Progress) -> None:
        return None

    return [each async for each in RulesProposer().propose(task, progress)]  # type: ignore[arg-type]  # all that it asks for


def texts(candidate: Candidate, folder: Path) -> dict[str, str]:
    return {
        each.path: apply_edits((folder / "o" / each.path).read_text(), each.edits)
        for each in candidate.change_set.files
    }


async def test_all_risks_of_a_workspace_are_mended_at_once_and_then_each_alone(tmp_path: Path):
    together, *alone = await secured(tmp_path, Target())
    assert together.title == "mend 3 risks in a.py, b.py"
    assert texts(together, tmp_path)["a.py"] == RISKY.replace("md5", "sha256").replace("yaml.load", "yaml.safe_load")
    assert [each.change_set.paths for each in alone] == [["a.py"], ["a.py"], ["b.py"]]


async def test_a_range_names_what_is_mended(tmp_path: Path):
    place = Range(start=Position(line=6, character=0), end=Position(line=6, character=30))
    (candidate,) = await secured(tmp_path, Target(path="a.py", range=place))
    assert texts(candidate, tmp_path) == {"a.py": RISKY.replace("yaml.load", "yaml.safe_load")}


async def test_a_file_without_risks_has_no_candidate(tmp_path: Path):
    assert await secured(tmp_path, Target(path="c.py")) == []


async def test_findings_of_our_rules_bring_their_fix_and_taste_is_a_hint(tmp_path: Path):
    found = {each.rule: each for each in await findings_of(tmp_path, "a.py", RISKY + "open(text)\n")}
    assert (found["TC101"].tool, found["TC101"].severity) == ("tercet", Severity.WARNING)
    assert found["TC101"].fix is not None
    assert found["TC204"].severity is Severity.HINT


async def test_what_ruff_tells_as_well_is_told_once_with_our_fix(tmp_path: Path):
    (tmp_path / "ruff.toml").write_text('lint.select = ["S506"]\n')
    found = await findings_of(tmp_path, "b.py", "import yaml\nx = yaml.load(y)\n")
    assert [each.rule for each in found] == ["TC101"]
