"""What a test runner other than pytest is to Tercet: which commands run which tests, and what their output says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from tercet_server.ports import Outcome, SandboxResult, TestResult


class Purpose(StrEnum):
    LIST = "list"
    RUN = "run"
    TRACE = "trace"


@dataclass(frozen=True)
class Batch:
    """One command and the tests that it is to say something of: those named, or all of `files`."""

    purpose: Purpose
    command: tuple[str, ...]
    shown: tuple[str, ...]
    """The command as a user would type it."""
    files: tuple[str, ...]
    """The test files, or folders, that it runs."""
    tests: tuple[str, ...] = ()
    cwd: str = "."
    report: str = ""
    """A file in the copy's root in which it leaves its report."""
    watched: str = ""
    """Another, in which it notes what happens while it runs."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ran:
    """What came of a batch's command. `root` is what the copy is called inside the sandbox."""

    result: SandboxResult
    report: bytes
    root: str
    watched: bytes = b""


@dataclass(frozen=True)
class Reading:
    """What the output of a batch says. Tests are node ids, files are paths in the workspace."""

    results: Sequence[TestResult] = ()
    broken: Sequence[TestResult] = ()
    """Test files of which nothing could be run (`test` is the path)."""
    listed: Sequence[str] = ()
    began: Sequence[str] = ()
    """Tests that had begun but not ended when the output stopped, if the tool tells."""
    executed: Sequence[str] = ()
    """Files of the project that were certainly executed, if the tool tells."""


class Suite(Protocol):
    """One runner in one workspace. It knows names and output; what runs it, where and how long, is the session's."""

    @property
    def tool(self) -> str: ...

    @property
    def program(self) -> str:
        """The path of its executable."""
        ...

    @property
    def runtime(self) -> str:
        """What its commands need: see `ports.Jail.runtime`."""
        ...

    @property
    def readable(self) -> Sequence[Path]:
        """What of the host it needs to see."""
        ...

    @property
    def environment(self) -> Mapping[str, str]: ...

    @property
    def cold_s(self) -> float:
        """What a first command may take before its first test: compiling, for the most part."""
        ...

    @property
    def parallel(self) -> int:
        """So many of its commands may run at the same time in one folder."""
        ...

    def covers(self, path: str) -> bool:
        """Whether a test, file or folder may be one of its own."""
        ...

    def files(self, targets: Sequence[str]) -> list[str]:
        """The test files that `targets` mean (files, folders, node ids); of none all."""
        ...

    def batches(self, tests: Sequence[str], purpose: Purpose) -> list[Batch]:
        """The commands for tests or files, in order."""
        ...

    def watching(self, batch: Batch, root: str) -> Mapping[str, str]:
        """What a batch needs in its environment to note what happens; `root` is the copy's, as seen inside."""
        ...

    def read(self, batch: Batch, ran: Ran) -> Reading: ...


def node_id(file: str, name: str) -> str:
    return f"{file}::{name}"


def file_of(test: str) -> str:
    return test.partition("::")[0]


def name_of(test: str) -> str:
    return test.partition("::")[2]


def under(files: Sequence[str], targets: Sequence[str]) -> list[str]:
    """Those of `files` that are one of `targets`, or lie in one, or hold one; of no target all."""
    wanted = [file_of(each).rstrip("/") for each in targets]
    return [each for each in files if not wanted or any(_means(one, each) for one in wanted)]


def _means(target: str, file: str) -> bool:
    return target in ("", ".", file) or file.startswith(f"{target}/")


def broken(file: str, message: str, report: str) -> TestResult:
    return TestResult(file, Outcome.ERROR, 0.0, message=message, report=report[:20_000])
