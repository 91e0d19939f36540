"""Sources of candidates for a step of a plan: a linter's deterministic fixes, search over mutations, a language model."""

from tercet_server.proposers.model import Allowance, ModelProposer
from tercet_server.proposers.repair import NearMissProposer, RepairProposer
from tercet_server.proposers.rules import RulesProposer

__all__ = ["Allowance", "ModelProposer", "NearMissProposer", "RepairProposer", "RulesProposer"]
