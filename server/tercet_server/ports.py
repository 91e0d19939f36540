"""The ports: what the agents and the runs know of the world. Implementations live in the sibling packages.

Paths inside a workspace are relative with forward slashes everywhere; absolute host paths are `pathlib.Path`.
Lines and characters count from zero, characters in code points. Every coroutine may be cancelled at any await and
then leaves no process, mount or temporary folder behind. Errors are those of `tercet_shared.errors`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from tercet_shared.edits import ChangeSet, FileTexts
from tercet_shared.events import Event, EventType
from tercet_shared.findings import Finding
from tercet_shared.ids import ClaimId, ClientId, ProposalId, RunId, WorkspaceId
from tercet_shared.proposals import Candidate, Claim, Evidence, Proposal, ProposalState, Verdict
from tercet_shared.runs import Plan, PlanStep, Problem, Progress, Run, RunRequest, RunState, Suspect
from tercet_shared.workspaces import Interpreter, Workspace

ReportProgress = Callable[[Progress], Awaitable[None]]


class Clock(Protocol):
    def now(self) -> datetime: ...
    def monotonic(self) -> float:
        """Seconds, for measuring durations."""
        ...


# -- sandbox ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limits:
    """What one sandboxed process tree may use."""

    wall_s: float = 120.0
    cpu_s: float | None = None
    memory_bytes: int = 2 * 1024**3
    processes: int = 128
    file_size_bytes: int = 256 * 1024**2
    output_bytes: int = 1024**2
    """Kept of each of stdout and stderr; the rest is read and dropped, and the result says so."""


@dataclass(frozen=True)
class Jail:
    """What a sandboxed command sees: one writable folder, a few read-only ones, and nothing else of the user's."""

    writable: Path
    """Host folder with the private copy."""
    appears_at: Path
    """Where the private copy should stand inside (the workspace's root). A backend that cannot mount says so by `root_inside`."""
    readable: tuple[Path, ...] = ()
    """Further host files and folders, seen read-only at their own paths (interpreter, drivers)."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the backend's own short allow-list; nothing of the daemon's environment is passed."""
    network: bool = False


class Ending(StrEnum):
    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    PROCESSES = "processes"
    SIGNALLED = "signalled"


@dataclass(frozen=True)
class SandboxResult:
    exit_code: int | None
    """None unless `ending` is EXITED."""
    ending: Ending
    stdout: bytes
    stderr: bytes
    stdout_cut: bool
    stderr_cut: bool
    duration_s: float


class SandboxProcess(Protocol):
    """A kept process that is talked to line by line over its stdin and stdout."""

    async def send(self, line: bytes) -> None: ...

    async def receive(self) -> bytes | None:
        """The next line without its end; None once the process has closed its stdout. Lines are limited to 64 MiB."""
        ...

    def stderr_tail(self) -> bytes:
        """The last 64 KiB of its stderr."""
        ...


class Sandbox(Protocol):
    """Runs project code: no network, no secrets, limits, the whole process tree reaped."""

    name: str
    isolation: str

    def root_inside(self, jail: Jail) -> Path:
        """Where `jail.writable` stands for the commands inside: `appears_at` if it can be mounted there."""
        ...

    async def run(
        self, jail: Jail, command: Sequence[str], limits: Limits, stdin: bytes = b"", cwd: str = "."
    ) -> SandboxResult:
        """Runs `command` in the folder `cwd` (relative to the copy's root) to its end or limit."""
        ...

    def open(self, jail: Jail, command: Sequence[str], limits: Limits) -> AbstractAsyncContextManager[SandboxProcess]:
        """Keeps a process for many requests; leaving the context kills its whole tree."""
        ...


# -- workspace ----------------------------------------------------------------------------------------------------


class PrivateCopy(Protocol):
    """A copy of the workspace with the overlays applied, for one task. Reset to its base between candidates."""

    root: Path
    """Host path of the copy."""
    original: Path
    base_sha256: str
    """Hash of the manifest of everything copied: paths, contents and modes."""

    async def read_text(self, path: str) -> str:
        """The base text of a file (overlay included). Raises NotFound, TooLarge, Unsupported (not text)."""
        ...

    async def files(self, suffix: str = "") -> list[str]:
        """The copied regular files, sorted, whose name ends with `suffix`."""
        ...

    async def apply(self, change_set: ChangeSet) -> list[FileTexts]:
        """Writes a change set into the copy. Raises StaleText, EditRefused."""
        ...

    async def reset(self) -> None:
        """Puts every file back as it was when copied, whatever the code that ran in it has done."""
        ...

    async def moved_paths(self) -> list[str]:
        """The paths of the original (or its overlays) that differ from the base now: proof of the base is void for them."""
        ...


class Workspaces(Protocol):
    """Registered folders, their overlays and trust; private copies; the only writer of users' files."""

    async def get(self, workspace_id: WorkspaceId) -> Workspace: ...

    def private_copy(
        self, workspace_id: WorkspaceId, client_id: ClientId | None
    ) -> AbstractAsyncContextManager[PrivateCopy]:
        """A new copy; overlays of `client_id` win over those of other clients, and all of them over the disk."""
        ...

    async def current_text(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None) -> str | None:
        """The text that the user sees now: overlay first, then the file; None if there is neither."""
        ...

    async def dirty_paths(self, workspace_id: WorkspaceId, paths: Sequence[str]) -> list[str]:
        """Those of `paths` that some client holds unsaved changes of."""
        ...

    async def write(self, workspace_id: WorkspaceId, texts: Sequence[FileTexts]) -> None:
        """Writes all files or none, each only if its current text equals `before`; encodings and modes are kept.

        Raises StaleText, NotWritable, DiskFull. `after` of an undone creation is "" with `before` set: see `remove`.
        """
        ...

    async def remove(self, workspace_id: WorkspaceId, path: str, text_sha256: str) -> None:
        """Removes a file whose text still has this hash (undo of a creation)."""
        ...


# -- tests and checks ---------------------------------------------------------------------------------------------


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
    """pytest's node id."""
    outcome: Outcome
    duration_s: float
    message: str = ""
    """The exception's one-line summary."""
    report: str = ""
    """What pytest printed of the failure, capped at 20,000 characters."""
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

    def failing(self) -> list[TestResult]:
        return [each for each in (*self.results.values(), *self.collection_errors) if each.outcome in FAILING]


class TestSession(Protocol):
    """Warm workers inside the sandbox that run tests on the copy, or on variants of it held in memory."""

    async def collect(self, targets: Sequence[str] = ()) -> TestReport:
        """Node ids as the keys of `not_run`; nothing is run. `targets` are node ids, test files or folders; none: all."""
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
    ) -> TestReport:
        """Runs `tests` (node ids or files; in this order) with the modules in `texts` (path → source) replaced.

        A test over `per_test_s` is killed and counts as TIMEOUT; after `deadline_s` the rest is `not_run`.
        Calls may overlap: they queue for the session's workers.
        """
        ...


class Tests(Protocol):
    """The test runner of a workspace (pytest)."""

    def session(
        self, copy: PrivateCopy, interpreter: Interpreter, workers: int
    ) -> AbstractAsyncContextManager[TestSession]: ...


@dataclass(frozen=True)
class ProofTask:
    """What a candidate must be proved against."""

    change_set: ChangeSet
    target_tests: Sequence[str]
    """The failing tests that must pass."""
    deadline_s: float
    per_test_s: float


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

    async def findings(self, root: Path, path: str, text: str) -> list[Finding]:
        """Syntax and lint findings of one text; runs no project code. Unknown languages have none."""
        ...


# -- agents' other ports ------------------------------------------------------------------------------------------


class Context(Protocol):
    """Knows the code base: where to look."""

    def suspects(self, report: TestReport, limit: int = 200) -> list[Suspect]:
        """Lines ranked by how suspicious a traced test report makes them, most suspicious first."""
        ...

    async def affected_tests(self, copy: PrivateCopy, changed: Sequence[str], test_files: Sequence[str]) -> list[str]:
        """`test_files` in the order in which the changed files are likely to affect them (import graph), all kept."""
        ...


@dataclass(frozen=True)
class ProposerTask:
    """What a proposer works on. `baseline` is the traced report of the unchanged copy."""

    workspace: Workspace
    copy: PrivateCopy
    interpreter: Interpreter
    step: PlanStep
    baseline: TestReport
    tests: TestSession
    deadline_s: float
    per_test_s: float
    feedback: Sequence[str] = ()
    """The critique's reasons against earlier candidates of this step."""


class Proposer(Protocol):
    """A source of candidates for a step of a plan."""

    name: str
    cost: int
    """Relative cost: cheaper proposers are asked first."""

    def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        """Candidates, best first, until there are no more or the caller stops iterating."""
        ...


# -- ledger -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StoredClaim:
    """A claim with what settles it: the full texts before and after, by path (None: no such file)."""

    claim: Claim
    client_id: ClientId | None
    by_daemon: bool
    """The daemon writes the files itself (True), or an editor does."""
    created_at: datetime


class Ledger(Protocol):
    """Runs, events, proposals, claims and checkpoints, durable before anything is shown.

    `key` makes an append idempotent: the same (run, key) appends once, however often a step is re-run.
    """

    async def create_run(self, request: RunRequest, deadline_at: datetime) -> Run: ...
    async def run(self, run_id: str) -> Run:
        """By id or by a unique beginning of one. Raises NotFound."""
        ...

    async def runs(
        self, workspace_id: WorkspaceId | None = None, states: Sequence[RunState] = (), limit: int = 50
    ) -> list[Run]: ...

    async def append(self, run_id: RunId, type: EventType, data: dict[str, Any], key: str) -> Event | None:
        """Appends an event that changes no state; None if `key` was there already."""
        ...

    async def move(
        self,
        run_id: RunId,
        to: RunState,
        key: str,
        *,
        problem: Problem | None = None,
        answer: str | None = None,
        plan: Plan | None = None,
    ) -> Run:
        """One transaction: checks the transition (pure, `runs.states`), updates the run, appends `run.state`.

        Raises Conflict for a forbidden transition; the same key twice returns the run unchanged.
        """
        ...

    async def beat(self, run_id: RunId) -> None:
        """Renews the run's heartbeat."""
        ...

    async def events(
        self,
        after: int,
        *,
        run_id: RunId | None = None,
        workspace_id: WorkspaceId | None = None,
        limit: int = 1000,
    ) -> list[Event]: ...

    async def last_seq(self) -> int: ...

    async def offer(
        self,
        run_id: RunId,
        candidate: Candidate,
        evidence: Evidence,
        verdict: Verdict,
        diff: str,
        key: str,
    ) -> Proposal:
        """Stores the proposal, moves the run to `proposed` and appends `proposal.offered`, in one transaction."""
        ...

    async def proposal(self, proposal_id: ProposalId) -> Proposal: ...
    async def proposals(
        self, workspace_id: WorkspaceId | None = None, states: Sequence[ProposalState] = ()
    ) -> list[Proposal]: ...

    async def claim(self, stored: StoredClaim, texts: Sequence[FileTexts], expected: ProposalState) -> StoredClaim:
        """Compare-and-set from `expected` to `claimed`, with the pre-images, in one transaction. Raises AlreadyClaimed."""
        ...

    async def stored_claim(self, claim_id: ClaimId) -> tuple[StoredClaim, list[FileTexts]]: ...
    async def open_claims(self) -> list[tuple[StoredClaim, list[FileTexts]]]: ...
    async def checkpoint(self, proposal_id: ProposalId) -> list[FileTexts]:
        """The texts before and after the apply that made the proposal `applied`: what undo needs."""
        ...

    async def settle(self, claim_id: ClaimId, to: ProposalState, reason: str) -> Proposal:
        """Ends a claim: proposal and run move together, events are appended, in one transaction. Idempotent."""
        ...

    async def close_proposal(self, proposal_id: ProposalId, to: ProposalState, reason: str) -> Proposal:
        """From `offered` to `discarded` or `superseded`, with its run. Raises Conflict."""
        ...
