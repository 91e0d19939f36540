"""One configured model through litellm: the innermost of the models. No retries here, no budget; only one honest call."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from tercet_shared.errors import ContentFiltered, DeadlineExceeded, ModelFailed, ModelRejected, TercetError

from tercet_server.models import aws, wire
from tercet_server.models.catalogue import ModelSpec
from tercet_server.models.faults import translate
from tercet_server.models.keys import Keys
from tercet_server.models.library import litellm
from tercet_server.models.prices import price_of
from tercet_server.models.vendor_loop import in_vendor_loop
from tercet_server.ports import Delta, ModelRequest, Reply, Usage


class VendorModel:
    """Speaks to one vendor. `stall_s`: seconds of silence after which the vendor counts as hanging."""

    def __init__(self, spec: ModelSpec, keys: Keys, stall_s: float) -> None:
        self.name = spec.name
        self._spec = spec
        self._keys = keys
        self._stall_s = stall_s

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | Reply, None]:
        """See `ports.Model`. The socket is closed when the caller stops, whatever the reason."""
        deadline = time.monotonic() + request.deadline_s
        library = await litellm()
        key = await self._keys.key(self._spec.provider)
        async with aclosing(in_vendor_loop(lambda: self._call(request, library, key, deadline))) as stream:
            async for item in stream:
                yield item

    # -- in the vendors' loop -----------------------------------------------------------------------------------

    async def _call(
        self, request: ModelRequest, library: Any, key: str, deadline: float
    ) -> AsyncGenerator[Delta | Reply, None]:
        collected = wire.Collected()
        chunks = None
        try:
            arguments = self._arguments(request, library, key)
            chunks = await self._within(deadline, lambda: library.acompletion(**arguments))
            iterator = aiter(chunks)
            while (chunk := await self._within(deadline, lambda: anext(iterator, None))) is not None:
                delta = collected.add(chunk)
                if delta is not None:
                    yield delta
            whole = self._is_whole(chunks)
        except TercetError:
            raise
        except Exception as error:  # noqa: BLE001  # litellm raises its vendors' libraries' errors too; all are translated
            raise self._translated(error) from None  # the original may quote the key
        finally:
            if chunks is not None:
                await chunks.aclose()
        yield self._reply(collected, whole, library)

    def _is_whole(self, chunks: Any) -> bool:
        """Whether the vendor itself said that it ended: litellm makes an ending up where it did not.

        Of Google's streams litellm cannot tell; there the end of the HTTP body has to do.
        """
        if self._spec.provider.kind == "google":
            return chunks.intermittent_finish_reason is not None
        return chunks.received_finish_reason is not None

    def _arguments(self, request: ModelRequest, library: Any, key: str) -> dict[str, Any]:
        provider = self._spec.provider
        route = f"{provider.prefix}/converse" if provider.kind == aws.KIND else provider.prefix
        enforces = request.schema is not None and library.supports_response_schema(self._spec.model, provider.prefix)
        own: dict[str, Any] = {
            "model": f"{route}/{self._spec.model}",
            "api_key": key,
            "timeout": request.deadline_s,
            "max_retries": 0,
            "num_retries": 0,
        }
        if provider.endpoint:
            own["api_base"] = provider.endpoint
        if provider.settings.api_version:
            own["api_version"] = provider.settings.api_version
        if provider.kind == aws.KIND:
            own |= aws.arguments(key, provider.settings.region, provider.endpoint)
        caches = provider.kind in ("anthropic", aws.KIND)
        return own | wire.arguments(request, marks_cache=caches, enforces_schema=enforces)

    async def _within(self, deadline: float, work: Callable[[], Awaitable[Any]]) -> Any:
        """The result of `work`, unless the vendor stays silent for too long."""
        left_s = deadline - time.monotonic()
        too_late = DeadlineExceeded(f"{self.name} did not finish its answer in the time there was.")
        if left_s <= 0:
            raise too_late
        try:
            async with asyncio.timeout(min(self._stall_s, left_s)) as limit:
                return await work()
        except TimeoutError:
            if not limit.expired():
                raise
            if left_s < self._stall_s:
                raise too_late from None
            raise ModelFailed(f"{self.name} gave no sign of life for {self._stall_s:g} s.", stalled=True) from None

    def _translated(self, error: Exception) -> TercetError:
        translated = translate(error, self.name, self._keys.masked)
        if isinstance(translated, ModelRejected) and translated.data.get("status") in (401, 403):
            self._keys.forget(self._spec.provider)
        return translated

    def _reply(self, collected: wire.Collected, whole: bool, library: Any) -> Reply:
        if collected.finish == wire.FILTERED:
            raise ContentFiltered(f"{self.name} withheld its answer, or the rest of it.")
        if not whole:
            raise ModelFailed(f"{self.name} broke off in the middle of its answer.")
        usage = collected.usage or Usage()
        cost = price_of(self._spec, library).cost(usage)
        return Reply(
            text=collected.text,
            model=self.name,
            finish=collected.why_it_ended(),
            tool_calls=collected.tool_calls,
            usage=Usage(usage.input_tokens, usage.output_tokens, usage.cached_tokens, cost),
        )
