"""The coder: asks the proposers for candidates of one step, cheapest first. Judges and edits nothing."""

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

from tercet_shared.errors import TercetError
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent

from tercet_server.ports import Proposer, ProposerTask, ReportProgress

LOG = logging.getLogger(__name__)


LATER_SHARE = 0.5
"""Of the time left, what a proposer leaves to all those that come after it."""


class Coder:
    """Candidates of all proposers, each change offered once."""

    def __init__(self, proposers: Sequence[Proposer]) -> None:
        self._proposers = list(proposers)

    def order(self, intent: Intent, confidence: Mapping[str, float]) -> list[Proposer]:
        """Those that serve the intent, the least expected cost of a kept change first: their cost over their confidence.

        That order is best for independent attempts of which the first success ends the search (W. E. Smith, 1956).
        `confidence`: proposer → the share that is expected to be kept; 1 for who is not named.
        """
        asked = [each for each in self._proposers if intent in each.intents]
        return sorted(asked, key=lambda proposer: proposer.cost / confidence.get(proposer.name, 1.0))

    async def candidates(
        self, task: ProposerTask, progress: ReportProgress, gave_up: Callable[[str], None] = lambda _: None
    ) -> AsyncGenerator[Candidate, None]:
        """Best first within a proposer; only those that serve the intent are asked.

        One that cannot help here is passed over; `gave_up` is told why, in a sentence.
        """
        seen: set[str] = set()
        left_s = task.deadline_s
        asked = self.order(task.intent, task.confidence)
        for number, proposer in enumerate(asked, 1):
            share_s = left_s if number == len(asked) else left_s * (1 - LATER_SHARE)
            watch = _Watch()
            stream = watch.timed(proposer.propose(replace(task, deadline_s=share_s), progress))
            try:
                async for candidate in stream:
                    change = candidate.change_set.model_dump_json()
                    if change not in seen:
                        seen.add(change)
                        yield candidate
            except TercetError as error:
                LOG.warning("proposer %s gave up on %s: %s", proposer.name, task.step.id, error.sentence)
                gave_up(error.sentence)
            finally:
                await stream.aclose()
            left_s -= watch.spent_s


class _Watch:
    """How long a proposer works; what is done with its candidates in between does not count."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    async def timed(self, stream: AsyncIterator[Candidate]) -> AsyncGenerator[Candidate, None]:
        try:
            while True:
                started = time.monotonic()
                try:
                    candidate = await anext(stream)
                except StopAsyncIteration:
                    return
                finally:
                    self.spent_s += time.monotonic() - started
                yield candidate
        finally:
            await _close(stream)


async def _close(stream: AsyncIterator[Candidate]) -> None:
    """Lets a generator that is left early clean up now rather than when it is collected."""
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()
