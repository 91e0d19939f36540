"""The coder: asks the proposers for candidates of one step, cheapest first. Judges and edits nothing."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from tercet_shared.errors import TercetError
from tercet_shared.proposals import Candidate

from tercet_server.ports import Proposer, ProposerTask, ReportProgress

LOG = logging.getLogger(__name__)


class Coder:
    """Candidates of all proposers, each change offered once."""

    def __init__(self, proposers: Sequence[Proposer]) -> None:
        self._proposers = sorted(proposers, key=lambda proposer: proposer.cost)

    async def candidates(self, task: ProposerTask, progress: ReportProgress) -> AsyncGenerator[Candidate, None]:
        """Best first within a proposer. A proposer that cannot help here is passed over."""
        seen: set[str] = set()
        for proposer in self._proposers:
            stream = proposer.propose(task, progress)
            try:
                async for candidate in stream:
                    change = candidate.change_set.model_dump_json()
                    if change not in seen:
                        seen.add(change)
                        yield candidate
            except TercetError as error:
                LOG.warning("proposer %s gave up on %s: %s", proposer.name, task.step.id, error.sentence)
            finally:
                await _close(stream)


async def _close(stream: AsyncIterator[Candidate]) -> None:
    """Lets a generator that is left early clean up now rather than when it is collected."""
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()
