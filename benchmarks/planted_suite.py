"""A project's own tests as the judge: runs them by plain pytest, and hides a part of them from whoever repairs."""

import ast
import json
import os
import random
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

SCRIPT = Path(__file__).with_name("planted_pytest.py")
PER_TEST_S = 5
SUITE_S = 120.0

Outcomes = Mapping[str, bool]
"""Node id → whether it passed."""


def run_suite(root: Path, python: str, targets: Iterable[str]) -> dict[str, bool]:
    """{} if the run as a whole broke down or took more than SUITE_S."""
    with tempfile.TemporaryDirectory(prefix="tercet-outcomes-") as folder:
        file = Path(folder) / "outcomes.json"
        command = [python, str(SCRIPT), "once", str(file), str(PER_TEST_S), *targets]
        try:
            subprocess.run(command, cwd=root, env=environment(), capture_output=True, timeout=SUITE_S, check=False)
            found: dict[str, bool] = json.loads(file.read_text("utf-8"))
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return {}
        return found


def environment() -> dict[str, str]:
    """The same order of sets and dictionaries in every run."""
    return {**os.environ, "PYTHONHASHSEED": "0"}


def copy(root: Path, to: Path) -> Path:
    shutil.copytree(root, to, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def function_of(test: str) -> str:
    """The node id of a parametrised test's function."""
    return test.partition("[")[0]


def held_back(failing: Iterable[str], passing: Iterable[str], chance: random.Random) -> set[str]:
    """Half of the test functions, drawn; of the failing ones rather less than more, so that one at least is left."""
    broken = sorted({function_of(each) for each in failing})
    whole = sorted({function_of(each) for each in passing} - set(broken))
    return {*chance.sample(broken, len(broken) // 2), *chance.sample(whole, len(whole) // 2)}


def hide(root: Path, functions: Iterable[str]) -> None:
    """Takes test functions out of the files that define them. What a class inherits stays."""
    by_file: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for function in functions:
        path, *names = function.split("::")
        by_file[path].add(tuple(names))
    for path, hidden in by_file.items():
        file = root / path
        file.write_text(_without(file.read_text("utf-8"), hidden), "utf-8")


def _without(text: str, hidden: set[tuple[str, ...]]) -> str:
    """Each function replaced by `pass`, so that no body is left empty."""
    lines = text.split("\n")
    for names, node in reversed(list(_definitions(ast.parse(text), ()))):
        if names in hidden:
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = [" " * node.col_offset + "pass"]
    return "\n".join(lines)


def _definitions(
    tree: ast.Module | ast.ClassDef, outer: tuple[str, ...]
) -> Iterable[tuple[tuple[str, ...], ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Functions of a module and its classes, in the order of the source."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (*outer, node.name), node
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node, (*outer, node.name))
