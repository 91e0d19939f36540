"""Code actions: one module a source of them, and `listing`, which answers the editor."""

from tercet_lsp.features.code_actions.listing import register

__all__ = ["register"]
