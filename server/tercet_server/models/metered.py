"""A model whose every call is reserved before and settled after, however it ends. Books; decides nothing about retries."""

import logging
import secrets
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from tercet_shared.errors import TercetError

from tercet_server.models.catalogue import ModelSpec
from tercet_server.models.library import litellm
from tercet_server.models.prices import Price, price_of
from tercet_server.models.wire import estimated_tokens
from tercet_server.ports import CallId, CallOutcome, Delta, Model, ModelRequest, PlannedCall, Reply, Spending, Usage

LOG = logging.getLogger(__name__)

BYTES_PER_TOKEN = 4
STOPPED = "stopped"
"""The outcome of a call that the caller left early."""


class MeteredModel:
    """Wraps one vendor's model: a failover books every attempt apart."""

    def __init__(self, inner: Model, spec: ModelSpec, spending: Spending) -> None:
        self.name = inner.name
        self._inner = inner
        self._spec = spec
        self._spending = spending
        self._told = False

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | Reply, None]:
        """See `ports.Model`. Raises BudgetExceeded before anything is sent."""
        price = price_of(self._spec, await litellm())
        most = Usage(estimated_tokens(request.messages, request.tools), request.most_output_tokens)
        self._tell_if_unknown(price)
        call = self._planned(request, most, price)
        meter = _Meter(most, price)
        stream = self._inner.stream(request)
        try:
            await self._spending.reserve(call, request.account.caps)
            async for item in stream:
                meter.saw(item)
                yield item
        except TercetError as error:
            meter.failed(error)
            raise
        finally:
            await stream.aclose()
            await self._spending.settle_call(call.id, meter.outcome())

    def _tell_if_unknown(self, price: Price) -> None:
        if not price.known and not self._told:
            self._told = True
            name = self._spec.provider.name
            LOG.warning(
                "no price is known for %s: only its tokens are capped. Set providers.%s.input_usd", self.name, name
            )

    def _planned(self, request: ModelRequest, most: Usage, price: Price) -> PlannedCall:
        return PlannedCall(
            id=CallId(secrets.token_hex(8)),
            run_id=request.account.run_id,
            workspace_id=request.account.workspace_id,
            duty=request.duty,
            model=self.name,
            tokens=most.input_tokens + most.output_tokens,
            cost_usd=price.cost(most),
            priced=price.known,
        )


@dataclass
class _Meter:
    """What is known of a call under way. Where the vendor tells no usage, what was sent and received is estimated."""

    most: Usage
    price: Price
    started: float = field(default_factory=time.monotonic)
    first_s: float | None = None
    received_bytes: int = 0
    ending: str = STOPPED
    usage: Usage | None = None

    def saw(self, item: Delta | Reply) -> None:
        if self.first_s is None:
            self.first_s = time.monotonic() - self.started
        if isinstance(item, Reply):
            self.ending, self.usage = "answered", item.usage
        else:
            self.received_bytes += len(item.text.encode("utf-8", "surrogatepass"))

    def failed(self, error: TercetError) -> None:
        self.ending = error.code
        if error.data.get("refused") and not self.received_bytes:
            self.usage = Usage()

    def outcome(self) -> CallOutcome:
        usage = self.usage
        if usage is None:
            usage = Usage(self.most.input_tokens, self.received_bytes // BYTES_PER_TOKEN)
            usage = Usage(usage.input_tokens, usage.output_tokens, 0, self.price.cost(usage))
        return CallOutcome(self.ending, usage, self.first_s, time.monotonic() - self.started)
