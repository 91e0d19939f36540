"""Brings a ledger file of any older version to the current schema, data kept. Each step is one function, never changed again.

A new step is appended here in the same commit that changes `schema`; its position is the version that it leads from.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import sqlalchemy as sa
from tercet_shared.errors import VersionMismatch

from tercet_server.ledger import schema


def _add_settlement_and_heartbeat(connection: sa.Connection) -> None:
    """1 → 2: a claim says how it ended, not only that it did; a run has a heartbeat; live proposals are found by index."""
    connection.execute(sa.text("ALTER TABLE claims ADD COLUMN outcome VARCHAR"))
    connection.execute(sa.text("ALTER TABLE claims ADD COLUMN reason TEXT"))
    connection.execute(sa.text("ALTER TABLE runs ADD COLUMN heartbeat_at BIGINT"))
    connection.execute(sa.text("CREATE INDEX proposals_by_workspace ON proposals (workspace_id, state)"))
    connection.execute(
        sa.text(
            "UPDATE claims SET outcome = (SELECT state FROM proposals WHERE proposals.id = claims.proposal_id)"
            " WHERE settled_at IS NOT NULL"
        )
    )


def _add_model_calls(connection: sa.Connection) -> None:
    """2 → 3: what language models cost is reserved and settled call by call."""
    connection.execute(
        sa.text(
            "CREATE TABLE model_calls (id VARCHAR NOT NULL, run_id VARCHAR NOT NULL, workspace_id VARCHAR NOT NULL,"
            " duty VARCHAR NOT NULL, model VARCHAR NOT NULL, tokens BIGINT NOT NULL, cost_usd FLOAT NOT NULL,"
            " created_at BIGINT NOT NULL, settled_at BIGINT, ending VARCHAR, input_tokens BIGINT, output_tokens BIGINT,"
            " cached_tokens BIGINT, first_token_s FLOAT, duration_s FLOAT, PRIMARY KEY (id))"
        )
    )
    connection.execute(sa.text("CREATE INDEX model_calls_by_run ON model_calls (run_id)"))
    connection.execute(sa.text("CREATE INDEX model_calls_by_time ON model_calls (created_at)"))


def _add_rounds(connection: sa.Connection) -> None:
    """3 → 4: a run can be taken up again after its plan was approved or it was steered."""
    connection.execute(sa.text("ALTER TABLE runs ADD COLUMN round INTEGER DEFAULT 0 NOT NULL"))


def _add_forgotten_outcomes(connection: sa.Connection) -> None:
    """4 → 5: what a workspace taught can be forgotten."""
    connection.execute(
        sa.text(
            "CREATE TABLE forgotten_outcomes (workspace_id VARCHAR NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (workspace_id))"
        )
    )


def _add_priced(connection: sa.Connection) -> None:
    """5 → 6: a call tells whether its price was known. Of older calls nobody knows, and their costs were shown as they are."""
    connection.execute(sa.text("ALTER TABLE model_calls ADD COLUMN priced BOOLEAN DEFAULT 1 NOT NULL"))


MIGRATIONS: Sequence[Callable[[sa.Connection], None]] = (
    _add_settlement_and_heartbeat,
    _add_model_calls,
    _add_rounds,
    _add_forgotten_outcomes,
    _add_priced,
)
CURRENT_VERSION = 1 + len(MIGRATIONS)


def migrate(engine: sa.Engine, path: Path) -> None:
    """Creates the schema in an empty database, or migrates an older one, in one transaction. Raises VersionMismatch."""
    with engine.begin() as connection:
        version = _stored_version(connection)
        if version is None:
            schema.metadata.create_all(connection)
            connection.execute(schema.schema_version.insert().values(version=CURRENT_VERSION))
            return
        if version > CURRENT_VERSION:
            raise VersionMismatch(
                f"The ledger {path} was written by a newer Tercet (schema {version}, this one knows {CURRENT_VERSION})."
                " Update Tercet, or point TERCET_HOME at another folder."
            )
        for step in MIGRATIONS[version - 1 :]:
            step(connection)
        connection.execute(schema.schema_version.update().values(version=CURRENT_VERSION))


def _stored_version(connection: sa.Connection) -> int | None:
    if not sa.inspect(connection).has_table(schema.schema_version.name):
        return None
    return int(connection.execute(sa.select(schema.schema_version.c.version)).scalar_one())
