"""Runs on the wire: a request, its state, its plan. The words are those of the documentation's glossary."""

from enum import StrEnum
from pathlib import PurePosixPath

from pydantic import AwareDatetime, Field

from tercet_shared.edits import Range, RelativePath
from tercet_shared.ids import ClientId, ProposalId, RunId, WorkspaceId
from tercet_shared.wire import Wire


class Intent(StrEnum):
    FIX = "fix"
    IMPLEMENT = "implement"
    TEST = "test"
    DOCUMENT = "document"
    REVIEW = "review"
    EXPLAIN = "explain"
    REFACTOR = "refactor"
    OPTIMISE = "optimise"
    SECURE = "secure"


class RunState(StrEnum):
    QUEUED = "queued"
    PLANNING = "planning"
    CODING = "coding"
    CHECKING = "checking"
    WAITING = "waiting"
    PROPOSED = "proposed"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDONE = "undone"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"
    COMPLETED = "completed"
    NO_CANDIDATE = "no_candidate"
    FAILED = "failed"
    CANCELLED = "cancelled"


END_STATES = frozenset(
    {
        RunState.APPLIED,
        RunState.UNDONE,
        RunState.DISCARDED,
        RunState.SUPERSEDED,
        RunState.COMPLETED,
        RunState.NO_CANDIDATE,
        RunState.FAILED,
        RunState.CANCELLED,
    }
)
"""States in which nothing more happens by itself (`applied` may still become `undone`)."""

RESTING_STATES = END_STATES | {RunState.PROPOSED, RunState.WAITING}
"""States in which no work is going on: the run has ended or waits for the user."""


class Target(Wire):
    """What a run is about. Nothing given: the whole workspace."""

    path: RelativePath | None = None
    range: Range | None = None
    symbol: str | None = None
    tests: list[str] = Field(default_factory=list)
    """Node ids, or paths of test files or folders, as pytest takes them."""
    base: str | None = Field(default=None, min_length=1, max_length=500)
    """For a review: a revision of git; what has changed since, in the working tree too, is reviewed."""

    @property
    def is_single_tests(self) -> bool:
        """Whether tests are meant by their node ids, and no files or folders."""
        return self.base is None and bool(self.tests) and all("::" in each for each in self.tests)

    def is_about(self, test: str) -> bool:
        """Whether a test is one of the single tests or a case of one; or a file (a conftest too) without which none can run."""
        return any(_is_of(test, each) for each in self.tests)


def _is_of(test: str, single: str) -> bool:
    if test == single or test.startswith((f"{single}::", f"{single}[", f"{single}/")):
        return True
    file, path = PurePosixPath(single.partition("::")[0]), PurePosixPath(test)
    return path == file or (path.name == "conftest.py" and path.parent in file.parents)


class RunRequest(Wire):
    workspace_id: WorkspaceId
    intent: Intent
    target: Target = Target()
    instructions: str = Field(default="", max_length=100_000)
    client_id: ClientId | None = None
    deadline_s: float | None = Field(default=None, gt=0, le=86_400)
    """Seconds the whole run may take; left out, the setting `run.deadline_s`."""
    plan_first: bool = False
    """Wait with the plan until it is approved, before any change is worked out."""


class Suspect(Wire):
    """A line (from zero) that may be the cause of a failure; `score` from 0 to 1."""

    path: RelativePath
    line: int = Field(ge=0)
    score: float = Field(ge=0, le=1)


class PlanStep(Wire):
    id: str
    title: str
    files: list[RelativePath] = Field(default_factory=list)
    range: Range | None = None
    """Where in the only file the finding stands that is to be fixed, if it is about one."""
    tests: list[str] = Field(default_factory=list)
    """The failing tests that this step must make pass (node ids)."""
    suspects: list[Suspect] = Field(default_factory=list)
    """Most suspicious first."""
    depends_on: list[str] = Field(default_factory=list)


class Plan(Wire):
    summary: str
    steps: list[PlanStep]
    risks: list[str] = Field(default_factory=list)
    assumptions: list[str] = Field(default_factory=list)
    """What was taken for granted where the request leaves it open."""
    alternatives: list[str] = Field(default_factory=list)
    """Other ways that were weighed, each with why not."""
    estimate_s: float | None = None
    approval: list[str] = Field(default_factory=list)
    """Why it is not worked on before the user approves it: what is measured of it is risky. Sentences."""


class Progress(Wire):
    """`percent` from 0 to 100, absent where nobody can know."""

    message: str
    percent: float | None = Field(default=None, ge=0, le=100)


class Problem(Wire):
    """An error as shown to a person and read by a program; see `tercet_shared.errors`."""

    code: str
    sentence: str
    retryable: bool = False


class Run(Wire):
    """One request carried through the agents, as it stands now."""

    id: RunId
    workspace_id: WorkspaceId
    intent: Intent
    target: Target
    instructions: str
    client_id: ClientId | None
    state: RunState
    progress: Progress | None
    plan: Plan | None
    proposal_id: ProposalId | None
    answer: str | None
    problem: Problem | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    deadline_at: AwareDatetime
    plan_first: bool = False
    round: int = Field(default=0, ge=0)
    """How often it was taken up again, after the user approved its plan or steered it."""
    heartbeat_at: AwareDatetime | None
    cost_usd: float = Field(default=0.0, ge=0)
    """What language models cost for it so far, in dollars by list price, without calls under way and `unpriced_calls`."""
    unpriced_calls: int = Field(default=0, ge=0)
    """Calls whose cost nobody knows: of models without a known price, and those that ended with a killed daemon."""


class Approval(Wire):
    """Lets a waiting run go on; with a plan, by that one instead of its own."""

    plan: Plan | None = None


class Steering(Wire):
    """What a run is told while it works or waits: it plans anew with these words added to its instructions."""

    instructions: str = Field(min_length=1, max_length=20_000)


class Again(Wire):
    """Asks for a new run like an earlier one; `instructions` are added to those that it had."""

    instructions: str = Field(default="", max_length=20_000)
    client_id: ClientId | None = None
