"""Judges a test file by itself, in an interpreter with pytest, coverage, pytest-randomly and mutmut 2: prints one JSON object.

`python characterise_judge.py ROOT MODULE_PATH TEST_FILE COUNT SEED`, in a folder that may be changed.
"""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mutmut import Context, list_mutations, mutate

ORDERS = 10
MUTANT_S = 20


def main() -> None:
    root, path, tests = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    count, seed = int(sys.argv[4]), int(sys.argv[5])
    os.chdir(root)
    executed, missing = coverage_of(path, tests)
    passed = sum(passes(tests, order) for order in range(1, ORDERS + 1))
    mutants = mutants_of(Path(path), executed, count, seed)
    killed = sum(is_killed(Path(path), mutated, tests) for mutated in mutants)
    told = {"lines": len(executed) + len(missing), "covered": len(executed), "orders_passed": passed}
    print(json.dumps({**told, "mutants": len(mutants), "killed": killed}))


def coverage_of(path: str, tests: str) -> tuple[set[int], set[int]]:
    """Executed and missing lines, from one."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "coverage",
            "run",
            f"--include={path}",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:randomly",
            tests,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", "coverage.json"], check=True)
    file = json.loads(Path("coverage.json").read_text())["files"][path]
    return set(file["executed_lines"]), set(file["missing_lines"])


def passes(tests: str, order: int) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", f"--randomly-seed={order}", tests]
    environment = {**os.environ, "PYTHONHASHSEED": str(order)}
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0


def mutants_of(path: Path, lines: set[int], count: int, seed: int) -> list[str]:
    """A sample of what mutmut makes of the covered lines."""
    source = path.read_text("utf-8")
    found = []
    listed = list_mutations(Context(source=source, filename=str(path)))
    identifiers = [each for each in listed if each.line_number + 1 in lines]
    for identifier in random.Random(seed).sample(identifiers, min(count, len(identifiers))):
        mutated, changed = mutate(Context(source=source, filename=str(path), mutation_id=identifier))
        if changed and mutated != source:
            found.append(mutated)
    return found


def is_killed(path: Path, mutated: str, tests: str) -> bool:
    """Whether pytest fails on the mutant, or does not end; each in a fork of this process, which has imported pytest."""
    original = path.read_text("utf-8")
    path.write_text(mutated, "utf-8")
    try:
        pid = os.fork()
        if pid == 0:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            sys.dont_write_bytecode = True
            sys.path.insert(0, os.getcwd())
            signal.setitimer(signal.ITIMER_PROF, MUTANT_S)
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", tests])))
        return os.waitpid(pid, 0)[1] != 0
    finally:
        path.write_text(original, "utf-8")


if __name__ == "__main__":
    main()
