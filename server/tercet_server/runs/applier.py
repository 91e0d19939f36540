"""Applies, undoes and discards proposals: each at most once, whoever asks, and whole or not at all.

The pre-images are in the ledger before a byte is written. Reads and writes users' texts through `ports.Workspaces` alone.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from tercet_shared.edits import text_sha256
from tercet_shared.errors import Conflict, DirtyInEditor, InvalidRequest, TercetError
from tercet_shared.ids import ClaimId, ClientId, ProposalId
from tercet_shared.proposals import (
    CheckName,
    Claim,
    ClaimKind,
    ClaimReport,
    ClaimRequest,
    DiscardRequest,
    Proposal,
    ProposalState,
)

from tercet_server.ledger.states import check_claimable, check_current, check_discardable, claimable_state
from tercet_server.ports import Clock, Ledger, StoredClaim, Workspaces
from tercet_server.runs.claiming import (
    Rewrite,
    all_but,
    claim_of,
    is_part,
    part_of,
    rewrites_of,
    rewrites_to_apply,
    rewrites_to_undo,
)
from tercet_server.runs.findings import FindingBoard
from tercet_server.runs.narrowing import left_over
from tercet_server.runs.settlement import IN_PART, Settlement, back_state, done_state

LOG = logging.getLogger(__name__)

Result = TypeVar("Result")


class Applier:
    """`recover` once at start, before anybody claims; `close` at the end."""

    def __init__(self, ledger: Ledger, workspaces: Workspaces, board: FindingBoard, clock: Clock) -> None:
        self._ledger = ledger
        self._workspaces = workspaces
        self._board = board
        self._clock = clock
        self._settlement = Settlement(ledger, workspaces)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def claim(self, proposal_id: ProposalId, request: ClaimRequest) -> Claim:
        """The sole right to apply or undo in an editor's own buffers. Raises AlreadyClaimed, StaleText, UndoConflict."""
        proposal = await self._claimable(proposal_id, request.kind)
        if request.parts is not None:
            if request.kind is ClaimKind.UNDO:
                raise InvalidRequest("What was applied is undone whole; leave `parts` out.")
            proposal = part_of(proposal, request.parts)
        rewrites = await self._rewrites(proposal, request.kind, request.client_id)
        if not rewrites:
            await self._nothing_left(proposal, request.client_id)
            raise Conflict(f"Nothing of proposal {proposal_id} is left in the text: it counts as undone now.")
        stored = await self._store(proposal, request.kind, rewrites, request.client_id, by_daemon=False)
        self._start(self._watch_lease(stored, rewrites), f"lease of {stored.claim.id}")
        return stored.claim

    async def report(self, claim_id: ClaimId, report: ClaimReport) -> Proposal:
        """Settles an editor's claim. A report that comes after the lease counts if nobody claimed in between."""
        stored, texts = await self._ledger.stored_claim(claim_id)
        rewrites = rewrites_of(stored, texts)
        if not report.applied:
            return await self._ledger.settle(claim_id, back_state(stored), report.reason)
        if not await self._is_open(claim_id):
            proposal = await self._ledger.proposal(stored.claim.proposal_id)
            if proposal.state is not back_state(stored):
                return proposal
            claimed = proposal.model_copy(update={"change_set": stored.claim.change_set})
            stored = await self._store(claimed, stored.claim.kind, rewrites, stored.client_id, by_daemon=False)
        partly = is_part(stored, await self._ledger.proposal(stored.claim.proposal_id))
        settled = await self._ledger.settle(stored.claim.id, done_state(stored), IN_PART if partly else "")
        return await self._after(settled, whole=not partly)

    async def apply(self, proposal_id: ProposalId, client_id: ClientId | None) -> Proposal:
        """Writes the proposal to disk. Raises DirtyInEditor, StaleText, AlreadyClaimed, NotWritable, DiskFull."""
        return await self._to_its_end(self._write(proposal_id, client_id, ClaimKind.APPLY))

    async def undo(self, proposal_id: ProposalId, client_id: ClientId | None) -> Proposal:
        """Takes back on disk what was applied, keeping later edits. Raises UndoConflict, and what `apply` raises."""
        return await self._to_its_end(self._write(proposal_id, client_id, ClaimKind.UNDO))

    async def discard(self, proposal_id: ProposalId, request: DiscardRequest | None = None) -> Proposal:
        """Closes an offered proposal, or offers what is left of it without the discarded parts.

        Raises Conflict in any other state, InvalidRequest for parts that it does not have, StaleText.
        """
        if request is not None and request.parts is not None:
            proposal = await self._ledger.proposal(proposal_id)
            await self._check_discardable(proposal)
            rest = all_but(proposal, request.parts)
            if rest is not None:
                instead = await left_over(self._workspaces, proposal, rest, request.client_id)
                return await self._ledger.replace_proposal(proposal_id, instead)
        return await self._ledger.close_proposal(proposal_id, ProposalState.DISCARDED, "Discarded by the user.")

    async def recover(self) -> None:
        """Settles every claim that was open when the daemon ended."""
        for stored, texts in await self._ledger.open_claims():
            proposal = await self._settlement.settle_interrupted(stored, rewrites_of(stored, texts))
            LOG.info("claim %s of proposal %s ended as %s", stored.claim.id, proposal.id, proposal.state)

    async def close(self) -> None:
        """Lets writes finish and forgets leases; `recover` settles those at the next start."""
        leases = [task for task in self._tasks if task.get_name().startswith("lease")]
        for task in leases:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- parts --------------------------------------------------------------------------------------------------

    async def _write(self, proposal_id: ProposalId, client_id: ClientId | None, kind: ClaimKind) -> Proposal:
        proposal = await self._claimable(proposal_id, kind)
        await self._refuse_dirty(proposal)
        rewrites = await self._rewrites(proposal, kind, client_id)
        if not rewrites:
            return await self._nothing_left(proposal, client_id)
        stored = await self._store(proposal, kind, rewrites, client_id, by_daemon=True)
        return await self._after(await self._settlement.carry_out(stored, rewrites))

    async def _claimable(self, proposal_id: ProposalId, kind: ClaimKind) -> Proposal:
        proposal = await self._ledger.proposal(proposal_id)
        check_current(proposal, await self._ledger.run(proposal.run_id))
        check_claimable(proposal, kind, claimable_state(kind))
        return proposal

    async def _check_discardable(self, proposal: Proposal) -> None:
        check_current(proposal, await self._ledger.run(proposal.run_id))
        check_discardable(proposal)

    async def _rewrites(self, proposal: Proposal, kind: ClaimKind, client_id: ClientId | None) -> list[Rewrite]:
        if kind is ClaimKind.APPLY:
            return await rewrites_to_apply(self._workspaces, proposal, client_id)
        checkpoint = await self._ledger.checkpoint(proposal.id)
        return await rewrites_to_undo(self._workspaces, proposal, checkpoint, client_id)

    async def _store(
        self,
        proposal: Proposal,
        kind: ClaimKind,
        rewrites: list[Rewrite],
        client_id: ClientId | None,
        *,
        by_daemon: bool,
    ) -> StoredClaim:
        stored = claim_of(proposal, kind, rewrites, client_id, by_daemon=by_daemon, clock=self._clock)
        return await self._ledger.claim(stored, [each.as_texts for each in rewrites], claimable_state(kind))

    async def _nothing_left(self, proposal: Proposal, client_id: ClientId | None) -> Proposal:
        """The user has undone it by hand already: only the record is missing."""
        stored = await self._store(proposal, ClaimKind.UNDO, [], client_id, by_daemon=True)
        return await self._ledger.settle(stored.claim.id, ProposalState.UNDONE, "Nothing of it was left in the text.")

    async def _refuse_dirty(self, proposal: Proposal) -> None:
        dirty = await self._workspaces.dirty_paths(proposal.workspace_id, proposal.change_set.paths)
        if dirty:
            raise DirtyInEditor(
                f"An editor holds unsaved changes of {', '.join(dirty)}. Save them there, or apply from that editor.",
                paths=dirty,
            )

    async def _is_open(self, claim_id: ClaimId) -> bool:
        return any(stored.claim.id == claim_id for stored, _ in await self._ledger.open_claims())

    async def _after(self, proposal: Proposal, *, whole: bool = True) -> Proposal:
        """What else changes once a proposal stands applied (the whole of it, or a part) or undone."""
        for path in proposal.change_set.paths:
            self._board.analyse(proposal.workspace_id, path)
        if proposal.state is ProposalState.APPLIED:
            if whole:
                self._board.retire(proposal.workspace_id, _repaired_tests(proposal))
            await self._supersede_others(proposal)
        return proposal

    async def _supersede_others(self, applied: Proposal) -> None:
        others = await self._ledger.proposals(applied.workspace_id, [ProposalState.OFFERED])
        for other in others:
            if not set(other.change_set.paths).isdisjoint(applied.change_set.paths) and await self._is_stale(other):
                reason = f"Its text was changed by applying proposal {applied.id}; run the request again if it is still needed."
                try:
                    await self._ledger.close_proposal(other.id, ProposalState.SUPERSEDED, reason)
                except Conflict:
                    LOG.info("proposal %s was claimed before it could be superseded", other.id)

    async def _is_stale(self, proposal: Proposal) -> bool:
        """A file that cannot even be read any more counts as another: the apply that has just succeeded must not fail for it."""
        for edit in proposal.change_set.files:
            try:
                current = await self._workspaces.current_text(proposal.workspace_id, edit.path, None)
            except TercetError as error:
                LOG.info("proposal %s is superseded: %s", proposal.id, error.sentence)
                return True
            if (None if current is None else text_sha256(current)) != edit.base_sha256:
                return True
        return False

    async def _watch_lease(self, stored: StoredClaim, rewrites: list[Rewrite]) -> None:
        await asyncio.sleep(stored.claim.lease_s)
        if await self._is_open(stored.claim.id):
            try:
                proposal = await self._settlement.settle_interrupted(stored, rewrites)
            except TercetError:
                LOG.exception("the lease of claim %s could not be ended", stored.claim.id)
            else:
                await self._after(proposal, whole=not is_part(stored, proposal))

    async def _to_its_end(self, work: Coroutine[Any, Any, Result]) -> Result:
        """A caller who goes away does not interrupt a write."""
        return await asyncio.shield(self._start(work, "write"))

    def _start(self, work: Coroutine[Any, Any, Result], name: str) -> asyncio.Task[Result]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _repaired_tests(proposal: Proposal) -> list[str]:
    checks = proposal.evidence.checks
    return [test for check in checks if check.name is CheckName.TARGET_TESTS for test in check.passed]
