"""The port to what became of earlier changes: all that learning knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tercet_shared.ids import ProposalId, WorkspaceId
from tercet_shared.proposals import ProposalState
from tercet_shared.runs import Intent


@dataclass(frozen=True)
class PastProposal:
    """One proposal, as it stands."""

    id: ProposalId
    proposer: str
    intent: Intent
    title: str
    state: ProposalState


@dataclass(frozen=True)
class Outcomes:
    """What happened in a workspace after `since`; None: from the beginning."""

    since: datetime | None = None
    proposals: Sequence[PastProposal] = ()
    """Newest first."""
    candidates: int = 0
    """Those that were proved."""
    failed_checks: Mapping[str, int] = field(default_factory=dict)
    """Check → candidates that failed it."""


class OutcomeHistory(Protocol):
    """Reads what the ledger has recorded anyway; nothing is recorded for learning alone."""

    async def outcomes(self, workspace_id: WorkspaceId) -> Outcomes:
        """Of the newest proposals and candidates, a bounded number."""
        ...

    async def forget_outcomes(self, workspace_id: WorkspaceId) -> None:
        """What happened up to now is no outcome any more. The runs themselves stay, for undo needs them."""
        ...
