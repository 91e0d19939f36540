"""The suite's own rules bite: a skipped must-have test fails in CI, and a blocked event loop fails anywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[2] / "conftest.py"
REPOSITORY = CONFTEST.parents[1]

SETTINGS = "[pytest]\nasyncio_mode = auto\nmarkers =\n    must_have(reason): x\n"

SKIPPED = """
import pytest

@pytest.mark.must_have(reason="it is")
def test_it():
    pytest.skip("no docker")
"""

BLOCKING = """
from tercet_shared import discovery

async def test_it(tmp_path):
    discovery.home()
"""


def run_suite(folder: Path, test: str, ci: str) -> "subprocess.CompletedProcess[str]":
    shutil.copy(CONFTEST, folder / "conftest.py")
    (folder / "pytest.ini").write_text(SETTINGS)
    (folder / "test_it.py").write_text(test)
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("ci", "exit_code"), [("true", 1), ("", 0)])
def test_a_skipped_must_have_test_fails_in_ci(tmp_path: Path, ci: str, exit_code: int):
    done = run_suite(tmp_path, SKIPPED, ci)
    assert done.returncode == exit_code, done.stdout
    assert ("must-have test in CI" in done.stdout) == bool(ci)


def test_a_blocked_event_loop_fails(tmp_path: Path):
    done = run_suite(tmp_path, BLOCKING, "")
    assert done.returncode == 1
    assert "BlockingError" in done.stdout
