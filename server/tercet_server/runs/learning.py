"""Learns from what became of earlier changes of a workspace: reads the ledger and the texts, keeps nothing of its own."""

import logging

from tercet_shared.errors import TercetError, UndoConflict
from tercet_shared.ids import ProposalId, WorkspaceId
from tercet_shared.learning import Learned
from tercet_shared.proposals import ProposalState
from tercet_shared.runs import Intent

from tercet_server.agents.lessons import Later, confidence_in, lessons_of, records_of
from tercet_server.ports import Ledger, OutcomeHistory, Outcomes, Workspaces
from tercet_server.runs.claiming import rewrites_to_undo

LOG = logging.getLogger(__name__)

LOOKED_AT = 20
"""Of the newest applied changes, those whose texts are looked at again."""


class Learning:
    """What a workspace taught so far."""

    def __init__(self, history: OutcomeHistory, ledger: Ledger, workspaces: Workspaces) -> None:
        self._history = history
        self._ledger = ledger
        self._workspaces = workspaces

    async def learned(self, workspace_id: WorkspaceId) -> Learned:
        """Everything, for a person. Raises NotFound for an unknown workspace."""
        await self._workspaces.get(workspace_id)
        outcomes = await self._history.outcomes(workspace_id)
        records = records_of(outcomes, await self._later(workspace_id, outcomes))
        return Learned(
            workspace_id=workspace_id,
            since=outcomes.since,
            records=records,
            candidates=outcomes.candidates,
            failed_checks=dict(outcomes.failed_checks),
            lessons=lessons_of(outcomes, records),
        )

    async def confidence(self, workspace_id: WorkspaceId, intent: Intent) -> dict[str, float]:
        """Proposer → how far it is trusted here; who is not named is new here."""
        return confidence_in((await self.learned(workspace_id)).records, intent)

    async def forget(self, workspace_id: WorkspaceId) -> None:
        """Nothing that happened up to now counts any more. Raises NotFound."""
        await self._workspaces.get(workspace_id)
        await self._history.forget_outcomes(workspace_id)

    async def _later(self, workspace_id: WorkspaceId, outcomes: Outcomes) -> Later:
        edited: set[str] = set()
        gone: set[str] = set()
        applied = [each.id for each in outcomes.proposals if each.state is ProposalState.APPLIED]
        for proposal_id in applied[:LOOKED_AT]:
            try:
                if not await self._stands(workspace_id, proposal_id):
                    gone.add(proposal_id)
            except UndoConflict:
                edited.add(proposal_id)
            except TercetError as error:
                LOG.info("what became of proposal %s cannot be seen: %s", proposal_id, error.sentence)
        return Later(edited, gone)

    async def _stands(self, workspace_id: WorkspaceId, proposal_id: ProposalId) -> bool:
        """Whether its lines are there as they were written; False if nothing of it is left. Raises UndoConflict if edited."""
        proposal = await self._ledger.proposal(proposal_id)
        checkpoint = await self._ledger.checkpoint(proposal_id)
        return bool(await rewrites_to_undo(self._workspaces, proposal, checkpoint, None))
