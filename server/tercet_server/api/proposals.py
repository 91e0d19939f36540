"""Endpoints about proposals and the claims under which they are applied and undone."""

from typing import Annotated

from fastapi import APIRouter, Query
from tercet_shared.ids import WorkspaceId
from tercet_shared.proposals import (
    Claim,
    ClaimReport,
    ClaimRequest,
    ClientRequest,
    DiscardRequest,
    Proposal,
    ProposalState,
)

from tercet_server.api.dependencies import ClaimPath, ProposalPath, ServicesDependency

router = APIRouter(tags=["proposals"])


@router.get("/proposals")
async def list_proposals(
    services: ServicesDependency, workspace_id: Annotated[WorkspaceId | None, Query(max_length=100)] = None
) -> list[Proposal]:
    """Those that are offered or claimed now, newest first."""
    return await services.ledger.proposals(workspace_id, states=[ProposalState.OFFERED, ProposalState.CLAIMED])


@router.get("/proposals/{proposal_id}")
async def get_proposal(proposal_id: ProposalPath, services: ServicesDependency) -> Proposal:
    return await services.ledger.proposal(proposal_id)


@router.post("/proposals/{proposal_id}/claim")
async def claim(proposal_id: ProposalPath, request: ClaimRequest, services: ServicesDependency) -> Claim:
    """Gives a client the sole right to apply or undo the proposal in its own buffers; it then reports the outcome."""
    return await services.proposals.claim(proposal_id, request)


@router.post("/claims/{claim_id}/report")
async def report(claim_id: ClaimPath, request: ClaimReport, services: ServicesDependency) -> Proposal:
    """What became of a claim."""
    return await services.proposals.report(claim_id, request)


@router.post("/proposals/{proposal_id}/apply")
async def apply(proposal_id: ProposalPath, request: ClientRequest, services: ServicesDependency) -> Proposal:
    """Writes the proposal to disk: all its files or none."""
    return await services.proposals.apply(proposal_id, request.client_id)


@router.post("/proposals/{proposal_id}/undo")
async def undo(proposal_id: ProposalPath, request: ClientRequest, services: ServicesDependency) -> Proposal:
    """Takes back on disk exactly what was applied, three-way against later edits."""
    return await services.proposals.undo(proposal_id, request.client_id)


@router.post("/proposals/{proposal_id}/discard")
async def discard(
    proposal_id: ProposalPath, services: ServicesDependency, request: DiscardRequest | None = None
) -> Proposal:
    """Drops the proposal, or parts of it: then the answer is the new proposal with what is left, unverified."""
    return await services.proposals.discard(proposal_id, request)
