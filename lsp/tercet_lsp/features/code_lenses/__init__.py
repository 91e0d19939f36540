"""Code lenses: one module a source of them, and `listing`, which answers the editor."""

from tercet_lsp.features.code_lenses.listing import register

__all__ = ["register"]
