"""Which files a model may see and change, by the intent of the run alone: nothing that a file says can widen it. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from pydantic import TypeAdapter, ValidationError
from tercet_shared.edits import RelativePath
from tercet_shared.runs import Intent

from tercet_server.prompts import is_confidential
from tercet_server.proposers.suspicion import serves_tests

SETTLED = (
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "tox.ini",
    "setup.cfg",
    "pyproject.toml",
    "noxfile.py",
    "tercet.toml",
    "jest.config.*",
    "vitest.config.*",
    "vitest.workspace.*",
    ".mocharc.*",
    "package.json",
    "phpunit.xml*",
    ".tercetignore",
    "sitecustomize.py",
    "usercustomize.py",
)
"""What decides which tests run and how, or what Tercet itself may do: a change of it could prove anything."""

SETTLED_FOLDERS = frozenset(
    {
        ".cargo",
        ".circleci",
        ".devcontainer",
        ".git",
        ".github",
        ".gitlab",
        ".hg",
        ".husky",
        ".idea",
        ".svn",
        ".vscode",
    }
)

_RELATIVE = TypeAdapter(RelativePath)


@dataclass(frozen=True)
class Permit:
    """What one conversation may do. `files` are those of the private copy: nothing else is seen or changed."""

    intent: Intent
    files: Collection[str]

    def against_reading(self, path: str) -> str | None:
        """Why a file is not shown, in a sentence; None if it is."""
        if not _is_inside(path):
            return f"{path[:200]!r} is not a path below the workspace's root."
        if is_confidential(path):
            return f"{path} is a file for secrets; it is shown to nobody."
        return None if path in self.files else f"There is no file {path}."

    def against_changing(self, path: str) -> str | None:
        """Why a file is not changed or created, in a sentence; None if it may be."""
        if not _is_inside(path):
            return f"{path[:200]!r} is not a path below the workspace's root."
        if is_confidential(path):
            return f"{path} is a file for secrets; it is never changed."
        pure = PurePosixPath(
            path.casefold()
        )  # where a file system takes upper and lower case for the same, so must this
        if SETTLED_FOLDERS.intersection(pure.parts) or any(fnmatchcase(pure.name, each) for each in SETTLED):
            return f"{path} decides what is tested or allowed; it is not changed by this."
        return self._against_by_intent(path)

    def in_words(self) -> str:
        """What may be changed, as the model is told."""
        if self.intent is Intent.FIX:
            return "Only source code can be changed, no tests."
        if self.intent is Intent.TEST:
            return "Only tests can be changed, and new test files created; no source code."
        return "Source code and documents can be changed and new files created, new tests too; existing tests cannot."

    def _against_by_intent(self, path: str) -> str | None:
        is_test, exists = serves_tests(path), path in self.files
        if self.intent is Intent.TEST:
            return None if is_test else f"{path} is no test, and only tests can be changed."
        if is_test and (exists or self.intent is Intent.FIX):
            return f"{path} is a test; the tests are the specification and are not changed."
        return None


def _is_inside(path: str) -> bool:
    try:
        _RELATIVE.validate_python(path)
    except ValidationError:
        return False
    return path.isprintable()
