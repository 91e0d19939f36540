"""The repository's own tools: setting up twice changes nothing, and the thresholds of coverage bite."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


def test_every_target_of_make_is_explained():
    shown = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for target in ("setup", "run", "test", "check", "schema", "lock", "bench"):
        assert f"make {target}" in shown


def test_the_lock_holds_a_hash_for_every_package():
    lock = (REPOSITORY / "requirements.lock").read_text("utf-8")
    packages = [line for line in lock.splitlines() if line[:1].isalnum()]
    assert len(packages) > 50
    assert all(line.endswith("\\") for line in packages)
    assert {"uv", "hatchling", "editables"} <= {line.split("==")[0] for line in packages}


@pytest.mark.parametrize(("covered", "exit_code"), [(94, 1), (95, 0)])
def test_a_package_below_its_threshold_fails(tmp_path: Path, covered: int, exit_code: int):
    """A stand-in for `coverage` reports `covered` of 100 lines of edits."""
    summary = {"covered_lines": covered, "num_statements": 100}
    record = {"summary": summary, "missing_lines": list(range(covered, 100))}
    report = json.dumps({"files": {"server/tercet_server/edits/apply.py": record}})
    stand_in = tmp_path / "coverage"
    stand_in.mkdir()
    (stand_in / "__init__.py").touch()
    (stand_in / "__main__.py").write_text(f"import pathlib, sys\npathlib.Path(sys.argv[-1]).write_text({report!r})\n")
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "scripts" / "check_coverage.py")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert ("FELL SHORT" in done.stdout) == bool(exit_code)
