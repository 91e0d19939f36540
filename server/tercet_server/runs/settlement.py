"""Carries out claims of the daemon's own, and decides by the files' texts how an interrupted claim ended."""

import logging
from collections.abc import Sequence

from tercet_shared.edits import text_sha256
from tercet_shared.errors import TercetError
from tercet_shared.ids import WorkspaceId
from tercet_shared.proposals import ClaimKind, Proposal, ProposalState

from tercet_server.ledger.states import claimable_state
from tercet_server.ports import Ledger, StoredClaim, Workspaces
from tercet_server.runs.claiming import Rewrite, is_part

LOG = logging.getLogger(__name__)

UNREPORTED = "The editor did not report what became of the edit, and the text is not as the edit would have left it."
IN_PART = "Applied in part: the evidence is of the whole, so what stands in the text now is unverified."
NOT_BEGUN = "Tercet was interrupted before anything was written."
PUT_BACK = "Tercet was interrupted while writing and a file has changed since, so what had been written was taken back."


class Settlement:
    """Every claim that enters here leaves settled: carried out whole, or not at all with the reason."""

    def __init__(self, ledger: Ledger, workspaces: Workspaces) -> None:
        self._ledger = ledger
        self._workspaces = workspaces

    async def carry_out(self, stored: StoredClaim, rewrites: Sequence[Rewrite]) -> Proposal:
        """Writes the files and settles. Raises what stopped it (StaleText, NotWritable, DiskFull), nothing written."""
        workspace_id = await self._workspace_id(stored)
        try:
            await self._write(workspace_id, rewrites)
        except TercetError as error:
            await self._settle(stored, back_state(stored), error.sentence)
            raise
        return await self._settle(stored, done_state(stored), "")

    async def settle_interrupted(self, stored: StoredClaim, rewrites: Sequence[Rewrite]) -> Proposal:
        """Settles a claim that the daemon was killed in the middle of, or that an editor never reported."""
        try:
            if stored.by_daemon:
                return await self._finish(stored, rewrites)
            return await self.settle_by_texts(stored, rewrites)
        except TercetError as error:
            LOG.warning("claim %s could not be finished: %s", stored.claim.id, error.sentence)
            return await self._settle(stored, back_state(stored), error.sentence)

    async def settle_by_texts(self, stored: StoredClaim, rewrites: Sequence[Rewrite]) -> Proposal:
        """An editor's claim has been carried out if its texts stand where they should."""
        proposal = await self._ledger.proposal(stored.claim.proposal_id)
        for each in rewrites:
            current = await self._workspaces.current_text(proposal.workspace_id, each.path, stored.client_id)
            if current != each.after:
                return await self._settle(stored, back_state(stored), UNREPORTED)
        return await self._settle(stored, done_state(stored), IN_PART if is_part(stored, proposal) else "")

    async def _finish(self, stored: StoredClaim, rewrites: Sequence[Rewrite]) -> Proposal:
        workspace_id = await self._workspace_id(stored)
        current = [await self._workspaces.current_text(workspace_id, each.path, None) for each in rewrites]
        pairs = list(zip(rewrites, current, strict=True))
        to_write = [each for each, text in pairs if text == each.before]
        if all(text in (each.before, each.after) for each, text in pairs):
            if len(to_write) == len(rewrites):
                return await self._settle(stored, back_state(stored), NOT_BEGUN)
            return await self._roll_forward(stored, workspace_id, rewrites, to_write)
        await self._put_back(workspace_id, rewrites)
        return await self._settle(stored, back_state(stored), PUT_BACK)

    async def _roll_forward(
        self, stored: StoredClaim, workspace_id: WorkspaceId, rewrites: Sequence[Rewrite], rest: Sequence[Rewrite]
    ) -> Proposal:
        try:
            await self._write(workspace_id, rest)
        except TercetError as error:
            await self._put_back(workspace_id, rewrites)
            return await self._settle(stored, back_state(stored), f"{PUT_BACK} {error.sentence}")
        return await self._settle(stored, done_state(stored), "")

    async def _write(self, workspace_id: WorkspaceId, rewrites: Sequence[Rewrite]) -> None:
        """All or none, although removals come one by one after the rest."""
        kept = [each for each in rewrites if each.after is not None]
        if kept:
            await self._workspaces.write(workspace_id, [each.as_texts for each in kept])
        done = list(kept)
        try:
            for each in rewrites:
                if each.after is None and each.before is not None:
                    await self._workspaces.remove(workspace_id, each.path, text_sha256(each.before))
                    done.append(each)
        except TercetError:
            await self._put_back(workspace_id, done)
            raise

    async def _put_back(self, workspace_id: WorkspaceId, rewrites: Sequence[Rewrite]) -> None:
        """Takes back whatever stands as written; a file that has changed since is nobody's to touch."""
        for each in rewrites:
            current = await self._workspaces.current_text(workspace_id, each.path, None)
            if current == each.after != each.before:
                await self._write(workspace_id, [Rewrite(each.path, each.after, each.before)])

    async def _settle(self, stored: StoredClaim, to: ProposalState, reason: str) -> Proposal:
        return await self._ledger.settle(stored.claim.id, to, reason)

    async def _workspace_id(self, stored: StoredClaim) -> WorkspaceId:
        return (await self._ledger.proposal(stored.claim.proposal_id)).workspace_id


def done_state(stored: StoredClaim) -> ProposalState:
    return ProposalState.APPLIED if stored.claim.kind is ClaimKind.APPLY else ProposalState.UNDONE


def back_state(stored: StoredClaim) -> ProposalState:
    return claimable_state(stored.claim.kind)
