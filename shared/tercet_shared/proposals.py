"""Proposals on the wire: candidates, the evidence for them, the verdict, and the claims under which they are applied."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from tercet_shared.edits import ChangeSet, RelativePath, Sha256
from tercet_shared.ids import ClaimId, ClientId, ProposalId, RunId, WorkspaceId
from tercet_shared.wire import Wire


class CheckName(StrEnum):
    SYNTAX = "syntax"
    LINT = "lint"
    TYPES = "types"
    TARGET_TESTS = "target_tests"
    """The failing tests that the change is to make pass, and their files."""
    TESTS = "tests"
    """No test that passed before fails now."""
    SECURITY = "security"
    """No new finding of ruff's security rules."""
    COVERAGE = "coverage"
    """Enough of the changed lines are run by tests that pass."""
    COMPLEXITY = "complexity"
    """No changed function has become too complex."""
    SECRETS = "secrets"
    """No added line holds a key of a well-known form."""
    DEPENDENCIES = "dependencies"
    """Whether the change touches a file that says what is installed."""


class CheckStatus(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"
    WARNED = "warned"
    """A quality gate is not met, and the settings do not have the change turned down for it."""


class OnFailure(StrEnum):
    """What follows when a quality gate is not met."""

    REPORT = "report"
    """It stands in the evidence and decides nothing."""
    ASK = "ask"
    """The change is offered as unverified, for the user to decide."""
    REJECT = "reject"


class Gate(Wire):
    """A quality gate's measure beside what the settings ask for, and what follows where it is not met."""

    figure: float | None
    """None where it could not be found out; the check is skipped then."""
    threshold: float
    unit: str
    """What is counted: "percent of the changed lines", "new findings" ..."""
    on_failure: OnFailure


class Check(Wire):
    """One verification tool's result on a change set. `command` is an argument list that reproduces it."""

    name: CheckName
    tool: str
    status: CheckStatus
    summary: str
    """One sentence: what was found, or why it was skipped."""
    command: list[str] = Field(default_factory=list)
    exit_code: int | None = None
    duration_s: float = 0.0
    details: str = ""
    """Output for a person, capped."""
    passed: list[str] = Field(default_factory=list)
    failed: list[str] = Field(default_factory=list)
    not_run: list[str] = Field(default_factory=list)
    """Tests that were left out (node ids, or a test file's path for all of it), `summary` says why."""
    gate: Gate | None = None
    """Of a quality gate that was measured alone."""


_OF_TESTS = (CheckName.TARGET_TESTS, CheckName.TESTS)


class Evidence(Wire):
    """All checks on one change set. `verified` holds only if every necessary check ran on exactly this text and passed."""

    checks: list[Check]
    base_sha256: Sha256
    """The hash of everything the checks read, before the change."""
    sandbox: str
    """The back end, "bubblewrap" or "process" ..."""
    isolation: str
    """What it isolates, in its own words: "container", "namespaces", "reduced", "not isolated"."""
    images: list[str] = Field(default=[])
    """The images that it ran in, where the back end has such; a program named here is then the image's own of that name."""
    interpreter: str
    verified: bool
    unverified_reason: str | None = None
    risks: list[str] = Field(default=[])
    """What is measured of a model's change and makes it one to look at closely before it is applied. Sentences."""

    @property
    def isolated_by(self) -> str:
        """What isolates, and the images, in words."""
        return ", ".join([self.isolation, *self.images])

    @property
    def failed_tests(self) -> list[str]:
        """The tests (node ids) that did not pass with the change."""
        return [test for check in self.checks if check.name in _OF_TESTS for test in check.failed]


class Decision(StrEnum):
    ACCEPT = "accept"
    REVISE = "revise"
    REJECT = "reject"


class Verdict(Wire):
    decision: Decision
    reasons: list[str]


class Candidate(Wire):
    """A change set that a proposer offers for a step of the plan."""

    proposer: str
    title: str
    """What the edit does, in a few words: "replace `<` by `<=` in find()"."""
    change_set: ChangeSet
    prior: float = Field(default=0.5, ge=0, le=1)
    """How likely the proposer thinks it is right."""
    tests: list[str] = Field(default_factory=list)
    """Tests (node ids) that the change itself brings; they must pass with it."""


class ProposalState(StrEnum):
    OFFERED = "offered"
    CLAIMED = "claimed"
    APPLIED = "applied"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"
    UNDONE = "undone"


class Proposal(Wire):
    """An accepted change set with its evidence, waiting for the user."""

    id: ProposalId
    run_id: RunId
    workspace_id: WorkspaceId
    proposer: str
    title: str
    change_set: ChangeSet
    diff: str
    """Unified diff for a person and for `git apply`."""
    evidence: Evidence
    verdict: Verdict
    state: ProposalState
    created_at: AwareDatetime


class ClaimKind(StrEnum):
    APPLY = "apply"
    UNDO = "undo"


class Part(Wire):
    """Some of the edits that a proposal makes in one file: their places in its list, from zero; none named: all of them."""

    path: RelativePath
    edits: list[Annotated[int, Field(ge=0)]] | None = Field(default=None, min_length=1)


class ClaimRequest(Wire):
    """Asks for the sole right to apply or undo a proposal in an editor's buffers.

    `parts` applies only those; the evidence is of the whole, so what is applied in part is unverified.
    """

    client_id: ClientId
    kind: ClaimKind = ClaimKind.APPLY
    parts: list[Part] | None = Field(default=None, min_length=1)


class DiscardRequest(Wire):
    """Drops an offered proposal. With `parts`, those edits alone: what is left takes its place as a new proposal.

    The new one is unverified, for what was proved is the whole; the old one becomes `superseded`.
    """

    client_id: ClientId | None = None
    """Whose unsaved texts count; none: those on disk."""
    parts: list[Part] | None = Field(default=None, min_length=1)


class ClaimedFile(Wire):
    """`after_sha256` is None where the file must not exist afterwards (an undone creation)."""

    path: RelativePath
    before_sha256: Sha256 | None
    after_sha256: Sha256 | None


class Claim(Wire):
    """The right to carry out `change_set` once; the pre-images are stored already. Report the outcome within `lease_s`."""

    id: ClaimId
    proposal_id: ProposalId
    run_id: RunId
    kind: ClaimKind
    change_set: ChangeSet
    files: list[ClaimedFile]
    lease_s: float


class ClaimReport(Wire):
    """What became of a claim: applied whole, or not at all with the reason."""

    applied: bool
    reason: str = ""


class ClientRequest(Wire):
    """Names the client on whose behalf the daemon writes to disk (the CLI)."""

    client_id: ClientId
