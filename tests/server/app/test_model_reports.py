"""`tercet models` and `GET /models`: configured and used models with today's figures, never a key."""

import asyncio
from pathlib import Path

from tercet_server.app.model_reports import report_models
from tercet_server.config import Settings
from tercet_server.ledger import SqlLedger
from tercet_server.models import open_gateway
from tercet_server.ports import CallId, CallOutcome, Caps, Duty, PlannedCall, Usage
from tercet_server.runs import SystemClock
from tercet_shared.ids import RunId, WorkspaceId

GIVEN = Settings.model_validate({"models": {"coder": ["openai/gpt-4o", "ollama/qwen"]}, "budget": {"day_usd": 3.0}})


async def test_configured_and_used_models_are_told_with_their_figures(tmp_path: Path):
    clock = SystemClock()
    ledger = await SqlLedger.open(tmp_path / "ledger.sqlite", clock)
    gateway = await asyncio.to_thread(open_gateway, GIVEN, ledger, {"OPENAI_API_KEY": "sk-not-to-be-seen"})
    for number, model in enumerate(["openai/gpt-4o", "gone/model"]):
        call_id = CallId(str(number))
        planned = PlannedCall(call_id, RunId("r"), WorkspaceId("w"), Duty.CODER, model, 100, 0.5)
        await ledger.reserve(planned, Caps(9.0, 9.0, 9.0, 10_000))
        await ledger.settle_call(call_id, CallOutcome("answered", Usage(80, 20, 0, 0.25), 0.5, 2.0))
    report = await report_models(gateway, ledger, GIVEN.budget, clock)
    await ledger.close()
    assert [each.name for each in report.models] == ["openai/gpt-4o", "ollama/qwen", "gone/model"]
    used, idle, gone = report.models
    assert (used.problem, used.calls, used.answered, used.input_tokens, used.cost_usd) == ("", 1, 1, 80, 0.25)
    assert (idle.calls, idle.duration_s_median) == (0, None)
    assert gone.problem
    assert (report.spent_usd, report.day_usd) == (0.5, 3.0)
    assert "sk-not" not in report.model_dump_json()


async def test_without_a_model_there_is_nothing_to_tell(tmp_path: Path):
    ledger = await SqlLedger.open(tmp_path / "ledger.sqlite", SystemClock())
    assert (await report_models(None, ledger, GIVEN.budget, SystemClock())).models == []
    await ledger.close()
