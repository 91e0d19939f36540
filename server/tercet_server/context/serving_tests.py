"""Which files serve the tests alone: a change there may bend what the tests expect, and then they prove nothing. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tercet_server.context.imports import ImportGraph

_TEST_FOLDERS = frozenset({"test", "tests", "spec", "specs", "__tests__"})
_TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py")
_CONFIGURATION = frozenset({"conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"})
_NAME = re.compile(r"(^|_)(tests?|testing|test_?(utils?|helpers?|lib|cases?|support|tools?)|fixtures?)(_|$)")
_LIBRARIES = frozenset({"pytest", "unittest", "hypothesis", "nose", "testtools"})


@dataclass
class ServingTests:
    """`written`: what each Python file imports, as it is written; `tests`: the files whose tests are run."""

    written: Mapping[str, Iterable[str]]
    tests: frozenset[str]
    _graph: ImportGraph = field(init=False)

    def __post_init__(self) -> None:
        self._graph = ImportGraph(self.written)
        self._folders = {folder for test in self.tests if (folder := _folder_of_tests(test))}
        self._beside = {PurePosixPath(test).parent for test in self.tests}

    def among(self, changed: Iterable[str]) -> list[str]:
        """Those of the changed files that nothing but tests uses.

        A file with tests of its own (`test_<name>.py` imports it) is code under test, wherever it stands. A module that
        only tests import is one too, for that is what the top of every library looks like, unless its folder, its name
        or what it imports itself says that it is made for tests.
        """
        return [path for path in changed if self._serves(path)]

    def _serves(self, path: str) -> bool:
        if self._is_test(path):
            return True
        if not path.endswith(".py"):
            return self._in_folder_of_tests(path)
        return not self._has_own_tests(path) and self._tests_alone_reach(path)

    def _tests_alone_reach(self, path: str) -> bool:
        """Every chain of imports to the file comes from a test, through nothing but what is made for tests."""
        met = {path}
        waiting = [path]
        while waiting:
            current = waiting.pop()
            if self._is_test(current):
                continue
            if not self._is_made_for_tests(current):
                return False
            importers = self._graph.importers(current) - met
            met |= importers
            waiting += importers
        return True

    def _is_test(self, path: str) -> bool:
        return path in self.tests or PurePosixPath(path).name in _CONFIGURATION

    def _is_made_for_tests(self, path: str) -> bool:
        if self._in_folder_of_tests(path):
            return True
        place = PurePosixPath(path)
        tested_with = {str(each).partition(".")[0] for each in self.written.get(path, ())} & _LIBRARIES
        looks = (
            _NAME.search(place.stem)
            or _TEST_FILE.fullmatch(place.name)
            or (tested_with and place.parent in self._beside)
        )
        return bool(looks and self._graph.importers(path))

    def _in_folder_of_tests(self, path: str) -> bool:
        return path.startswith(tuple(self._folders))

    def _has_own_tests(self, path: str) -> bool:
        stem = PurePosixPath(path).stem
        own = {f"test_{stem}.py", f"{stem}_test.py"}
        return any(PurePosixPath(each).name in own for each in self._graph.importers(path) & self.tests)


def _folder_of_tests(test: str) -> str:
    """The outermost folder around a test file that is called after tests, with a slash at its end; "" if none is.

    `testing` is often a library's offer to its users; it counts where tests stand in it directly.
    """
    folders = test.split("/")[:-1]
    for number, folder in enumerate(folders, 1):
        if folder.casefold() in _TEST_FOLDERS or (folder.casefold() == "testing" and number == len(folders)):
            return "/".join(folders[:number]) + "/"
    return ""
