"""The `model` proposer: asks a language model for edits, tries them on the failing tests, and tells it what went wrong."""

from tercet_server.proposers.model.proposer import Allowance, ModelProposer

__all__ = ["Allowance", "ModelProposer"]
