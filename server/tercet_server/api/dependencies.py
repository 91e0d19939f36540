"""How endpoints get at the daemon's state and services, and the parameters they share."""

from typing import Annotated

from fastapi import Depends, Path, Request
from tercet_shared.ids import ClaimId, ClientId, ProposalId, RunId, WorkspaceId

from tercet_server.api.daemon_state import DaemonState
from tercet_server.api.services import Services


async def _state(request: Request) -> DaemonState:
    state: DaemonState = request.app.state.daemon
    return state


async def _services(state: Annotated[DaemonState, Depends(_state)]) -> Services:
    state.presence.touch()
    return await state.services()


DaemonStateDependency = Annotated[DaemonState, Depends(_state)]
ServicesDependency = Annotated[Services, Depends(_services)]

_IDENTIFIER = Path(min_length=1, max_length=100)

WorkspacePath = Annotated[WorkspaceId, _IDENTIFIER]
RunPath = Annotated[RunId, _IDENTIFIER]
ProposalPath = Annotated[ProposalId, _IDENTIFIER]
ClaimPath = Annotated[ClaimId, _IDENTIFIER]
ClientPath = Annotated[ClientId, _IDENTIFIER]

MAX_SEQ = 2**63 - 1
"""The largest number that the ledger's database can compare with."""
