"""Characterisation tests without a model: what a module does today, found by running it, written as tests to keep."""

from tercet_server.proposers.characterise.proposer import CharacteriseProposer

__all__ = ["CharacteriseProposer"]
