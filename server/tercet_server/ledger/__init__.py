"""The ledger: what is durable of runs, events, proposals, claims and checkpoints, and the states they may take."""

from tercet_server.ledger.sql import SqlLedger

__all__ = ["SqlLedger"]
