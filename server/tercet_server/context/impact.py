"""What may break if a definition changes: who uses it, who uses those, and the tests among them. Reads the index's names.

Found by names, the nearest scope and imports: what is called through a variable of unknown type may be missed or be one too
many. Tests that merely import the changed file come last.
"""

import re
import time
from collections import deque
from dataclasses import dataclass, field

from tercet_server.context.code import Code, dotted_name
from tercet_server.languages import Definition

MOST_USES = 3000
"""A name used more often than this is not followed: everything would depend on everything."""

DEADLINE_S = 1.0

CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "constructor", "initialize", "__construct"})
_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "spec", "specs", "testing"})
_TEST_FILE = re.compile(r"^(test_.*|conftest\.py|.*[_.-](test|tests|spec)\.[^.]+|.*(Test|Tests|IT|Spec)\.[^.]+)$")


@dataclass(frozen=True, slots=True)
class Touched:
    """A definition that a change may reach; None: the top level of the file. `distance` counts uses, from one."""

    file: int
    definition: Definition | None
    distance: int
    through: str


@dataclass(slots=True)
class Impact:
    """Nearest first. `truncated`: there may be more."""

    affected: list[Touched] = field(default_factory=list)
    tests: list[Touched] = field(default_factory=list)
    truncated: bool = False


def impact(code: Code, file: int, definition: Definition | None, limit: int) -> Impact:
    """Of a definition of a file; None: of everything in the file. At most `limit` of each kind."""
    changed = [definition] if definition is not None else [each for each in code.definitions(file) if not each.scope]
    walk = _Walk(code, limit, time.monotonic() + DEADLINE_S)
    found = walk.users([(file, each) for each in changed])
    by_test: dict[bool, list[Touched]] = {False: [], True: []}
    for each in found:
        by_test[is_test(code.path(each.file))].append(each)
    tests = [*by_test[True], *_importing_tests(code, file, {each.file for each in by_test[True]})]
    truncated = walk.truncated or max(len(by_test[False]), len(tests)) > limit
    return Impact(by_test[False][:limit], tests[:limit], truncated)


def is_test(path: str) -> bool:
    """Whether a file's path says that it holds tests."""
    *folders, name = path.split("/")
    return bool(_TEST_FOLDERS & set(folders)) or _TEST_FILE.match(name) is not None


def _importing_tests(code: Code, file: int, known: set[int]) -> list[Touched]:
    changed = code.path(file)
    distances = sorted((steps, path) for path, steps in code.import_graph.distances([changed]).items() if steps)
    numbers = ((code.snapshot.number_of(path), steps) for steps, path in distances if is_test(path))
    return [
        Touched(number, None, steps, f"imports {changed}" + (f" through {steps - 1} more" if steps > 1 else ""))
        for number, steps in numbers
        if number is not None and number not in known
    ]


class _Walk:
    """Breadth first over uses, so that every definition is met at its least distance."""

    def __init__(self, code: Code, limit: int, ends: float) -> None:
        self._code = code
        self._most = 2 * limit
        self._ends = ends
        self.truncated = False

    def users(self, changed: list[tuple[int, Definition]]) -> list[Touched]:
        met = {(file, definition.start, definition.name) for file, definition in changed}
        queue = deque((file, definition, 0) for file, definition in changed)
        found: list[Touched] = []
        while queue:
            file, definition, distance = queue.popleft()
            if len(found) > self._most or time.monotonic() > self._ends:
                self.truncated = True
                break
            for user in self._direct(file, definition, distance + 1):
                own = user.definition
                key = (user.file, own.start, own.name) if own is not None else (user.file, -1, "")
                if key not in met:
                    met.add(key)
                    found.append(user)
                    if own is not None:
                        queue.append((user.file, own, user.distance))
        return sorted(found, key=lambda each: each.distance)

    def _direct(self, file: int, definition: Definition, distance: int) -> list[Touched]:
        name, meant = self._called(file, definition)
        uses = self._code.snapshot.references(name)
        if len(uses) > MOST_USES:
            self.truncated = True
            return []
        found = []
        targets = [
            each
            for each in self._code.named(name)
            if (each.file, dotted_name(each.definition)) == (file, dotted_name(meant))
        ]
        for use in uses:
            if use.kind == "import" or not self._code.means(name, use.file, use.line, targets):
                continue
            user = self._code.around(use.file, use.line)
            verb = "calls" if use.kind == "call" else "uses"
            found.append(Touched(use.file, user, distance, f"{verb} {dotted_name(definition)} in line {use.line + 1}"))
        return found

    def _called(self, file: int, definition: Definition) -> tuple[str, Definition]:
        """What its users write: a constructor is called by the name of its class."""
        if definition.name in CONSTRUCTORS or definition.kind == "constructor":
            name = definition.scope.rpartition(".")[2]
            around = [
                each
                for each in self._code.definitions(file)
                if each.name == name
                and each.start <= definition.start
                and definition.end <= each.end
                and each != definition
            ]
            if around:
                return name, around[-1]
        return definition.name, definition
