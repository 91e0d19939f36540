"""Keeps the outcomes of claims until the daemon has heard them: one that died meanwhile is told when it is back.

Knows nothing of how a claim is carried out.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tercet_shared.errors import DaemonUnavailable, TercetError

if TYPE_CHECKING:
    from tercet_shared.ids import ClaimId
    from tercet_shared.proposals import Proposal

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of a claim in the editor."""

    applied: bool
    reason: str = ""


class OutcomeStore(Protocol):
    """Whom outcomes are reported to: the daemon."""

    async def report(self, claim_id: ClaimId, *, applied: bool, reason: str = "") -> Proposal: ...


class Outcomes:
    """The outcomes of one session that the daemon may not know yet."""

    def __init__(self) -> None:
        self._unheard: dict[ClaimId, Outcome] = {}

    def keep(self, claim_id: ClaimId, outcome: Outcome) -> None:
        """Remembers an outcome before it is reported for the first time."""
        self._unheard[claim_id] = outcome

    async def report(self, store: OutcomeStore, claim_id: ClaimId, outcome: Outcome) -> Proposal:
        """Reports a kept outcome; any answer is an end of it. Raises the daemon's errors."""
        try:
            proposal = await store.report(claim_id, applied=outcome.applied, reason=outcome.reason)
        except DaemonUnavailable:
            raise
        except TercetError:
            self._unheard.pop(claim_id, None)
            raise
        self._unheard.pop(claim_id, None)
        return proposal

    async def report_all(self, store: OutcomeStore) -> list[Proposal]:
        """Reports what no daemon has answered to, oldest first; the proposals as they are now."""
        proposals = []
        for claim_id, outcome in list(self._unheard.items()):
            try:
                proposals.append(await self.report(store, claim_id, outcome))
            except DaemonUnavailable:
                raise
            except TercetError as error:
                logger.warning("the outcome of claim %s came too late: %s", claim_id, error)
        return proposals
