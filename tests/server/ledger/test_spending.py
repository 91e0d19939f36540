"""Money and tokens in the ledger: the caps hold whoever asks at once, and whatever dies in between."""

import asyncio
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tercet_server.ledger import SqlLedger
from tercet_server.ports import CallId, CallOutcome, Caps, Duty, PlannedCall, Usage
from tercet_shared.errors import BudgetExceeded
from tercet_shared.ids import RunId, WorkspaceId

from tests.server.ledger.conftest import SteppingClock, new_run

CAPS = Caps(run_usd=1.0, day_usd=2.0, workspace_day_usd=1.5, run_tokens=10_000)
CALL = PlannedCall(CallId("1"), RunId("r1"), WorkspaceId("w1"), Duty.CODER, "a/b", tokens=100, cost_usd=0.3)


def call(number: int, **changes: object) -> PlannedCall:
    return replace(CALL, id=CallId(str(number)), **changes)  # type: ignore[arg-type]


def outcome(cost_usd: float = 0.1, ending: str = "answered", duration_s: float = 2.0) -> CallOutcome:
    return CallOutcome(ending, Usage(60, 20, 5, cost_usd), 0.5, duration_s)


async def test_of_calls_at_once_only_those_that_fit_are_made(ledger: SqlLedger):
    made = await asyncio.gather(*(ledger.reserve(call(n), CAPS) for n in range(20)), return_exceptions=True)
    assert [type(each) for each in made].count(type(None)) == 3, "three times $0.30 fit into $1"
    assert all(each is None or isinstance(each, BudgetExceeded) for each in made)


async def test_what_a_call_did_not_use_is_free_again(ledger: SqlLedger):
    for n in range(3):
        await ledger.reserve(call(n), CAPS)
    with pytest.raises(BudgetExceeded, match=r"budget\.run_usd \(\$1\) only \$0\.1000 is left"):
        await ledger.reserve(call(3), CAPS)
    await ledger.settle_call(CallId("0"), outcome(0.05))
    await ledger.reserve(call(4), CAPS)


@pytest.mark.parametrize(
    ("changes", "cap"),
    [
        ({"run_id": "r2", "cost_usd": 0.9}, "workspace_day_usd"),
        ({"run_id": "r2", "workspace_id": "w2", "cost_usd": 0.95}, None),
        ({"run_id": "r2", "workspace_id": "w2", "cost_usd": 1.2}, "day_usd"),
        ({"cost_usd": 0.0, "tokens": 9_000}, "run_tokens"),
    ],
)
async def test_every_cap_holds_for_its_own(ledger: SqlLedger, changes: dict[str, object], cap: str | None):
    await ledger.reserve(call(0, cost_usd=0.9, tokens=2_000), replace(CAPS, run_usd=5.0))
    if cap is None:
        await ledger.reserve(call(1, **changes), CAPS)
        return
    with pytest.raises(BudgetExceeded, match=f"budget.{cap}"):
        await ledger.reserve(call(1, **changes), replace(CAPS, run_usd=5.0))


async def test_yesterday_is_another_day(path):
    clock = SteppingClock()
    ledger = await SqlLedger.open(path, clock)
    await ledger.reserve(call(0, cost_usd=1.5, run_id="r0"), replace(CAPS, run_usd=5.0))
    with pytest.raises(BudgetExceeded):
        await ledger.reserve(call(1), CAPS)
    clock.time += timedelta(days=1)
    await ledger.reserve(call(2), CAPS)
    await ledger.close()


async def test_a_run_tells_what_its_ended_calls_cost_and_no_other_run_s(ledger: SqlLedger):
    paid, free = await new_run(ledger), await new_run(ledger)
    for n in range(2):
        await ledger.reserve(call(n, run_id=paid.id), CAPS)
    await ledger.settle_call(CallId("0"), outcome(0.1))
    assert (await ledger.run(paid.id)).cost_usd == pytest.approx(0.1), "nobody knows yet what a call under way costs"
    await ledger.settle_lost_calls()
    assert {run.id: run.cost_usd for run in await ledger.runs()} == {free.id: 0.0, paid.id: pytest.approx(0.1)}


async def test_a_run_tells_of_how_many_calls_nobody_knows_the_cost(ledger: SqlLedger):
    run, other = await new_run(ledger), await new_run(ledger)
    calls = {
        "0": {"priced": False, "cost_usd": 0.0},
        "1": {"priced": False, "cost_usd": 0.0},  # it is refused: nothing was used
        "2": {"cost_usd": 0.0},  # free of charge, as on one's own machine
        "3": {"cost_usd": 0.2},  # under way when the daemon dies
        "4": {"cost_usd": 0.0},  # free, and under way too
    }
    for number, changes in calls.items():
        await ledger.reserve(call(int(number), run_id=run.id, **changes), CAPS)
    for number in ("0", "2"):
        await ledger.settle_call(CallId(number), outcome(0.0))
    await ledger.settle_call(CallId("1"), CallOutcome("model_refused", Usage(), None, 1.0))
    stored = await ledger.run(run.id)
    assert (stored.cost_usd, stored.unpriced_calls) == (0.0, 1), "what is under way is not told yet"
    await ledger.settle_lost_calls()
    assert {each.id: each.unpriced_calls for each in await ledger.runs()} == {run.id: 2, other.id: 0}


async def test_only_the_first_settlement_counts(ledger: SqlLedger):
    await ledger.reserve(call(0), CAPS)
    await ledger.settle_call(CallId("0"), outcome(0.2))
    await ledger.settle_call(CallId("0"), outcome(0.0))
    await ledger.settle_call(CallId("never reserved"), outcome(9.0))
    [used] = await ledger.usage(SteppingClock().time - timedelta(days=1))
    assert used.usage == Usage(60, 20, 5, 0.2)


async def test_a_call_that_died_with_the_daemon_keeps_what_it_reserved(path):
    ledger = await SqlLedger.open(path, SteppingClock())
    await ledger.reserve(call(0), CAPS)
    await ledger.close()
    ledger = await SqlLedger.open(path, SteppingClock())
    assert await ledger.settle_lost_calls() == 1
    assert await ledger.settle_lost_calls() == 0
    await ledger.settle_call(CallId("0"), outcome(0.0))
    [used] = await ledger.usage(SteppingClock().time - timedelta(days=1))
    assert (used.usage.cost_usd, used.answered) == (0.3, 0)
    await ledger.close()


async def test_usage_is_told_by_model_with_its_latency(ledger: SqlLedger):
    for n in range(20):
        await ledger.reserve(call(n, cost_usd=0.0), CAPS)
        await ledger.settle_call(CallId(str(n)), outcome(0.01, duration_s=float(n)))
    await ledger.reserve(call(99, model="c/d", cost_usd=0.0), CAPS)
    await ledger.settle_call(CallId("99"), outcome(0.0, "model_failed"))
    first, second = await ledger.usage(SteppingClock().time - timedelta(days=1))
    assert (first.model, first.calls, first.answered, first.duration_s_median) == ("a/b", 20, 20, 9.5)
    assert first.duration_s_p95 == 19.0
    assert (second.model, second.answered, second.duration_s_p95) == ("c/d", 0, None)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 0.6), st.floats(0.0, 1.0), st.booleans()), max_size=12))
def test_the_cap_is_never_passed_however_calls_interleave(calls: list[tuple[float, float, bool]]):
    async def spend() -> float:
        with tempfile.TemporaryDirectory() as folder:
            ledger = await SqlLedger.open(Path(folder) / "l.sqlite", SteppingClock())
            for n, (most, share, settles) in enumerate(calls):
                try:
                    await ledger.reserve(call(n, cost_usd=most), CAPS)
                except BudgetExceeded:
                    continue
                if settles:
                    await ledger.settle_call(CallId(str(n)), outcome(most * share))
            used = await ledger.usage(SteppingClock().time - timedelta(days=1))
            await ledger.close()
            return sum(each.usage.cost_usd for each in used)

    assert asyncio.run(spend()) <= CAPS.run_usd + 1e-9
