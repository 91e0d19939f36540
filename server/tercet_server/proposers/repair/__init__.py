"""Generate-and-validate program repair for Python: mutations of suspicious lines, or of a model's edits, judged by the tests."""

from tercet_server.proposers.repair.near_misses import NearMissProposer
from tercet_server.proposers.repair.proposer import RepairProposer

__all__ = ["NearMissProposer", "RepairProposer"]
