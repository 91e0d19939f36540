"""Where to look in a code base: suspicious lines, affected tests, searches, symbols, impact, and sections of prompts."""

from tercet_server.context.python import PythonContext
from tercet_server.context.service import CodeService
from tercet_server.context.symbols import JediAnalysis

__all__ = ["CodeService", "JediAnalysis", "PythonContext"]
