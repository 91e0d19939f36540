"""The ports: what the agents and the runs know of the world. Implementations live in the sibling packages.

Paths inside a workspace are relative with forward slashes everywhere; absolute host paths are `pathlib.Path`.
Lines and characters count from zero, characters in code points. Every coroutine may be cancelled at any await and
then leaves no process, mount or temporary folder behind. Errors are those of `tercet_shared.errors`.
"""

from tercet_server.ports.clock import Clock, ReportProgress
from tercet_server.ports.ledger import Ledger, StoredClaim
from tercet_server.ports.proposing import Context, Proposer, ProposerTask
from tercet_server.ports.sandbox import Ending, Jail, Limits, Sandbox, SandboxProcess, SandboxResult
from tercet_server.ports.symbols import CodePosition, CodeRoot, DefinitionSite, Occurrences, SymbolAnalysis
from tercet_server.ports.testing import (
    FAILING,
    Checker,
    Frame,
    Outcome,
    ProofTask,
    TestReport,
    TestResult,
    Tests,
    TestSession,
)
from tercet_server.ports.workspace import PrivateCopy, Workspaces

__all__ = [
    "FAILING",
    "Checker",
    "Clock",
    "CodePosition",
    "CodeRoot",
    "Context",
    "DefinitionSite",
    "Ending",
    "Frame",
    "Jail",
    "Ledger",
    "Limits",
    "Occurrences",
    "Outcome",
    "PrivateCopy",
    "ProofTask",
    "Proposer",
    "ProposerTask",
    "ReportProgress",
    "Sandbox",
    "SandboxProcess",
    "SandboxResult",
    "StoredClaim",
    "SymbolAnalysis",
    "TestReport",
    "TestResult",
    "TestSession",
    "Tests",
    "Workspaces",
]
