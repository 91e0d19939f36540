"""The ports to a workspace's tests and to the checks that prove a change set."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from tercet_shared.edits import ChangeSet, FileTexts
from tercet_shared.findings import Finding
from tercet_shared.proposals import Evidence
from tercet_shared.workspaces import Interpreter

from tercet_server.ports.clock import ReportProgress
from tercet_server.ports.exploring import Exploration, Explored
from tercet_server.ports.gating import Gates
from tercet_server.ports.workspace import PrivateCopy


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """Broke outside the test's own call: collection, fixture, crash."""
    TIMEOUT = "timeout"
    SKIPPED = "skipped"


FAILING = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.TIMEOUT})


@dataclass(frozen=True)
class Frame:
    """One frame of a failing test's traceback inside the workspace, innermost last."""

    path: str
    line: int
    function: str


@dataclass(frozen=True)
class TestResult:
    test: str
    """pytest's node id; elsewhere the test file and the test's name in the same way: `cart/cart_test.go::TestTotal`."""
    outcome: Outcome
    duration_s: float
    message: str = ""
    """The exception's one-line summary."""
    report: str = ""
    """What the runner printed of the failure, capped at 20,000 characters."""
    frames: tuple[Frame, ...] = ()
    covered: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """path → executed lines (from zero), sorted; only when traced."""


@dataclass(frozen=True)
class TestReport:
    results: Mapping[str, TestResult]
    not_run: tuple[str, ...] = ()
    """Tests that the deadline left out."""
    collection_errors: tuple[TestResult, ...] = ()
    """Test files that could not be imported (`test` is the file's path)."""
    command: tuple[str, ...] = ()
    """An argument list that reproduces it."""
    exit_code: int | None = None
    duration_s: float = 0.0
    modules: Mapping[str, str] = field(default_factory=dict)
    """Module name → its file: relative if below the copy, else absolute. Only of a run that asked for it."""
    tool: str = "pytest"
    """What ran the tests, as its users call it."""
    program: str = ""
    """The executable that ran them, where that is not the workspace's interpreter."""
    runtimes: tuple[str, ...] = ()
    """What ran them needs: see `Jail.runtime`."""
    complete: bool = True
    """False if collecting came to no end, and not through a file of `collection_errors` alone: more tests may exist."""
    left_out: tuple[str, ...] = ()
    """Runners of the workspace whose tests were not collected, since the change is in none of their languages."""

    def failing(self) -> list[TestResult]:
        return [each for each in (*self.results.values(), *self.collection_errors) if each.outcome in FAILING]


class TestSession(Protocol):
    """Warm workers inside the sandbox that run tests on the copy, or on variants of it held in memory."""

    @property
    def import_paths(self) -> Sequence[str]:
        """Folders of the copy (as seen inside) that stand for import paths of the original: editable installs."""
        ...

    async def collect(self, targets: Sequence[str] = ()) -> TestReport:
        """Node ids in `not_run`. `targets` are node ids, test files or folders; none: all.

        Nothing is run but tests that no tool can list otherwise.
        """
        ...

    async def run(
        self,
        tests: Sequence[str],
        *,
        per_test_s: float,
        deadline_s: float,
        texts: Mapping[str, str] = {},
        trace: bool = False,
        stop_at_failure: bool = False,
        modules: bool = False,
    ) -> TestReport:
        """Runs `tests` (node ids or files; in this order) with the modules in `texts` (path → source) replaced.

        A test over `per_test_s` is killed and counts as TIMEOUT; after `deadline_s` the rest is `not_run`.
        Calls may overlap: they queue for the session's workers.
        """
        ...

    async def observe(self, tests: Sequence[str], *, texts: Mapping[str, str], deadline_s: float) -> Sequence[str]:
        """What the code that passing `tests` call gives for their arguments and for others that differ a little.

        One word for each input: `gave` with a digest of the value, `raised` with a type, or `late`. The inputs are the
        same for all variants, the unchanged text among them. Empty where this cannot be found out.
        """
        ...

    async def explore(self, exploration: Exploration) -> Explored:
        """Calls the code of one module to see what it does; see `ports.exploring`. What cannot be called is left out."""
        ...


@dataclass(frozen=True)
class Opening:
    """What whoever opens a session allows for it: a compiler may have to prepare what all of its tests need."""

    deadline_s: float = 300.0
    """How long the work may take for which the session is opened. No more than half of it goes into preparing."""
    progress: ReportProgress | None = None
    """Told what takes long."""


UNHURRIED = Opening()


class Tests(Protocol):
    """The test runners of a workspace: pytest, and those of other languages."""

    def session(
        self,
        copy: PrivateCopy,
        interpreter: Interpreter,
        workers: int,
        about: Sequence[str] = (),
        opening: Opening = UNHURRIED,
    ) -> AbstractAsyncContextManager[TestSession]:
        """`about` are the files and tests that the work is about: their languages choose the runners whose tests are all
        the tests there are. None: the workspace's own runner."""
        ...


@dataclass(frozen=True)
class ProofTask:
    """What a candidate must be proved against."""

    change_set: ChangeSet
    target_tests: Sequence[str]
    """The tests that must pass: failing ones, or ones that the change brings."""
    deadline_s: float
    per_test_s: float
    resolves_finding: bool = False
    """The change is there for a linter's finding: one must be gone, and none new."""
    asked_for: Sequence[str] = ()
    """Files and folders ("": all) that the request is about. Another change to what serves the tests alone is doubted."""
    brought_tests: Sequence[str] = ()
    """Those of the target tests that the change brings: nobody has seen them fail without it."""
    gates: Gates = field(default_factory=Gates)
    """What is measured of a change that has passed all else."""


class Checker(Protocol):
    """Runs every check on a change set in a private copy."""

    async def prove(
        self, copy: PrivateCopy, interpreter: Interpreter, task: ProofTask, progress: ReportProgress
    ) -> Evidence:
        """Applies the change set to the copy, runs the checks (cheapest first, stops at a failure), resets the copy.

        The evidence is `verified` only if all necessary checks passed, the base did not move meanwhile, and the
        changed modules were loaded from the copy.
        """
        ...

    async def syntax(self, path: str, text: str) -> list[Finding]:
        """The syntax findings of one text, without any tool: quick enough for every keystroke."""
        ...

    async def findings(self, root: Path, path: str, text: str) -> list[Finding]:
        """Syntax and lint findings of one text; runs no project code. Unknown languages have none."""
        ...

    async def remarks(self, root: Path, changes: Sequence[FileTexts]) -> list[Finding]:
        """What speaks against changes, found by comparing texts alone: by path and line of the new texts."""
        ...
