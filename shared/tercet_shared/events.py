"""Events on the wire: the append-only record of what happened in a run, and the transient notices beside it."""

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from tercet_shared.ids import RunId, WorkspaceId
from tercet_shared.wire import Wire


class EventType(StrEnum):
    RUN_CREATED = "run.created"
    """data: the RunRequest."""
    RUN_STATE = "run.state"
    """data: {"state": RunState, "from": RunState, "problem": Problem | null, "answer": str | null}."""
    RUN_TAKEN_UP = "run.taken_up"
    """data: {"round": int, "approved": bool, "instructions": str}: the user let it go on, or added to what it is told."""
    RUN_PROGRESS = "run.progress"
    """data: Progress."""
    PLAN_READY = "plan.ready"
    """data: Plan."""
    CANDIDATE_CHECKED = "candidate.checked"
    """data: {"title": str, "proposer": str, "verdict": Verdict, "checks": {CheckName: CheckStatus}}."""
    PROPOSAL_OFFERED = "proposal.offered"
    """data: {"proposal_id": ProposalId, "title": str, "paths": [str]}; with "replaces": another, of which a part was discarded."""
    PROPOSAL_STATE = "proposal.state"
    """data: {"proposal_id": ProposalId, "state": ProposalState, "reason": str}."""


class Event(Wire):
    """`seq` grows over all runs (resume a stream after it); `n` counts 1, 2, 3 ... within the run, without a gap."""

    seq: int = Field(ge=1)
    run_id: RunId
    workspace_id: WorkspaceId
    n: int = Field(ge=1)
    type: EventType
    at: AwareDatetime
    data: dict[str, Any]


class FindingsChanged(Wire):
    """A transient notice (never stored, no sequence number): the findings of these files are new; fetch them again."""

    workspace_id: WorkspaceId
    paths: list[str]
