"""The ports: what the agents and the runs know of the world. Implementations live in the sibling packages.

Paths inside a workspace are relative with forward slashes everywhere; absolute host paths are `pathlib.Path`.
Lines and characters count from zero, characters in code points. Every coroutine may be cancelled at any await and
then leaves no process, mount or temporary folder behind. Errors are those of `tercet_shared.errors`.
"""

from tercet_server.ports.clock import Clock, ReportProgress
from tercet_server.ports.codebase import CodeBase, CodePlace
from tercet_server.ports.exploring import Behaviour, CallExample, Exploration, Explored, ExploredCase, SuspectCall
from tercet_server.ports.gating import GatePolicy, Gates
from tercet_server.ports.ledger import Ledger, StoredClaim, TakenUp
from tercet_server.ports.model import (
    Account,
    Allowance,
    Caps,
    Delta,
    Duty,
    Finish,
    Message,
    Model,
    ModelRequest,
    Reply,
    Speaker,
    Tool,
    ToolCall,
    Usage,
    ask,
)
from tercet_server.ports.outcomes import OutcomeHistory, Outcomes, PastProposal
from tercet_server.ports.proposing import Context, Proposer, ProposerTask
from tercet_server.ports.sandbox import Ending, Jail, Limits, Sandbox, SandboxProcess, SandboxResult
from tercet_server.ports.spending import CallId, CallOutcome, ModelUsage, PlannedCall, Spending
from tercet_server.ports.symbols import CodePosition, CodeRoot, DefinitionSite, Occurrences, SymbolAnalysis
from tercet_server.ports.testing import (
    FAILING,
    UNHURRIED,
    Checker,
    Frame,
    Opening,
    Outcome,
    ProofTask,
    TestReport,
    TestResult,
    Tests,
    TestSession,
)
from tercet_server.ports.workspace import PrivateCopy, Snapshot, Workspaces

__all__ = [
    "FAILING",
    "UNHURRIED",
    "Account",
    "Allowance",
    "Behaviour",
    "CallExample",
    "CallId",
    "CallOutcome",
    "Caps",
    "Checker",
    "Clock",
    "CodeBase",
    "CodePlace",
    "CodePosition",
    "CodeRoot",
    "Context",
    "DefinitionSite",
    "Delta",
    "Duty",
    "Ending",
    "Exploration",
    "Explored",
    "ExploredCase",
    "Finish",
    "Frame",
    "GatePolicy",
    "Gates",
    "Jail",
    "Ledger",
    "Limits",
    "Message",
    "Model",
    "ModelRequest",
    "ModelUsage",
    "Occurrences",
    "Opening",
    "Outcome",
    "OutcomeHistory",
    "Outcomes",
    "PastProposal",
    "PlannedCall",
    "PrivateCopy",
    "ProofTask",
    "Proposer",
    "ProposerTask",
    "Reply",
    "ReportProgress",
    "Sandbox",
    "SandboxProcess",
    "SandboxResult",
    "Snapshot",
    "Speaker",
    "Spending",
    "StoredClaim",
    "SuspectCall",
    "SymbolAnalysis",
    "TakenUp",
    "TestReport",
    "TestResult",
    "TestSession",
    "Tests",
    "Tool",
    "ToolCall",
    "Usage",
    "Workspaces",
    "ask",
]
