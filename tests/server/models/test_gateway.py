"""The whole gateway over a real socket: failover, caps, secrets; and that without configuration nothing happens at all."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tercet_server.config import Settings
from tercet_server.ledger import SqlLedger
from tercet_server.models import Gateway, open_gateway
from tercet_server.ports import Caps, ask
from tercet_server.runs import SystemClock
from tercet_shared.errors import BudgetExceeded, ModelFailed, NoModel

from tests.doubles.scripted_model import PLENTY, asked
from tests.doubles.vendor import Answer, Breaks, Closes, Fails, Hangs, How, Says, Vendor
from tests.server.models.conftest import KEY

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    opened = await SqlLedger.open(tmp_path / "ledger.sqlite", SystemClock())
    yield opened
    await opened.close()


def settings(*vendors: Vendor, **models: object) -> Settings:
    names = [f"v{number}" for number in range(len(vendors))]
    return Settings.model_validate(
        {
            "models": {"coder": [f"{name}/model" for name in names], "rounds": 2, "stall_s": 0.5, **models},
            "providers": {
                name: {
                    "kind": "openai_compatible",
                    "endpoint": f"{vendor.url}/v1",
                    "key_env": "K",
                    "input_usd": 10.0,
                    "output_usd": 10.0,
                }
                for name, vendor in zip(names, vendors, strict=True)
            },
        },
        strict=False,
    )


async def gateway(given: Settings, ledger: SqlLedger, environ: dict[str, str] | None = None) -> Gateway:
    opened = await asyncio.to_thread(open_gateway, given, ledger, environ or {"K": KEY})
    assert opened is not None
    return opened


FAULTS: list[Answer] = [
    *(Fails(status) for status in (400, 401, 404, 408, 409, 413, 429, 500, 503, 529)),
    Fails(400, "context_length"),
    Closes(),
    Hangs(),
    *(Breaks(how) for how in How),
]


async def test_whatever_the_first_vendor_does_the_second_answers_and_all_is_booked_once(ledger: SqlLedger):
    for fault in FAULTS:
        with Vendor([fault]) as first, Vendor([Says("saved", input_tokens=100, output_tokens=50)]) as second:
            model = await gateway(settings(first, second), ledger)
            reply = await asyncio.wait_for(ask(model, asked()), 20)
            assert (reply.text, reply.model) == ("saved", "v1/model"), fault
            assert (len(first.requests), len(second.requests)) == (1, 1), fault
    used = {each.model: each for each in await ledger.usage(LONG_AGO)}
    assert (used["v1/model"].calls, used["v1/model"].answered) == (len(FAULTS), len(FAULTS))
    assert used["v1/model"].usage.input_tokens == 100 * len(FAULTS)
    assert used["v1/model"].usage.cost_usd == pytest.approx(len(FAULTS) * 150 * 10 / 1_000_000)
    assert used["v0/model"].answered == 0
    assert await ledger.settle_lost_calls() == 0, "every call is settled"


async def test_when_all_fail_the_error_says_what_each_did(ledger: SqlLedger):
    with Vendor([Fails(404)]) as first, Vendor([Fails(401)]) as second:
        model = await gateway(settings(first, second), ledger)
        with pytest.raises(ModelFailed, match=r"v0/model refused the request \(404\).* v1/model refused .*401"):
            await ask(model, asked())


async def test_a_cap_stops_the_call_before_it_is_made(ledger: SqlLedger):
    with Vendor([Says("x")]) as vendor:
        model = await gateway(settings(vendor), ledger)
        with pytest.raises(BudgetExceeded, match=r"budget\.run_usd"):
            await ask(model, asked(caps=Caps(0.001, 9.0, 9.0, 10**9)))
    assert vendor.requests == []


async def test_many_at_once_never_pass_the_cap_together(ledger: SqlLedger):
    with Vendor(lambda _: Says("x", input_tokens=10, output_tokens=4096)) as vendor:
        model = await gateway(settings(vendor), ledger)
        caps = Caps(0.1, PLENTY.day_usd, PLENTY.workspace_day_usd, PLENTY.run_tokens)
        answers = await asyncio.gather(*(ask(model, asked(caps=caps)) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(each, BudgetExceeded) for each in answers) == 8, "two times 4096 tokens fit into $0.1"
    assert len(vendor.requests) == 2
    [used] = await ledger.usage(LONG_AGO)
    assert used.usage.cost_usd <= 0.1


async def test_cancelling_settles_the_call_and_hangs_up(ledger: SqlLedger):
    with Vendor([Says("word " * 500, wait_s=0.1)]) as vendor:
        model = await gateway(settings(vendor), ledger)
        begun = asyncio.Event()

        async def read() -> None:
            async for _ in model.stream(asked()):
                begun.set()

        reading = asyncio.create_task(read())
        await asyncio.wait_for(begun.wait(), 20)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        for _ in range(500):
            if vendor.requests[0].hung_up_at:
                break
            await asyncio.sleep(0.01)
        assert vendor.requests[0].hung_up_at is not None
        assert not vendor.requests[0].completed
    assert await ledger.settle_lost_calls() == 0
    [used] = await ledger.usage(LONG_AGO)
    assert 0 < used.usage.cost_usd < 0.01


async def test_the_key_is_not_in_the_ledger_and_secrets_do_not_reach_the_vendor(ledger: SqlLedger, tmp_path: Path):
    with Vendor([Fails(401, message=f"bad key {KEY}"), Says("ok")]) as vendor:
        model = await gateway(settings(vendor), ledger)
        with pytest.raises(ModelFailed) as raised:
            await ask(model, asked())
        await ask(model, asked('password = "hunter2-is-not-enough!"'))
    assert KEY not in str(raised.value)
    assert "hunter2" not in vendor.requests[1].text
    assert vendor.requests[0].headers["authorization"] == f"Bearer {KEY}"
    stored = b"".join([each.read_bytes() for each in tmp_path.glob("ledger.sqlite*")])
    assert KEY.encode() not in stored


async def test_without_the_extra_the_message_says_how_to_add_it(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "litellm", None)
    monkeypatch.setattr("tercet_server.models.library.load", _load_anew)
    given = Settings.model_validate({"models": {"coder": ["openai/gpt-4o"]}})
    model = await gateway(given, ledger)
    [status] = await model.statuses()
    assert "pip install 'tercet[models]'" in status.problem


def _load_anew() -> None:
    raise AssertionError("nothing may be loaded")


async def test_the_status_says_whether_keys_resolve_and_never_what_they_are(ledger: SqlLedger):
    given = Settings.model_validate({"models": {"coder": ["openai/gpt-4o", "nowhere/x"], "planner": ["ollama/qwen"]}})
    model = await gateway(given, ledger, {"OPENAI_API_KEY": KEY})
    found = {each.name: each for each in await model.statuses()}
    assert found["openai/gpt-4o"].problem == ""
    assert found["ollama/qwen"].endpoint == "http://127.0.0.1:11434"
    assert "[providers.nowhere]" in found["nowhere/x"].problem
    assert KEY not in str(found)
    missing = await (await gateway(given, ledger, {"X": "1"})).statuses()
    assert "OPENAI_API_KEY is not set" in missing[1].problem or "OPENAI_API_KEY is not set" in missing[0].problem


async def test_no_model_for_it_is_an_error_with_what_to_set(ledger: SqlLedger):
    given = Settings.model_validate({"models": {"planner": ["ollama/qwen"]}})
    with pytest.raises(NoModel, match=r"models\.coder"):
        await ask(await gateway(given, ledger), asked())


@pytest.mark.parametrize("given", [{}, {"coder": ["openai/gpt-4o"], "allowed": False}])
def test_without_configuration_there_is_no_gateway(given: dict[str, object]):
    assert open_gateway(Settings.model_validate({"models": given}), None, {}) is None  # type: ignore[arg-type]
