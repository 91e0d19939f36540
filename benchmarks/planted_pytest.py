"""Runs pytest in the planted project's own interpreter, which has nothing of Tercet: once, or again and again in forks.

`python planted_pytest.py once OUTCOMES SECONDS_PER_TEST TARGETS...` writes {node id: passed} as JSON.
`python planted_pytest.py serve SECONDS_PER_TEST` reads `{"path", "text", "runs": [[node id, ...], ...], "seconds"}` a line,
writes the text to the path and answers `true` if all runs pass, one after the other, within the processor time given.
"""

import importlib.util
import json
import os
import resource
import sys
from pathlib import Path

import pytest

MEMORY_BYTES = 3 * 1024**3
OPTIONS = ("-q", "-p", "no:cacheprovider")


class Outcomes:
    """What became of each test; skipped ones are left out, and a file that cannot be collected is a test that fails."""

    def __init__(self) -> None:
        self.passed: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or (report.when == "call" and report.passed):
            self.passed[report.nodeid] = self.passed.get(report.nodeid, True) and report.passed

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.passed[report.nodeid] = False


def main() -> None:
    sys.dont_write_bytecode = True
    sys.path[0] = os.getcwd()  # in place of this script's folder, whose modules have names of their own
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    if sys.argv[1] == "once":
        once(Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
    else:
        serve(sys.argv[2])


def once(file: Path, per_test_s: str, targets: list[str]) -> None:
    outcomes = Outcomes()
    pytest.main([*OPTIONS, *limit(per_test_s), *targets], plugins=[outcomes])
    file.write_text(json.dumps(outcomes.passed), "utf-8")


def limit(per_test_s: str) -> tuple[str, ...]:
    """Without the plugin, the suite's own limit must do."""
    known = importlib.util.find_spec("pytest_timeout") is not None
    return (f"--timeout={per_test_s}", "--timeout-method=signal") if known else ()


def serve(per_test_s: str) -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        Path(asked["path"]).write_text(asked["text"], "utf-8")
        options = [*OPTIONS, "-x", *limit(per_test_s)]
        print(json.dumps(all(_passes([*options, *tests], asked["seconds"]) for tests in asked["runs"])), flush=True)


def _passes(arguments: list[str], seconds: int) -> bool:
    """In a fork, which has pytest imported and nothing of the project."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        os._exit(int(pytest.main(arguments)))
    return os.waitpid(pid, 0)[1] == 0


if __name__ == "__main__":
    main()
