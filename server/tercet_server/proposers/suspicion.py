"""Which lines of which files may hold the cause: the plan's suspects, else what the failures' tracebacks name. Never a test,
nor what stands in a folder of tests."""

from collections import defaultdict
from pathlib import PurePosixPath

from tercet_server.languages.kinds import is_code_path, is_test_path
from tercet_server.ports import ProposerTask

MAX_FILES = 12
MAX_LINES = 400

BESIDE_TESTS_SHARE = 0.5
"""Of the suspicion of a file that stands beside the tests: it rather serves them than is tested."""

_TEST_FOLDERS = frozenset({"test", "tests", "testing"})


def suspicious_lines(task: ProposerTask) -> dict[str, dict[int, float]]:
    """path → line (from zero) → score above 0, for files that are not tests; the most suspicious file first."""
    tests = _test_files(task)
    serving = tuple({folder for path in tests if (folder := _folder_of_tests(path))})
    folders = {PurePosixPath(path).parent for path in tests}
    found: dict[str, dict[int, float]] = defaultdict(dict)
    lines = [(each.path, each.line, each.score) for each in task.step.suspects if each.score > 0]
    for path, line, score in (lines or _from_tracebacks(task))[:MAX_LINES]:
        if is_code_path(path) and path not in tests and not is_test_path(path) and not path.startswith(serving):
            share = BESIDE_TESTS_SHARE if PurePosixPath(path).parent in folders else 1.0
            found[path][line] = max(found[path].get(line, 0.0), score * share)
    ordered = sorted(found, key=lambda path: (-max(found[path].values()), path))
    return {path: found[path] for path in ordered[:MAX_FILES]}


def _from_tracebacks(task: ProposerTask) -> list[tuple[str, int, float]]:
    """The frames of the failing tests, the innermost the most suspicious; then the files that the plan names."""
    found = []
    for result in task.baseline.failing():
        for depth, frame in enumerate(reversed(result.frames)):
            found.append((frame.path, frame.line, 1.0 / (1 + depth)))
    return found


def _test_files(task: ProposerTask) -> set[str]:
    names = (*task.step.tests, *task.baseline.results, *(each.test for each in task.baseline.collection_errors))
    return {name.partition("::")[0] for name in names}


def serves_tests(path: str) -> bool:
    """Whether a file is a test, in whatever language, or stands in a folder that is called after tests."""
    name = PurePosixPath(path).name.casefold()
    stem, _, suffix = name.partition(".")
    named = stem.startswith("test_") or stem.endswith(("_test", "_tests", "_spec")) or name == "conftest.py"
    return named or suffix.startswith(("test.", "spec.")) or is_test_path(path) or bool(_folder_of_tests(path))


def _folder_of_tests(test_file: str) -> str:
    """The outermost folder around a test file that is called after tests, with a slash at its end; "" if none is.

    What compares or expects in there could be bent until the tests pass.
    """
    folders = test_file.split("/")[:-1]
    named = next((number for number, folder in enumerate(folders) if folder.casefold() in _TEST_FOLDERS), None)
    return "" if named is None else "/".join(folders[: named + 1]) + "/"
