"""Documentation without a model: docstring skeletons from what the code itself says."""

from tercet_server.proposers.documentation.proposer import DocumentationProposer

__all__ = ["DocumentationProposer"]
