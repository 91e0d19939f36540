"""What became of a workspace's changes, read from the ledger's proposals and events. Blocks."""

from collections import Counter
from datetime import datetime

import sqlalchemy as sa
from tercet_shared.events import EventType
from tercet_shared.ids import ProposalId, WorkspaceId
from tercet_shared.proposals import CheckStatus, ProposalState
from tercet_shared.runs import Intent

from tercet_server.ledger import schema
from tercet_server.ledger.schema import EPOCH
from tercet_server.ports import Outcomes, PastProposal

MOST_PROPOSALS, MOST_CANDIDATES = 500, 2000
"""Older ones say little of how a workspace is now."""


def outcomes(connection: sa.Connection, workspace_id: WorkspaceId) -> Outcomes:
    since = _forgotten_at(connection, workspace_id)
    candidates, failed = _candidates(connection, workspace_id, since or EPOCH)
    return Outcomes(since, _proposals(connection, workspace_id, since or EPOCH), candidates, failed)


def forget(connection: sa.Connection, now: datetime, workspace_id: WorkspaceId) -> None:
    table = schema.forgotten_outcomes
    connection.execute(table.delete().where(table.c.workspace_id == workspace_id))
    connection.execute(table.insert().values(workspace_id=workspace_id, at=now))


def _forgotten_at(connection: sa.Connection, workspace_id: WorkspaceId) -> datetime | None:
    table = schema.forgotten_outcomes
    at: datetime | None = connection.execute(
        sa.select(table.c.at).where(table.c.workspace_id == workspace_id)
    ).scalar_one_or_none()
    return at


def _proposals(connection: sa.Connection, workspace_id: WorkspaceId, since: datetime) -> tuple[PastProposal, ...]:
    proposals, runs = schema.proposals.c, schema.runs.c
    query = (
        sa.select(proposals.id, proposals.proposer, proposals.title, proposals.state, runs.intent)
        .join_from(schema.proposals, schema.runs)
        .where(
            proposals.workspace_id == workspace_id,
            proposals.created_at > since,
            proposals.id == runs.proposal_id,  # what another was replaced by counts, once
        )
        .order_by(proposals.created_at.desc(), proposals.id.desc())
        .limit(MOST_PROPOSALS)
    )
    return tuple(
        PastProposal(ProposalId(row.id), row.proposer, Intent(row.intent), row.title, ProposalState(row.state))
        for row in connection.execute(query)
    )


def _candidates(connection: sa.Connection, workspace_id: WorkspaceId, since: datetime) -> tuple[int, dict[str, int]]:
    """How many were proved, and how many of them failed each check."""
    events = schema.events.c
    query = (
        sa.select(events.data)
        .where(events.workspace_id == workspace_id, events.type == str(EventType.CANDIDATE_CHECKED), events.at > since)
        .order_by(events.seq.desc())
        .limit(MOST_CANDIDATES)
    )
    checked = [row.data for row in connection.execute(query)]
    failed: Counter[str] = Counter()
    for data in checked:
        failed.update(name for name, status in data.get("checks", {}).items() if status == CheckStatus.FAILED)
    return len(checked), dict(failed.most_common())
