"""Findings of one text: places in code points, safe fixes, the workspace's own configuration."""

from pathlib import Path

import pytest
from tercet_server.checks.findings import findings_of, is_fatal
from tercet_server.checks.static import check_lint, check_syntax
from tercet_server.edits import apply_file_edit
from tercet_shared.edits import FileTexts, text_sha256
from tercet_shared.findings import Severity, Source
from tercet_shared.proposals import CheckStatus


async def test_an_unused_import_after_wide_characters_is_removed_by_its_fix(tmp_path: Path):
    text = 'x = "é😀"; import os\r\nprint(x)\r\n'
    found = await findings_of(tmp_path, "a.py", text)
    (unused,) = [each for each in found if each.rule == "F401"]
    assert unused.range.start.as_tuple() == (0, 17)
    assert unused.range.end.as_tuple() == (0, 19)
    assert unused.severity is Severity.WARNING
    assert unused.source is Source.LINT
    assert unused.text_sha256 == text_sha256(text)
    assert unused.documentation_url.startswith("https://docs.astral.sh/ruff/rules/")
    assert unused.fix_title.startswith("Remove unused import")
    assert "import" not in apply_file_edit(unused.fix.files[0], text).after


async def test_an_unsafe_fix_is_not_offered(tmp_path: Path):
    (found,) = await findings_of(tmp_path, "a.py", "def f():\n    x = 1\n")
    assert found.rule == "F841"
    assert found.fix is None
    assert found.fix_title is None


async def test_a_syntax_error_is_said_once_in_pythons_words(tmp_path: Path):
    (found,) = await findings_of(tmp_path, "a.py", "def f(:\n    pass\n")
    assert (found.source, found.tool, found.message) == (Source.SYNTAX, "python", "invalid syntax")
    assert found.severity is Severity.ERROR


async def test_the_workspaces_configuration_counts_and_cannot_rewrite_the_answer(tmp_path: Path):
    rewriting = "fix = true\nfix-only = true\nunsafe-fixes = true\n"
    (tmp_path / "ruff.toml").write_text(rewriting + '[lint]\nselect = ["E501"]\nignore = ["F"]\n')
    assert await findings_of(tmp_path, "a.py", "import os\n") == []
    (found,) = await findings_of(tmp_path, "a.py", f"x = '{'é' * 100}'\n")
    assert found.rule == "E501"
    (tmp_path / "ruff.toml").write_text('exclude = ["a.py"]\n')
    assert await findings_of(tmp_path, "a.py", "import os\n") == []
    (tmp_path / "ruff.toml").write_text("this is not toml\n")
    assert await findings_of(tmp_path, "a.py", "import os\n") == []
    assert len(await findings_of(tmp_path, "a.py", "def (:\n")) == 1


async def test_a_finding_keeps_its_name_when_lines_are_added_above(tmp_path: Path):
    text = "def f():\n    return nowhere\n\n\ndef g():\n    return nowhere\n"
    before = await findings_of(tmp_path, "a.py", text)
    after = await findings_of(tmp_path, "a.py", "x = 1\n\n\n" + text)
    assert [each.id for each in before] == [each.id for each in after]
    assert len({each.id for each in before}) == 2
    assert {each.severity for each in before} == {Severity.ERROR}


@pytest.mark.parametrize(
    "text", ["", "\n", "\x00", "x" * 2_000_001, "﻿import os\n", "\x0c\nimport os", "#\r\r\nimport os\r"]
)
async def test_odd_texts_are_survived(tmp_path: Path, text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for each in await findings_of(tmp_path, "a.py", text):
        assert each.range.end.line < len(lines)


async def test_unknown_languages_have_no_findings(tmp_path: Path):
    assert await findings_of(tmp_path, "a.txt", "((") == []


def test_broken_is_told_from_untidy():
    assert all(is_fatal(rule) for rule in ("E999", "E902", "F821", "F632", "invalid-syntax", "F502"))
    assert not any(is_fatal(rule) for rule in ("F401", "F841", "E711", "E501", "FURB101", "FBT001", "W605"))


async def test_only_new_findings_count_against_a_change(tmp_path: Path):
    before = "import os\n\n\ndef f():\n    return nowhere\n"
    moved = await check_lint(tmp_path, [FileTexts("a.py", before, "# more\n" + before)], must_improve=False)
    untidy = await check_lint(tmp_path, [FileTexts("a.py", before, "import sys\n" + before)], must_improve=False)
    broken = await check_lint(
        tmp_path, [FileTexts("a.py", before, before + "\n\nprint(elsewhere)\n")], must_improve=False
    )
    created = await check_lint(tmp_path, [FileTexts("b.py", None, "x = 1\n")], must_improve=False)
    unknown = await check_lint(tmp_path, [FileTexts("b.txt", None, "x")], must_improve=False)
    assert (moved.status, moved.summary) == (CheckStatus.PASSED, "No new finding.")
    assert untidy.status is CheckStatus.PASSED
    assert "F401" in untidy.details
    assert broken.status is CheckStatus.FAILED
    assert "F821" in broken.details
    assert created.status is CheckStatus.PASSED
    assert unknown.status is CheckStatus.SKIPPED
    assert moved.command[:2] == ["ruff", "check"]


async def test_a_linter_that_cannot_work_is_said_to_be_skipped(tmp_path: Path):
    (tmp_path / "ruff.toml").write_text('required-version = ">=99"\n')
    check = await check_lint(tmp_path, [FileTexts("a.py", None, "x = 1\n")], must_improve=False)
    assert check.status is CheckStatus.SKIPPED
    assert "ruff could not check a.py" in check.summary


async def test_a_change_must_parse():
    good = await check_syntax([FileTexts("a.py", None, "x = 1\n"), FileTexts("b.txt", None, "((")])
    bad = await check_syntax([FileTexts("a.py", None, "x = 1\n"), FileTexts("b.py", None, "x = (\n")])
    assert (good.status, good.summary) == (CheckStatus.PASSED, "1 changed file parsed without a syntax error.")
    assert (bad.status, bad.summary) == (CheckStatus.FAILED, "Syntax error: b.py:1: '(' was never closed")
