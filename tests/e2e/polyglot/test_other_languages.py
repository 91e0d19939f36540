"""A JavaScript and a Go project with a failing test are repaired end to end by the `tercet` command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tercet_server.checks.suites import cache_of

from tests.doubles.compiled_go import has_go, lend_compiled_go

EXAMPLES = Path(__file__).parents[3] / "examples"
TERCET = Path(sys.executable).with_name("tercet")

pytestmark = [pytest.mark.must_have("repair of other languages"), pytest.mark.timeout(400)]


def tercet(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TERCET), *arguments],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=380,
        env={**os.environ},
    )


@pytest.mark.parametrize(
    ("example", "program", "file", "wrong", "right", "runner"),
    [
        ("javascript-cart", "node", "src/discount.js", "quantity > step.from", "quantity >= step.from", "node --test"),
        ("go-ledger", "go", "ledger/ledger.go", "[from] <= amount", "[from] < amount", "go test"),
    ],
)
def test_a_failing_test_is_repaired(
    tercet_home: Path, tmp_path: Path, example: str, program: str, file: str, wrong: str, right: str, runner: str
):
    if program == "go" and has_go():
        lend_compiled_go(cache_of(tercet_home / "cache" / "tools", tmp_path / "project", tmp_path))
    if shutil.which(program, path=f"{os.environ['PATH']}:/usr/local/go/bin") is None:
        pytest.skip(f"there is no {program}")
    project = tmp_path / "project"
    shutil.copytree(EXAMPLES / example, project)
    assert wrong in (project / file).read_text()
    try:
        assert tercet(project, "trust").returncode == 0
        fixed = tercet(project, "fix", "--json")
        assert fixed.returncode == 0, fixed.stdout + fixed.stderr
        shown = tercet(project, "show", "last", "--json")
        proposal = json.loads(shown.stdout)["proposal"]
        evidence = proposal["evidence"]
        tools = {each["name"]: each["tool"] for each in evidence["checks"]}
        assert tools["target_tests"] == runner
        assert evidence["verified"] == (evidence["isolation"] == "namespaces"), evidence["unverified_reason"]
        assert tercet(project, "apply", "last").returncode == 0
        assert right in (project / file).read_text()
    finally:
        tercet(project, "daemon", "stop")
