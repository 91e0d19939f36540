"""What `make run` shows is true: the example fails for one reason, and Tercet finds it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
EXAMPLE = REPOSITORY / "examples" / "bookshop"


def test_exactly_one_of_the_examples_many_tests_fails():
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider"],
        cwd=EXAMPLE,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 54 passed" in done.stdout


@pytest.mark.must_have(reason="make run is the first thing that a person tries")
@pytest.mark.timeout(180)
def test_make_run_repairs_the_example_and_leaves_the_repository_clean():
    before = subprocess.run(
        ["git", "status", "--porcelain", "examples"], cwd=REPOSITORY, capture_output=True, check=False
    )
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "scripts" / "demonstrate.py")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "+        if copies >= minimum:" in done.stdout
    assert "Verified" in done.stdout
    assert "55 passed" in done.stdout
    assert "What to try next" in done.stdout
    after = subprocess.run(
        ["git", "status", "--porcelain", "examples"], cwd=REPOSITORY, capture_output=True, check=False
    )
    assert after.stdout == before.stdout
