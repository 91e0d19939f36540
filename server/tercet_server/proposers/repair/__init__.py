"""Generate-and-validate program repair for Python: mutations of suspicious lines, judged by the tests."""

from tercet_server.proposers.repair.proposer import RepairProposer

__all__ = ["RepairProposer"]
