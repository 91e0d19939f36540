"""The ledger's tables, in SQLAlchemy Core: the same for SQLite and PostgreSQL. No queries, no behaviour.

A change here needs a migration in `tercet_server.ledger.migrations`; a test compares a migrated ledger with a new one.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.event import listen

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware time, stored as whole microseconds since 1970 so that it sorts alike everywhere."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


class SourceText(sa.types.TypeDecorator[str]):
    """A file's text as UTF-8 bytes: unlike a text column it takes lone surrogates and NUL, which files do contain."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else value.encode("utf-8", "surrogatepass")

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else bytes(value).decode("utf-8", "surrogatepass")


metadata = sa.MetaData()

schema_version = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, nullable=False))

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("workspace_id", sa.String, nullable=False),
    sa.Column("intent", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("progress", sa.JSON(none_as_null=True)),
    sa.Column("plan", sa.JSON(none_as_null=True)),
    sa.Column("proposal_id", sa.String),
    sa.Column("answer", sa.Text),
    sa.Column("problem", sa.JSON(none_as_null=True)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("deadline_at", UtcTime, nullable=False),
    sa.Column("heartbeat_at", UtcTime),
    sa.Column("round", sa.Integer, nullable=False, server_default=sa.text("0")),
)
sa.Index("runs_by_workspace", runs.c.workspace_id, runs.c.created_at)
sa.Index("runs_by_state", runs.c.state)

events = sa.Table(
    "events",
    metadata,
    # SQLite gives row ids to INTEGER primary keys alone; AUTOINCREMENT so that a number is never given twice.
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.String, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("workspace_id", sa.String, nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.UniqueConstraint("run_id", "n"),
    sa.UniqueConstraint("run_id", "key"),
    sqlite_autoincrement=True,
)
sa.Index("events_by_workspace", events.c.workspace_id, events.c.seq)

proposals = sa.Table(
    "proposals",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("run_id", sa.String, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("workspace_id", sa.String, nullable=False),
    sa.Column("proposer", sa.String, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("change_set", sa.JSON, nullable=False),
    sa.Column("diff", sa.Text, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("verdict", sa.JSON, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)
sa.Index("proposals_by_workspace", proposals.c.workspace_id, proposals.c.state)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("proposal_id", sa.String, sa.ForeignKey("proposals.id"), nullable=False),
    sa.Column("run_id", sa.String, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("client_id", sa.String),
    sa.Column("by_daemon", sa.Boolean, nullable=False),
    sa.Column("claim", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Column("outcome", sa.String),
    sa.Column("reason", sa.Text),
)
sa.Index("claims_by_proposal", claims.c.proposal_id)

claim_texts = sa.Table(
    "claim_texts",
    metadata,
    sa.Column("claim_id", sa.String, sa.ForeignKey("claims.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("before", SourceText),
    sa.Column("after", SourceText, nullable=False),
)

model_calls = sa.Table(
    "model_calls",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("workspace_id", sa.String, nullable=False),
    sa.Column("duty", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    # What counts against the caps: the reservation, until it is settled.
    sa.Column("tokens", sa.BigInteger, nullable=False),
    sa.Column("cost_usd", sa.Float, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Column("ending", sa.String),
    sa.Column("input_tokens", sa.BigInteger),
    sa.Column("output_tokens", sa.BigInteger),
    sa.Column("cached_tokens", sa.BigInteger),
    sa.Column("first_token_s", sa.Float),
    sa.Column("duration_s", sa.Float),
    sa.Column("priced", sa.Boolean, nullable=False, server_default=sa.true()),
)
sa.Index("model_calls_by_run", model_calls.c.run_id)
sa.Index("model_calls_by_time", model_calls.c.created_at)

forgotten_outcomes = sa.Table(
    "forgotten_outcomes",
    metadata,
    # What happened in the workspace up to then teaches nothing any more.
    sa.Column("workspace_id", sa.String, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
)

_FORBID = (
    "CREATE TRIGGER events_no_{verb} BEFORE {verb} ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
)

for _verb in ("UPDATE", "DELETE"):
    _trigger = sa.DDL(_FORBID.format(verb=_verb))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    listen(events, "after_create", _trigger.execute_if(dialect="sqlite"))

Row = sa.Row[Any]
