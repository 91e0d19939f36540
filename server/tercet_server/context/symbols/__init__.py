"""Where names are defined and used: by the language's own rules for Python, by names, scopes and imports elsewhere."""

from tercet_server.context.symbols.python import JediAnalysis

__all__ = ["JediAnalysis"]
