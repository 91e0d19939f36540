"""Sources of candidates for a step of a plan: a linter's deterministic fixes, search over mutations, running code to see what it
does, a language model."""

from tercet_server.proposers.characterise import CharacteriseProposer
from tercet_server.proposers.documentation import DocumentationProposer
from tercet_server.proposers.model import ModelProposer
from tercet_server.proposers.repair import NearMissProposer, RepairProposer
from tercet_server.proposers.rules import RulesProposer

__all__ = [
    "CharacteriseProposer",
    "DocumentationProposer",
    "ModelProposer",
    "NearMissProposer",
    "RepairProposer",
    "RulesProposer",
]
