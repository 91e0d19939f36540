"""What ruff says about one text: findings with their fixes, or a sentence why there are none."""

from pathlib import Path

from tercet_server.linters.ruff import lint

TEXT = "import os\n\n\ndef f(found=[]):\n    return found\n"


async def test_findings_carry_rule_place_and_fix(tmp_path: Path) -> None:
    (found,) = (await lint(tmp_path, "a.py", TEXT, select="F")).findings
    assert (found.rule, found.location.row, found.location.column) == ("F401", 1, 8)
    assert found.fix is not None
    assert found.fix.applicability == "safe"


async def test_an_isolated_question_leaves_the_configuration_aside(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("lint.select = 7\n")
    outcome = await lint(tmp_path, "a.py", TEXT, select="B006", isolated=True)
    assert [each.rule for each in outcome.findings] == ["B006"]
    assert outcome.command[-2:] == ("B006", "a.py")


async def test_a_broken_configuration_is_a_problem_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("lint.select = 7\n")
    outcome = await lint(tmp_path, "a.py", TEXT)
    assert outcome.findings == ()
    assert outcome.problem is not None
    assert "ruff could not check a.py" in outcome.problem


async def test_excluded_files_have_no_findings(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('exclude = ["generated.py"]\n')
    assert (await lint(tmp_path, "generated.py", TEXT)).findings == ()
    assert (await lint(tmp_path, "a.py", TEXT)).findings


async def test_what_is_no_python_has_a_finding_without_a_rule(tmp_path: Path) -> None:
    found = (await lint(tmp_path, "a.py", "def f(:\n")).findings
    assert {each.rule for each in found} == {"invalid-syntax"}
