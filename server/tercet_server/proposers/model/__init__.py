"""The `model` proposer: a language model that looks code up, edits a draft, and hears what the tests say of it."""

from tercet_server.proposers.model.proposer import ModelProposer

__all__ = ["ModelProposer"]
