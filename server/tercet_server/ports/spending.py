"""The port to what models cost: reserved before a call, settled after it, in one place for all clients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from tercet_shared.ids import RunId, WorkspaceId

from tercet_server.ports.model import Caps, Duty, Usage

CallId = NewType("CallId", str)


@dataclass(frozen=True)
class PlannedCall:
    """A call about to be made, with the most that it should cost. Its id is new."""

    id: CallId
    run_id: RunId
    workspace_id: WorkspaceId
    duty: Duty
    model: str
    tokens: int
    cost_usd: float
    priced: bool = True
    """Whether the price of the model is known; else the cost is none that anybody knows."""


@dataclass(frozen=True)
class CallOutcome:
    """How a call ended. `ending`: "answered", "stopped" (by the caller), "lost" (with the daemon), or an error's code."""

    ending: str
    usage: Usage
    first_token_s: float | None
    duration_s: float


@dataclass(frozen=True)
class ModelUsage:
    """What one model did in a time: calls under way count with what they reserved."""

    model: str
    calls: int
    answered: int
    usage: Usage
    first_token_s_median: float | None
    duration_s_median: float | None
    duration_s_p95: float | None


class Spending(Protocol):
    """Hard caps: of calls that would together pass one, exactly those that still fit are made."""

    async def reserve(self, call: PlannedCall, caps: Caps) -> None:
        """Checks every cap and books the reservation, in one transaction. Raises BudgetExceeded, and books nothing."""
        ...

    async def settle_call(self, call_id: CallId, outcome: CallOutcome) -> None:
        """Replaces the reservation, if there is one, by what it came to. Only the first settlement counts."""
        ...

    async def settle_lost_calls(self) -> int:
        """After a crash: calls that nobody settled are booked as reserved. How many there were."""
        ...

    async def usage(self, since: datetime) -> Sequence[ModelUsage]:
        """By model, the dearest first."""
        ...
