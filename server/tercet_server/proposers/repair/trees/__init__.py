"""Mutations of languages other than Python, over their syntax trees: one table of data a language, the same operators for all."""

from tercet_server.proposers.repair.trees.rank import ranked_tree_mutations
from tercet_server.proposers.repair.trees.source import Source, source_of

__all__ = ["Source", "ranked_tree_mutations", "source_of"]
