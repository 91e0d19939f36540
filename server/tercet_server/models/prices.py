"""What tokens cost: the user's own prices over litellm's offline list. Asks nobody."""

from dataclasses import dataclass
from typing import Any

from tercet_server.models.catalogue import ModelSpec
from tercet_server.ports import Usage

MILLION = 1_000_000

RESPONSES = "responses/"
"""Before a model's name: it is asked through OpenAI's responses API; it costs the same."""


@dataclass(frozen=True)
class Price:
    """US dollars for one token. `known`: whether anybody said so; else only tokens can be capped."""

    input_usd: float = 0.0
    output_usd: float = 0.0
    cached_usd: float = 0.0
    """For a token of the input that the vendor had already."""
    known: bool = True

    def cost(self, usage: Usage) -> float:
        """US dollars for these tokens."""
        fresh = usage.input_tokens - usage.cached_tokens
        return fresh * self.input_usd + usage.cached_tokens * self.cached_usd + usage.output_tokens * self.output_usd


def price_of(spec: ModelSpec, library: Any) -> Price:
    """The price of one model; `library` is litellm."""
    own = spec.provider.settings
    listed = _listed(spec, library)
    if own.input_usd is None and own.output_usd is None:
        return listed
    input_usd = listed.input_usd if own.input_usd is None else own.input_usd / MILLION
    output_usd = listed.output_usd if own.output_usd is None else own.output_usd / MILLION
    return Price(input_usd, output_usd, input_usd)


def _listed(spec: ModelSpec, library: Any) -> Price:
    if spec.provider.free:
        return Price()
    prices, prefix = library.model_cost, spec.provider.prefix
    model = spec.model.removeprefix(RESPONSES)
    info = prices.get(f"{prefix}/{model}") or prices.get(model)
    if info is None or not str(info.get("litellm_provider", "")).startswith(prefix):
        return Price(known=False)
    input_usd = float(info.get("input_cost_per_token") or 0.0)
    cached = info.get("cache_read_input_token_cost")
    return Price(
        input_usd, float(info.get("output_cost_per_token") or 0.0), input_usd if cached is None else float(cached)
    )
