"""Sources of candidates for a step of a plan: a linter's deterministic fixes, and search over mutations."""

from tercet_server.proposers.repair import RepairProposer
from tercet_server.proposers.rules import RulesProposer

__all__ = ["RepairProposer", "RulesProposer"]
