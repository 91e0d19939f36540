"""The habits that keep the code readable: sizes, docstrings, names, and ignores and broad excepts that say why."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PRODUCT = ("shared", "lsp", "server")

FILE_LINES = 400
FUNCTION_LINES = 50

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

IGNORE = re.compile(r"#\s*(noqa(:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*)?|(type|pyright):\s*ignore(\[[\w,\s-]+\])?)")
EXPLAINED = re.compile(
    r"#\s*(noqa:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*|(type|pyright):\s*ignore\[[\w,\s-]+\])(\s+#|\s*-|:)\s*\S+"
)

EDGES = {
    "lsp/tercet_lsp/__main__.py": "the process",
    "server/tercet_server/__main__.py": "the process",
    "server/tercet_server/cli/main.py": "the process",
    "server/tercet_server/api/edge.py": "a request",
    "server/tercet_server/runs/service.py": "a run",
    "server/tercet_server/context/symbols/jedi_worker.py": "a question to foreign code: whoever asked is told",
    "server/tercet_server/ledger/writer.py": "the writing thread: every waiting caller is told",
    "server/tercet_server/checks/pytest/worker.py": "a test worker: whoever waits for it is told",
    "server/tercet_server/models/vendor.py": "a call of foreign code: every failure becomes one of our errors",
    "server/tercet_server/checks/pytest/driver/trial.py": "a test process",
    "server/tercet_server/checks/pytest/driver/observing.py": "foreign code that is called: what it raises is what is told",
    "server/tercet_server/checks/pytest/driver/exploring/cases.py": "foreign code that is called: what it raises is what is told",
    "server/tercet_server/checks/pytest/driver/exploring/explorer.py": "an exploring process",
    "server/tercet_server/checks/pytest/driver/exploring/parameters.py": "annotations, which are foreign code",
    "server/tercet_server/checks/pytest/driver/exploring/sources.py": "foreign code that is asked what it is",
    "server/tercet_server/checks/pytest/driver/warming.py": "foreign code that is imported",
}
"""Modules that may catch everything, and which edge (of a request, a step, a process) they stand at."""


def sources(*folders: str) -> list[str]:
    """The repository's Python files: tracked, or new and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for path in listing.stdout.splitlines() if path.endswith(".py") and (REPOSITORY / path).exists()]


def tree(path: str) -> ast.Module:
    return ast.parse((REPOSITORY / path).read_text("utf-8"))


@pytest.mark.parametrize("path", sources(*PRODUCT, "tests", "benchmarks", "scripts"))
def test_a_file_is_read_in_one_sitting(path: str):
    assert len((REPOSITORY / path).read_text("utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", sources(*PRODUCT, "benchmarks", "scripts"))
def test_a_function_is_read_at_a_glance(path: str):
    functions = (each for each in ast.walk(tree(path)) if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)))
    long = {
        each.name: lines for each in functions if (lines := (each.end_lineno or 0) - each.lineno + 1) > FUNCTION_LINES
    }
    assert not long


@pytest.mark.parametrize("path", sources(*PRODUCT, "tests", "benchmarks", "scripts"))
def test_a_module_says_what_it_is_for(path: str):
    assert ast.get_docstring(tree(path)), f"{path} has no docstring"


@pytest.mark.parametrize("path", sources(*PRODUCT))
def test_a_name_says_something(path: str):
    assert not FORBIDDEN_NAMES & set(re.split(r"[/_.]", path))


def broad_handlers(path: str) -> Iterator[int]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            names = (
                {each.id for each in ast.walk(node.type) if isinstance(each, ast.Name)} if node.type else {"Exception"}
            )
            if "Exception" in names or ("BaseException" in names and not _raises_again(node)):
                yield node.lineno


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None


def test_only_the_edges_of_requests_steps_and_the_process_catch_everything():
    found = {path: list(broad_handlers(path)) for path in sources(*PRODUCT)}
    assert not {path: lines for path, lines in found.items() if lines and path not in EDGES}


@pytest.mark.parametrize("path", sources(*PRODUCT, "benchmarks", "scripts"))
def test_every_ignore_names_its_rule_and_its_reason(path: str):
    """`# noqa: CODE  # why` and `# type: ignore[code]  # why`: a bare ignore hides the next mistake too.

    The reason may stand on the line above, where both ignore the same.
    """
    silent, explained = [], ""
    for number, line in enumerate((REPOSITORY / path).read_text("utf-8").splitlines(), 1):
        marker = IGNORE.search(line)
        if marker is not None and EXPLAINED.search(line) is None and marker[0] != explained:
            silent.append(f"{path}:{number}: {line.strip()}")
        explained = marker[0] if marker is not None else ""
    assert not silent
