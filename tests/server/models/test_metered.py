"""Whatever becomes of a call, it is reserved before and settled after, once."""

import asyncio

import pytest
from tercet_server.config import ProviderSettings, Settings
from tercet_server.models.catalogue import spec
from tercet_server.models.library import load
from tercet_server.models.metered import MeteredModel
from tercet_server.models.prices import Price, price_of
from tercet_server.ports import Usage, ask
from tercet_shared.errors import ModelBusy, ModelFailed, ModelRejected

from tests.doubles.scripted_model import RememberedSpending, ScriptedModel, asked

PRICED = Settings(providers={"openai": ProviderSettings(input_usd=1.0, output_usd=4.0)})

UNKNOWN = spec("openrouter/some/model", Settings())


def metered(*script: object) -> tuple[MeteredModel, RememberedSpending]:
    spending = RememberedSpending()
    return MeteredModel(ScriptedModel(*script), spec("openai/gpt-4o", PRICED), spending), spending  # type: ignore[arg-type]


async def test_an_answer_is_booked_with_the_vendors_usage():
    model, spending = metered("fine")
    await ask(model, asked("x" * 3000))
    [planned] = spending.planned
    assert planned.tokens >= 1000 + 4096
    assert planned.cost_usd == pytest.approx((1008 + 4 * 4096) / 1_000_000)
    [(call_id, outcome)] = spending.settled
    assert (call_id, outcome.ending, outcome.usage) == (planned.id, "answered", Usage(10, 5, 0, 0.01))
    assert outcome.first_token_s is not None


@pytest.mark.parametrize("error", [ModelRejected("no.", refused=True), ModelBusy("busy.", refused=True)])
async def test_what_the_vendor_refused_costs_nothing(error):
    model, spending = metered(error)
    with pytest.raises(type(error)):
        await ask(model, asked())
    assert [(outcome.ending, outcome.usage) for _, outcome in spending.settled] == [(error.code, Usage())]


async def test_a_stream_that_broke_off_is_booked_by_estimate():
    model, spending = metered(("x" * 400, ModelFailed("broke off.")))
    with pytest.raises(ModelFailed):
        await ask(model, asked("y" * 300))
    [(_, outcome)] = spending.settled
    assert (outcome.usage.input_tokens, outcome.usage.output_tokens) == (108, 100)
    assert outcome.usage.cost_usd == pytest.approx((108 + 4 * 100) / 1_000_000)


async def test_a_cancelled_call_is_settled():
    model, spending = metered(60.0)
    asking = asyncio.create_task(ask(model, asked()))
    while not spending.planned:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [outcome.ending for _, outcome in spending.settled] == ["stopped"]


def test_prices_come_from_the_list_and_the_user_stands_above_it():
    library = load()
    listed = price_of(spec("openai/gpt-4o", Settings()), library)
    assert listed.input_usd > 0
    assert listed.cached_usd < listed.input_usd
    assert price_of(spec("openai/responses/gpt-4o", Settings()), library) == listed
    assert price_of(spec("openai/gpt-4o", PRICED), library) == Price(1e-6, 4e-6, 1e-6)
    assert price_of(spec("openai/made-up-by-this-test", Settings()), library) == Price(known=False)
    assert price_of(spec("ollama/qwen", Settings()), library) == Price()
    assert Price(2.0, 3.0, 1.0).cost(Usage(10, 1, 4)) == 6 * 2.0 + 4 * 1.0 + 3.0


async def test_a_price_that_nobody_knows_is_said_once(caplog: pytest.LogCaptureFixture):
    model = MeteredModel(ScriptedModel("a", "b"), UNKNOWN, RememberedSpending())
    await ask(model, asked())
    await ask(model, asked())
    assert caplog.text.count("no price is known for double: only its tokens are capped") == 1
