"""The `model` proposer: a language model that looks code up, edits a draft, and hears what the tests say of it."""

from tercet_server.proposers.model.proposer import ModelProposer
from tercet_server.proposers.model.talk import Allowance

__all__ = ["Allowance", "ModelProposer"]
