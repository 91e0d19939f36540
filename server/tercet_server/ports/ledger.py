"""The port to what is durable: runs, events, proposals, claims and checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tercet_shared.edits import FileTexts
from tercet_shared.events import Event, EventType
from tercet_shared.ids import ClaimId, ClientId, ProposalId, RunId, WorkspaceId
from tercet_shared.proposals import Candidate, Claim, Evidence, Proposal, ProposalState, Verdict
from tercet_shared.runs import Plan, Problem, Run, RunRequest, RunState


@dataclass(frozen=True)
class StoredClaim:
    """A claim with what settles it: the full texts before and after, by path (None: no such file)."""

    claim: Claim
    client_id: ClientId | None
    by_daemon: bool
    """The daemon writes the files itself (True), or an editor does."""
    created_at: datetime


@dataclass(frozen=True)
class TakenUp:
    """How a run begins anew: by this plan, or by one still to be made (None)."""

    usual_s: float
    """Seconds that it may take from now, if its request names none."""
    plan: Plan | None = None
    approved: bool = False
    instructions: str = ""
    """Added to those that the run has."""


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
        in_round: int | None = None,
    ) -> Run:
        """One transaction: checks the transition (pure, `ledger.states`), updates the run, appends `run.state`.

        Raises Conflict for a forbidden transition, or if the run is not `in_round`; the same key twice returns the run
        unchanged.
        """
        ...

    async def take_up(self, run: Run, change: TakenUp) -> Run:
        """Queues a run that works or waits anew, in its next round, in one transaction.

        Raises Conflict if it has come to rest, or if somebody else took up the round that `run` is in.
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

    async def replace_proposal(self, proposal_id: ProposalId, instead: Proposal) -> Proposal:
        """Offers `instead` as the proposal of the run, and the offered one becomes `superseded`, in one transaction.

        Raises AlreadyClaimed, Conflict.
        """
        ...
