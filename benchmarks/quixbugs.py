"""QuixBugs (Lin et al., SPLASH 2017): its workspace without the answers, and the judge of a repaired program.

A repair is plausible if the program's whole test file passes under plain pytest, and correct if it also equals the
reference program: on generated inputs where the tests are data, else as far as the test file tells.
"""

import ast
import importlib.metadata
import json
import resource
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

PARTS = ("python_programs", "python_testcases", "json_testcases", "conftest.py", "tester.py", "LICENSE")
DISTRIBUTIONS = ("pytest", "pytest-timeout", "iniconfig", "packaging", "pluggy", "pygments")
"""What QuixBugs' tests need, and no more: the plugins of this project's own environment would make every start slower."""
PER_TEST_S = 30
MEMORY_BYTES = 3 * 1024**3
WANTED_INPUTS = 200


@dataclass(frozen=True)
class Equality:
    """How a repaired program compares with the reference. `equal` is None where that could not be told, with `reason`."""

    equal: bool | None
    judged_by: str
    compared: int = 0
    reason: str = ""


def programs(quixbugs: Path) -> list[str]:
    """Those with a test file, sorted."""
    return sorted(path.stem.removeprefix("test_") for path in (quixbugs / "python_testcases").glob("test_*.py"))


def make_workspace(quixbugs: Path, root: Path) -> None:
    """Copies the buggy programs and their tests: no reference programs, no Java, no history."""
    for name in PARTS:
        source = quixbugs / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", ".git"))
        elif source.exists():
            shutil.copy2(source, root / name)


def halve_tests(root: Path, programs: list[str]) -> None:
    """Takes every second test out of a workspace: lines of JSON test cases, else test functions of the test file."""
    for program in programs:
        cases = root / "json_testcases" / f"{program}.json"
        if cases.exists():
            lines = [line for line in cases.read_text("utf-8").splitlines(keepends=True) if line.strip()]
            cases.write_text("".join(lines[::2]), "utf-8")
            continue
        file = root / test_file(program)
        text = file.read_text("utf-8")
        tests = [
            each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef) and each.name.startswith("test")
        ]
        lines = text.splitlines(keepends=True)
        for each in reversed(tests[1::2]):
            del lines[each.lineno - 1 : each.end_lineno]
        file.write_text("".join(lines), "utf-8")


def make_environment(folder: Path) -> Path:
    """A virtual environment with pytest alone, copied from this one's; returns its interpreter."""
    venv.create(folder, symlinks=True, with_pip=False)
    (target,) = folder.glob("lib/python3*/site-packages")
    for name in DISTRIBUTIONS:
        for file in importlib.metadata.distribution(name).files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                copied = target / file
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(str(file.locate()), copied)
    subprocess.run([folder / "bin" / "python", "-m", "compileall", "-q", target], check=True)
    return folder / "bin" / "python"


def program_path(program: str) -> str:
    return f"python_programs/{program}.py"


def test_file(program: str) -> str:
    return f"python_testcases/test_{program}.py"


def run_tests(root: Path, program: str, per_test_s: int = PER_TEST_S) -> dict[str, bool]:
    """Plain pytest over a program's test file: test → whether it passed; skipped tests are left out. {} if it broke down."""
    result = root / "result.xml"
    result.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={result}"]
    command += [f"--timeout={per_test_s}", "--timeout-method=signal", test_file(program)]
    try:
        subprocess.run(
            command, cwd=root, capture_output=True, timeout=20 * per_test_s, preexec_fn=_limit, check=False
        )  # single-threaded here
    except subprocess.TimeoutExpired:
        return {}
    return _outcomes(result) if result.exists() else {}


def equality(quixbugs: Path, repaired: Path, program: str, inputs: int = WANTED_INPUTS) -> Equality:
    """Compares with the reference on inputs derived from the JSON test cases; `repaired` is a workspace's root."""
    cases = quixbugs / "json_testcases" / f"{program}.json"
    if not cases.exists():
        return Equality(True, "test_file")
    command = [sys.executable, "-m", "benchmarks.quixbugs_inputs", str(quixbugs), str(repaired), program, str(inputs)]
    try:
        done = subprocess.run(
            command,
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            timeout=300,
            preexec_fn=_limit,  # single-threaded here
            check=False,
        )
        answer = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        return Equality(None, "reference", reason="the comparison broke down or took too long")
    if answer["differing"]:
        reason = f"{answer['differing']} of {answer['compared']} differ, first: {answer['example']}"
        return Equality(False, "reference", answer["compared"], reason)
    if answer["compared"] < inputs:
        return Equality(None, "reference", answer["compared"], "too few inputs on which the reference works")
    return Equality(True, "reference", answer["compared"])


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _outcomes(result: Path) -> dict[str, bool]:
    found = {}
    for case in ElementTree.parse(result).iter("testcase"):
        kinds = {child.tag for child in case}
        if "skipped" not in kinds:
            found[f"{case.get('classname')}::{case.get('name')}"] = not kinds & {"failure", "error"}
    return found
