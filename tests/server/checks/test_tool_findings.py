"""Linters and compilers of ten languages, really run: the broken line is found, and only what a change brings is blamed on it."""

import asyncio
import shutil
from pathlib import Path

import pytest
from tercet_server.checks.outputs import finding_parser
from tercet_server.checks.tool_check import tools_ran
from tercet_server.checks.tool_findings import Ground, lint_copy, lint_text, tools_for
from tercet_server.config import SandboxSettings
from tercet_server.languages import languages
from tercet_server.languages.tools import all_lint_tools
from tercet_server.ports import Sandbox
from tercet_server.sandbox import choose
from tercet_shared.proposals import CheckStatus


@pytest.fixture
async def sandbox() -> Sandbox:
    return await choose(SandboxSettings(minimum="none"))


BROKEN = [
    ("shellcheck", "a.sh", "#!/bin/sh\nx=1\necho $y\n", 1),
    ("bash", "a.sh", "#!/bin/bash\nif true; then\n  echo\n", 3),
    ("php", "a.php", "<?php\n$x = 1;\nfunction { }\n", 2),
    ("ruby", "a.rb", "x = 1\ndef f(\n  y = = 2\nend\n", 2),
    ("node", "a.js", "const x = 1;\nconst = 2;\n", 1),
    ("gofmt", "a.go", "package a\n\nfunc f( {\n}\n", 2),
    ("gcc", "a.c", "int f(void) {\n  return y;\n}\n", 1),
    ("g++", "a.cpp", "int f() {\n  return y;\n}\n", 1),
    ("javac", "A.java", "class A {\n  int f() { return y; }\n}\n", 1),
]


@pytest.mark.must_have("linters of further languages")
@pytest.mark.parametrize(("tool", "path", "text", "line"), BROKEN, ids=[each[0] for each in BROKEN])
async def test_the_broken_line_is_found(sandbox: Sandbox, tmp_path: Path, tool: str, path: str, text: str, line: int):
    here = await asyncio.to_thread(tools_for, tmp_path, path, alone=False)
    row = next((each for each, _ in here if each.name == tool), None)
    if row is None:
        pytest.skip(f"there is no {tool}")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / path).write_text(text)
    (tmp_path / "root").mkdir()
    runs = await lint_copy(Ground(sandbox, copy, tmp_path / "root"), [path])
    found = next(each for each in runs if each.tool is row)
    assert (path, line) in [(each.path, each.line) for each in found.findings], found
    assert tools_ran([], runs, must_improve=False, duration_s=0.1).status is (
        CheckStatus.FAILED if any(run.tool.blocks and run.findings for run in runs) else CheckStatus.PASSED
    )
    same = tools_ran(runs, runs, must_improve=False, duration_s=0.1)
    assert same.status is CheckStatus.PASSED, "what was there before is not blamed"
    assert tools_ran(runs, runs, must_improve=True, duration_s=0.1).status is CheckStatus.FAILED


async def test_an_editor_asks_only_what_runs_nothing_of_the_project(sandbox: Sandbox, tmp_path: Path):
    (tmp_path / ".rubocop.yml").write_text("require: ./evil.rb\n")
    asked = await asyncio.to_thread(tools_for, tmp_path, "a.rb", alone=True)
    assert all(tool.alone and not tool.runs_project for tool, _ in asked)
    for name in ("ruby", "shellcheck"):
        brought = tmp_path / "node_modules/.bin" / name
        brought.parent.mkdir(parents=True, exist_ok=True)
        brought.write_text("#!/bin/sh\ntouch ran\n")
        brought.chmod(0o755)
    for path in ("a.rb", "a.sh"):
        asked = await asyncio.to_thread(tools_for, tmp_path, path, alone=True)
        assert not any(program.is_relative_to(tmp_path) for _, program in asked)
    if shutil.which("shellcheck") is None:
        pytest.skip("there is no shellcheck")
    runs = await lint_text(sandbox, tmp_path, "bin/a.sh", "#!/bin/sh\necho $y\n")
    assert ("bin/a.sh", 1) in [(each.path, each.line) for run in runs for each in run.findings]
    assert not (tmp_path / "bin").exists()


async def test_an_editor_runs_no_program_of_a_folder_that_nobody_trusts(sandbox: Sandbox, tmp_path: Path):
    scripts = tmp_path / "node_modules" / ".bin"
    scripts.mkdir(parents=True)
    for name in ("bash", "shellcheck"):
        (scripts / name).write_text("#!/bin/sh\necho 'a.sh: line 1: reached'\necho 'a.sh: line 1: reached' >&2\n")
        (scripts / name).chmod(0o755)
    asked = await asyncio.to_thread(tools_for, tmp_path, "a.sh", alone=True)
    assert not [program for _, program in asked if program.is_relative_to(tmp_path)]
    runs = await lint_text(sandbox, tmp_path, "a.sh", "#!/bin/sh\necho\n")
    assert "reached" not in str(runs)


def test_a_file_is_not_taken_for_an_option():
    for tool in all_lint_tools():
        assert "--require=evil.js" not in tool.arguments("/bin/x", "--require=evil.js")


def test_every_row_of_the_table_can_be_read():
    named = {each.name for each in languages()}
    for tool in all_lint_tools():
        assert set(tool.languages) <= named
        assert callable(finding_parser(tool.output, tool.pattern, tool.rule, tool.severity))
        assert tool.arguments("/bin/x", "src/a b.c")
        assert not (tool.alone and tool.runs_project)
