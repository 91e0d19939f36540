"""Proposals in the editor: the commands, and how a change is carried out in the editor's buffers."""

from tercet_lsp.features.proposals.commands import register

__all__ = ["register"]
