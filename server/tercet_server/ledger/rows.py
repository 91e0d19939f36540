"""Between the ledger's rows and the wire models, both ways. No queries."""

from typing import Any

from pydantic import BaseModel
from tercet_shared.events import Event
from tercet_shared.proposals import Claim, Proposal
from tercet_shared.runs import Run, RunRequest

from tercet_server.ledger.schema import Row
from tercet_server.ports import StoredClaim


def to_json(model: BaseModel | None) -> dict[str, Any] | None:
    return None if model is None else model.model_dump(mode="json")


def run_of(row: Row) -> Run:
    columns: dict[str, Any] = dict(row._mapping)
    request = RunRequest.model_validate(columns.pop("request"))
    columns |= request.model_dump(include={"target", "instructions", "client_id", "plan_first"})
    return Run.model_validate(columns)


def event_of(row: Row) -> Event:
    return Event.model_validate({name: getattr(row, name) for name in Event.model_fields})


def proposal_of(row: Row) -> Proposal:
    return Proposal.model_validate(dict(row._mapping))


def claim_of(row: Row) -> StoredClaim:
    return StoredClaim(
        claim=Claim.model_validate(row.claim),
        client_id=row.client_id,
        by_daemon=row.by_daemon,
        created_at=row.created_at,
    )
