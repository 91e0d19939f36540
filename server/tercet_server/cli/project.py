"""From what a person types to a workspace's root and a run's target. Reads folders, never files' contents."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.edits import Position, Range
from tercet_shared.errors import InvalidRequest, NotFound, WorkspaceGone
from tercet_shared.runs import Target

ROOT_MARKERS = (
    *("tercet.toml", "pyproject.toml", "setup.cfg", "pytest.ini", "tox.ini", "setup.py", "package.json", "go.mod"),
    *(
        "Cargo.toml",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
        "CMakeLists.txt",
        "Gemfile",
        "composer.json",
        ".git",
    ),
)

_AT_LINES = re.compile(r"^(?P<path>.+?):(?P<first>\d+)(?:-(?P<last>\d+))?$")
_TEST_FILE = re.compile(
    r"(^|/)((test_[^/]*|[^/]*_test|conftest)\.py|[^/]+_test\.go|[^/]+[._-](test|spec)\.[cm]?[jt]sx?|[^/]+\.bats"
    r"|[^/]*Tests?\.(java|kt|php)|(test_[^/]*|[^/]*_(test|spec))\.rb)$"
)


def current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise WorkspaceGone("The current folder has been removed. Change to another one and try again.") from None


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that marks a project; without one, `start`'s own folder."""
    start = start.resolve()
    folder = start if start.is_dir() else start.parent
    above = (each for each in (folder, *folder.parents) if any((each / marker).exists() for marker in ROOT_MARKERS))
    return next(above, folder)


def named_root(workspace: Path | None, start: Path | None = None) -> Path:
    """The root that was named, or the one found from `start` (the current folder). Raises NotFound if it is no folder."""
    if workspace is None:
        return find_root(start or current_folder())
    if not workspace.is_dir():
        raise NotFound(f"There is no folder {workspace}. Name the workspace's root.")
    return workspace.resolve()


@dataclass(frozen=True)
class Place:
    """One argument, taken apart: an existing path, and what of it is meant."""

    path: Path
    test: str = ""
    """The part of a node id from the first `::` on."""
    range: Range | None = None


def resolve(arguments: Sequence[str], workspace: Path | None = None, *, symbols: bool = False) -> tuple[Path, Target]:
    """The root and the target that `arguments` mean: node ids, test files, folders, or one source file (`FILE:LINE-LINE`).

    `symbols`: what follows `::` names a definition of a source file (`FILE::Class.method`) rather than a test.

    Raises NotFound for a path that is not there, InvalidRequest for one outside the root.
    """
    places = [_place(each) for each in arguments]
    root = named_root(workspace, places[0].path if places else None)
    tests: list[str] = []
    sources: list[Place] = []
    for place in places:
        relative = _relative(root, place.path)
        if (place.test and not (symbols and place.path.is_file())) or (
            place.range is None and (place.path.is_dir() or _TEST_FILE.search(relative))
        ):
            tests += [relative + place.test] if relative != "." else []
        else:
            sources.append(place)
    if len(sources) > 1:
        raise InvalidRequest("Name one source file at a time; test files and node ids may be many.")
    if not sources:
        return root, Target(tests=tests)
    symbol = sources[0].test[len("::") :].replace("::", ".") or None
    return root, Target(path=_relative(root, sources[0].path), range=sources[0].range, symbol=symbol, tests=tests)


def is_there(path: Path) -> bool:
    """Whether something of that name can be seen; a name that is too long or may not be looked at is none."""
    try:
        return path.exists()
    except OSError:
        return False


def _place(argument: str) -> Place:
    name, separator, test = argument.partition("::")
    path = current_folder() / name
    if is_there(path):
        return Place(path.resolve(), separator + test)
    at = _AT_LINES.match(name)
    if at is not None and not test and is_there(at_path := current_folder() / at["path"]) and at_path.is_file():
        return Place(
            (current_folder() / at["path"]).resolve(), range=_lines(int(at["first"]), int(at["last"] or at["first"]))
        )
    raise NotFound(
        f"There is no file or folder {name or argument!r}. Name a test file, a node id (FILE::TEST) or a source file."
    )


def _lines(first: int, last: int) -> Range:
    if not 1 <= first <= last:
        raise InvalidRequest(f"{first}-{last} is no range of lines: the first line is 1.")
    return Range(start=Position(line=first - 1, character=0), end=Position(line=last, character=0))


def _relative(root: Path, path: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        raise InvalidRequest(f"{path} is not below the workspace {root}. Name its root with --workspace.") from None
