"""The ledger's queries. Each takes a connection and blocks; none writes."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from tercet_shared.edits import FileTexts
from tercet_shared.errors import NotFound
from tercet_shared.events import Event
from tercet_shared.ids import ClaimId, ProposalId, WorkspaceId
from tercet_shared.proposals import ClaimKind, Proposal, ProposalState
from tercet_shared.runs import Run, RunState

from tercet_server.ledger import schema
from tercet_server.ledger.rows import claim_of, event_of, proposal_of, run_of
from tercet_server.ledger.spending import LOST
from tercet_server.ports import StoredClaim


def run(connection: sa.Connection, run_id: str) -> Run:
    """By id, or by a beginning that only one run has."""
    matches = sa.or_(schema.runs.c.id == run_id, schema.runs.c.id.startswith(run_id, autoescape=True))
    rows = connection.execute(_runs().where(matches).order_by(schema.runs.c.id).limit(2)).all()
    if not run_id or not rows:
        raise NotFound(f"There is no run {run_id!r}. `tercet runs` lists them.")
    if len(rows) > 1 and rows[0].id != run_id:
        raise NotFound(f"More than one run begins with {run_id!r}: give more of its id.")
    return run_of(rows[0])


def runs(
    connection: sa.Connection, workspace_id: WorkspaceId | None, states: Sequence[RunState], limit: int
) -> list[Run]:
    """Newest first."""
    query = _runs().order_by(schema.runs.c.created_at.desc(), schema.runs.c.id.desc()).limit(limit)
    if workspace_id is not None:
        query = query.where(schema.runs.c.workspace_id == workspace_id)
    if states:
        query = query.where(schema.runs.c.state.in_([str(state) for state in states]))
    return [run_of(row) for row in connection.execute(query)]


def events(
    connection: sa.Connection, after: int, run_id: str | None, workspace_id: str | None, limit: int
) -> list[Event]:
    query = sa.select(schema.events).where(schema.events.c.seq > after).order_by(schema.events.c.seq).limit(limit)
    if run_id is not None:
        query = query.where(schema.events.c.run_id == run_id)
    if workspace_id is not None:
        query = query.where(schema.events.c.workspace_id == workspace_id)
    return [event_of(row) for row in connection.execute(query)]


def last_seq(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.events.c.seq), 0))).scalar_one())


def proposal(connection: sa.Connection, proposal_id: str) -> Proposal:
    query = sa.select(schema.proposals).where(schema.proposals.c.id == proposal_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no proposal {proposal_id!r}. `tercet runs` lists the runs that offer one.")
    return proposal_of(row)


def proposals(
    connection: sa.Connection, workspace_id: WorkspaceId | None, states: Sequence[ProposalState]
) -> list[Proposal]:
    """Newest first."""
    query = sa.select(schema.proposals).order_by(schema.proposals.c.created_at.desc(), schema.proposals.c.id.desc())
    if workspace_id is not None:
        query = query.where(schema.proposals.c.workspace_id == workspace_id)
    if states:
        query = query.where(schema.proposals.c.state.in_([str(state) for state in states]))
    return [proposal_of(row) for row in connection.execute(query)]


def claim_row(connection: sa.Connection, claim_id: ClaimId) -> schema.Row:
    row = connection.execute(sa.select(schema.claims).where(schema.claims.c.id == claim_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no claim {claim_id!r}: claim the proposal again.")
    return row


def stored_claim(connection: sa.Connection, claim_id: ClaimId) -> tuple[StoredClaim, list[FileTexts]]:
    return claim_of(claim_row(connection, claim_id)), _texts(connection, claim_id)


def open_claims(connection: sa.Connection) -> list[tuple[StoredClaim, list[FileTexts]]]:
    """Claims that nobody has settled, oldest first."""
    query = sa.select(schema.claims).where(schema.claims.c.settled_at.is_(None)).order_by(schema.claims.c.created_at)
    return [(claim_of(row), _texts(connection, row.id)) for row in connection.execute(query).all()]


def checkpoint(connection: sa.Connection, proposal_id: ProposalId) -> list[FileTexts]:
    """The texts of the latest claim that applied the proposal. Raises NotFound if none did."""
    query = (
        sa.select(schema.claims)
        .where(schema.claims.c.proposal_id == proposal_id, schema.claims.c.outcome == str(ProposalState.APPLIED))
        .order_by(schema.claims.c.settled_at.desc())
    )
    applied = [row for row in connection.execute(query) if row.claim["kind"] == ClaimKind.APPLY]
    if not applied:
        raise NotFound(f"Proposal {proposal_id} was never applied, so there is nothing to undo.")
    return _texts(connection, applied[0].id)


def _runs() -> sa.Select[Any]:
    """Runs, each with what its calls of language models cost that came to an end, and of how many nobody knows it."""
    calls = schema.model_calls.c
    of_run = calls.run_id == schema.runs.c.id
    settled = calls.ending != LOST  # NULL while under way, which is not unequal
    cost = sa.select(sa.func.coalesce(sa.func.sum(calls.cost_usd), 0.0)).where(of_run, settled)
    unknown = sa.or_(
        sa.and_(settled, sa.not_(calls.priced), calls.tokens > 0),
        sa.and_(calls.ending == LOST, sa.or_(sa.not_(calls.priced), calls.cost_usd > 0)),
    )
    unpriced = sa.select(sa.func.count()).select_from(schema.model_calls).where(of_run, unknown)
    return sa.select(
        schema.runs, cost.scalar_subquery().label("cost_usd"), unpriced.scalar_subquery().label("unpriced_calls")
    )


def _texts(connection: sa.Connection, claim_id: str) -> list[FileTexts]:
    columns: tuple[sa.Column[Any], ...] = (
        schema.claim_texts.c.path,
        schema.claim_texts.c.before,
        schema.claim_texts.c.after,
    )
    query = sa.select(*columns).where(schema.claim_texts.c.claim_id == claim_id)
    return [FileTexts(*row) for row in connection.execute(query.order_by(schema.claim_texts.c.position))]
