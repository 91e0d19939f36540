"""What became of earlier changes in a workspace, and what is learnt from that, on the wire."""

from pydantic import AwareDatetime, Field

from tercet_shared.ids import WorkspaceId
from tercet_shared.runs import Intent
from tercet_shared.wire import Wire


class Record(Wire):
    """How the proposals of one proposer for one intent ended. What is still offered, or was superseded, says nothing."""

    proposer: str
    intent: Intent
    offered: int = Field(ge=0)
    """All of them, however they ended."""
    applied: int = Field(default=0, ge=0)
    """And not undone since."""
    edited: int = Field(default=0, ge=0)
    """Of those applied: whose lines were changed by the user afterwards."""
    discarded: int = Field(default=0, ge=0)
    undone: int = Field(default=0, ge=0)
    """By Tercet or by hand."""
    confidence: float = Field(ge=0, le=1)
    """The share that is expected to be kept, with two kept ones assumed at the beginning; 1 while nothing is known."""


class Learned(Wire):
    """What one workspace taught. `since`: what was before has been forgotten."""

    workspace_id: WorkspaceId
    since: AwareDatetime | None = None
    records: list[Record] = Field(default_factory=list)
    candidates: int = Field(default=0, ge=0)
    """Candidates that were proved."""
    failed_checks: dict[str, int] = Field(default_factory=dict)
    """How many of them failed which check."""
    lessons: list[str] = Field(default_factory=list)
    """Sentences that a planner with a model is shown."""
