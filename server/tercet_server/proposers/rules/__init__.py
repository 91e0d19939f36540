"""Deterministic fixes of lint rules as candidates."""

from tercet_server.proposers.rules.proposer import RulesProposer

__all__ = ["RulesProposer"]
