"""Reads what tools print: findings of linters and compilers, and outcomes of tests.

All of it may be made up by the code under test: a parser returns what it understands, drops the rest, and never raises.
Pure: bytes in, plain values out.
"""

from tercet_server.checks.outputs.found import FindingParser, ToolFinding, Within
from tercet_server.checks.outputs.linters import PARSERS, finding_parser
from tercet_server.checks.outputs.outcomes import TestOutcome

__all__ = ["PARSERS", "FindingParser", "TestOutcome", "ToolFinding", "Within", "finding_parser"]
