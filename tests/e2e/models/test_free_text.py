"""Free text in a real daemon: a loopback vendor sorts it, within the budget, and is shown the words alone."""

import json
from pathlib import Path

from tercet_shared.client import DaemonClient
from tercet_shared.free_text import FreeText, UnderstoodBy
from tercet_shared.runs import Intent, Target

from tests.doubles.vendor import Says, Vendor
from tests.e2e.journey import BROKEN_SHOP, RealDaemon, trusted

WORDS = "the discount in shop/discount.py is hard to read"
SORTED = Says(json.dumps({"intent": "refactor", "about": ["shop/discount.py"], "reason": "It is about reading."}))


async def started(daemon: RealDaemon, home: Path, vendor: Vendor, budget: str = "") -> DaemonClient:
    config = home / "config.toml"
    config.write_text(
        f"[models]\ncoder = ['v/gpt-4o']\nrounds = 1\n[budget]\n{budget}\n[providers.v]\nkind = 'openai_compatible'\n"
        f"endpoint = '{vendor.url}/v1'\nkey_env = 'E2E_KEY'\ninput_usd = 1.0\noutput_usd = 1.0\n"
    )
    return await daemon.start(TERCET_CONFIG=str(config), E2E_KEY="sk-end-to-end-0123456789")


async def test_a_model_sorts_the_words_and_is_paid_for(daemon: RealDaemon, project, tercet_home: Path):
    with Vendor([SORTED]) as vendor:
        client = await started(daemon, tercet_home, vendor)
        workspace = await trusted(client, project(BROKEN_SHOP))
        understood = await client.understand(FreeText(workspace_id=workspace.id, words=WORDS))
        assert (understood.intent, understood.by) == (Intent.REFACTOR, UnderstoodBy.MODEL)
        assert understood.target == Target(path="shop/discount.py")
        (model,) = (await client.models()).models
        assert model.calls == 1
        assert model.cost_usd == understood.cost_usd > 0
    (request,) = vendor.requests
    assert WORDS in request.text
    assert "quantity" not in request.text, "nothing of the project is shown"
    assert await client.runs(workspace.id) == []


async def test_without_money_no_vendor_is_asked_and_the_rule_decides(daemon: RealDaemon, project, tercet_home: Path):
    with Vendor([SORTED]) as vendor:
        client = await started(daemon, tercet_home, vendor, "run_tokens = 10")
        workspace = await trusted(client, project(BROKEN_SHOP))
        understood = await client.understand(FreeText(workspace_id=workspace.id, words="simplify how rate reads"))
        assert (understood.intent, understood.by) == (Intent.REFACTOR, UnderstoodBy.RULE)
        assert "run_tokens" in understood.notes[0]
    assert vendor.requests == []
