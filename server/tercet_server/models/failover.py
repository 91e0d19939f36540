"""Several models that act as one: the first that answers. In rounds, so that nobody waits while another could answer."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from tercet_shared.errors import DeadlineExceeded, ModelBusy, TercetError

from tercet_server.models.breaker import Breaker
from tercet_server.models.retrying import asked_to_wait_s, counts_against, ends_it, wait_s
from tercet_server.ports import Delta, Model, ModelRequest, Reply


@dataclass(frozen=True)
class Member:
    """A model of the list, with the breaker that all lists share."""

    model: Model
    breaker: Breaker


class FailoverModel:
    """Asks the members in order; then, after a pause, again: `rounds` times at most."""

    def __init__(self, members: Sequence[Member], rounds: int, chance: random.Random | None = None) -> None:
        self.name = ", ".join(each.model.name for each in members)
        self._members = members
        self._rounds = rounds
        self._chance = chance or random.Random()  # noqa: S311  # spreads retries, keeps no secret

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | Reply, None]:
        """See `ports.Model`. A `restart` delta says that another attempt begins after text had come already."""
        deadline = time.monotonic() + request.deadline_s
        failures: list[TercetError] = []
        for round_ in range(self._rounds):
            failures = []
            for member in self._members:
                attempt = _Attempt(member, replace(request, deadline_s=deadline - time.monotonic()))
                async with aclosing(attempt.stream()) as stream:
                    async for item in stream:
                        yield item
                if attempt.failure is None:
                    return
                failures.append(attempt.failure)
                if ends_it(attempt.failure):
                    raise _told(failures)
                if attempt.has_begun:
                    yield Delta(restart=True)
            pause_s = wait_s(round_, failures, self._chance)
            if pause_s is None or round_ == self._rounds - 1:
                break
            if time.monotonic() + pause_s >= deadline:
                raise DeadlineExceeded(f"No model answered in the time there was. {_told(failures).sentence}")
            await asyncio.sleep(pause_s)
        raise _told(failures)


class _Attempt:
    """One member asked once. `failure` is what came of it; an error that is none of a model's goes through."""

    def __init__(self, member: Member, request: ModelRequest) -> None:
        self.failure: TercetError | None = None
        self.has_begun = False
        self._member = member
        self._request = request

    async def stream(self) -> AsyncGenerator[Delta | Reply, None]:
        model, breaker = self._member.model, self._member.breaker
        rests_s = breaker.rests_s()
        if rests_s > 0:
            self.failure = ModelBusy(
                f"{model.name} failed and is left alone for {rests_s:.0f} s more.", retry_after_s=rests_s
            )
            return
        breaker.try_it()
        stream = model.stream(self._request)
        try:
            async for item in stream:
                self.has_begun = True
                if isinstance(item, Reply):
                    breaker.succeeded()
                yield item
        except TercetError as error:
            self.failure = error
            if counts_against(error):
                breaker.failed(asked_to_wait_s(error))
        finally:
            await stream.aclose()


def _told(failures: Sequence[TercetError]) -> TercetError:
    """One error for all: the last failure's kind, every model's sentence."""
    last = failures[-1]
    sentences = list(dict.fromkeys(each.sentence for each in failures))
    return last if len(sentences) == 1 else type(last)(" ".join(sentences), **last.data)
