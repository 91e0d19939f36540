"""What runs are made of, and the records that their durable steps leave behind. No behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import Field
from tercet_shared.proposals import Candidate, Evidence, Verdict
from tercet_shared.runs import Plan
from tercet_shared.wire import Wire

from tercet_server.agents import Explainer, Judgement, ModelPlanner, Reviewer
from tercet_server.ports import Checker, Clock, Context, Ledger, Proposer, Tests, Workspaces
from tercet_server.runs.findings import FindingBoard
from tercet_server.runs.learning import Learning
from tercet_server.runs.understanding import Understanding


@dataclass(frozen=True)
class RunParts:
    """The ports and the board that `app` puts together."""

    ledger: Ledger
    workspaces: Workspaces
    tests: Tests
    checker: Checker
    context: Context
    proposers: Sequence[Proposer]
    board: FindingBoard
    clock: Clock
    learning: Learning | None = None
    explainer: Explainer | None = None
    planner: ModelPlanner | None = None
    """Plans with a model what no failing test explains; None where no model is configured."""
    reviewer: Reviewer | None = None
    """Looks at a model's changes after the proof; None where no model is configured."""
    understanding: Understanding | None = None
    """Reads requests in free text; None where there is no index of the code."""
    isolation: str = "namespaces"
    """What the sandbox in use isolates, in its own words."""


class PlanRecord(Wire):
    """What planning leaves behind. The plan's lines are those of the copy with this hash."""

    plan: Plan
    per_test_s: float
    base_sha256: str
    waits: bool = False
    """The user is to approve it first."""


class Accepted(Wire):
    """A candidate that was accepted, with why."""

    candidate: Candidate
    evidence: Evidence
    verdict: Verdict

    @classmethod
    def of(cls, judgement: Judgement) -> Self:
        return cls(candidate=judgement.candidate, evidence=judgement.evidence, verdict=judgement.verdict)


class CodeRecord(Wire):
    """What working on one step of the plan leaves behind."""

    step_id: str
    accepted: Accepted | None = None
    by_model: bool = False
    """A model wrote what was accepted, or it was found from what a model wrote."""
    done_already: bool = False
    """A change accepted for an earlier step makes this step's tests pass as well."""
    tried: int = 0
    out_of_time: bool = False
    reasons: list[str] = Field(default_factory=list)
    """Why the last candidates were not accepted."""

    def after(self, first: "CodeRecord") -> "CodeRecord":
        """Both searches of a step that was searched twice."""
        return self.model_copy(update={"tried": first.tried + self.tried, "reasons": [*first.reasons, *self.reasons]})


class OfferRecord(Wire):
    """How the run ended. Exactly one of the two is set, unless nothing was found to offer."""

    proposal_id: str | None = None
    moved_paths: list[str] = Field(default_factory=list)


class AnswerRecord(Wire):
    answer: str
