"""What the endpoints need of the rest of the daemon, as Protocols; `app` brings the implementations together."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tercet_shared.daemon import DoctorReport
from tercet_shared.events import Event, FindingsChanged
from tercet_shared.findings import FileFindings
from tercet_shared.free_text import FreeText, Understood
from tercet_shared.ids import ClaimId, ClientId, ProposalId, RunId, WorkspaceId
from tercet_shared.learning import Learned
from tercet_shared.models import ModelsReport
from tercet_shared.outcomes import TestOutcomes
from tercet_shared.proposals import Claim, ClaimReport, ClaimRequest, DiscardRequest, Proposal
from tercet_shared.runs import Again, Plan, Run, RunRequest
from tercet_shared.sandboxes import SandboxReport, SandboxWork
from tercet_shared.workspaces import OverlayReceipt, OverlayRequest, Workspace, WorkspaceRequest

from tercet_server.ports import CodeBase, Ledger


class WorkspaceRegistry(Protocol):
    """Registered workspaces, their trust and their overlays."""

    async def get(self, workspace_id: WorkspaceId) -> Workspace: ...
    async def register(self, request: WorkspaceRequest) -> Workspace: ...
    async def list(self) -> list[Workspace]: ...
    async def set_trust(self, workspace_id: WorkspaceId, trusted: bool) -> Workspace: ...
    async def put_overlay(self, workspace_id: WorkspaceId, request: OverlayRequest) -> OverlayReceipt: ...
    async def delete_overlay(self, workspace_id: WorkspaceId, client_id: ClientId, path: str) -> None: ...
    async def forget_client(self, client_id: ClientId) -> None: ...


class Runs(Protocol):
    """Starts, steers and stops runs."""

    async def start(self, request: RunRequest) -> Run: ...
    async def understand(self, asked: FreeText) -> Understood: ...
    async def cancel(self, run_id: RunId) -> Run: ...
    async def approve(self, run_id: RunId, plan: Plan | None = None) -> Run: ...
    async def steer(self, run_id: RunId, instructions: str) -> Run: ...
    async def again(self, run_id: RunId, again: Again) -> Run: ...


class Proposals(Protocol):
    """Applies, undoes and discards proposals."""

    async def claim(self, proposal_id: ProposalId, request: ClaimRequest) -> Claim: ...
    async def report(self, claim_id: ClaimId, report: ClaimReport) -> Proposal: ...
    async def apply(self, proposal_id: ProposalId, client_id: ClientId) -> Proposal: ...
    async def undo(self, proposal_id: ProposalId, client_id: ClientId) -> Proposal: ...
    async def discard(self, proposal_id: ProposalId, request: DiscardRequest | None) -> Proposal: ...


class Stream(Protocol):
    """What is published from the subscription on; ends when the hub closes or the subscriber has fallen behind."""

    def __aiter__(self) -> AsyncIterator[Event | FindingsChanged]: ...
    async def aclose(self) -> None: ...


class Hub(Protocol):
    """The fan-out of committed events and notices."""

    def subscribe(self) -> Stream: ...
    def close(self) -> None:
        """Ends every stream after what it has still to deliver."""
        ...


class LastOutcomes(Protocol):
    """How tests went last."""

    async def of(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None) -> TestOutcomes: ...


class Findings(Protocol):
    """The board of current findings, and how tests went last."""

    @property
    def outcomes(self) -> LastOutcomes: ...

    def get(self, workspace_id: WorkspaceId, path: str | None = None) -> list[FileFindings]: ...
    def analyse(self, workspace_id: WorkspaceId, path: str) -> None:
        """Asks for an analysis of the file's current text; returns at once."""
        ...


class Learning(Protocol):
    """What a workspace taught."""

    async def learned(self, workspace_id: WorkspaceId) -> Learned: ...
    async def forget(self, workspace_id: WorkspaceId) -> None: ...


class Sandboxes(Protocol):
    """What project code may run in, and the long work on it."""

    async def report(self) -> SandboxReport: ...
    def work(self) -> SandboxWork: ...
    def build(self, runtimes: Sequence[str]) -> SandboxWork: ...
    def test(self) -> SandboxWork: ...


@dataclass(frozen=True)
class Services:
    """The assembled daemon. `close` ends everything it started."""

    ledger: Ledger
    hub: Hub
    workspaces: WorkspaceRegistry
    runs: Runs
    proposals: Proposals
    findings: Findings
    code: CodeBase
    learning: Learning
    sandbox: Sandboxes
    doctor: Callable[[WorkspaceId | None], Awaitable[DoctorReport]]
    models: Callable[[], Awaitable[ModelsReport]]
    close: Callable[[], Awaitable[None]]
