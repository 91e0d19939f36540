"""A model's proposer over the whole gateway and a real socket: whatever the vendor does, the run recovers or hears why not."""

import asyncio
from pathlib import Path

import pytest
from tercet_server.config import Settings
from tercet_server.models import open_gateway
from tercet_server.ports import ask
from tercet_server.proposers import ModelProposer
from tercet_shared.errors import TercetError
from tercet_shared.runs import Progress

from tests.doubles.scripted_model import RememberedSpending, asked
from tests.doubles.vendor import Answer, Breaks, Call, Closes, Fails, Hangs, How, Says, Vendor
from tests.server.models.conftest import vendor_model
from tests.server.proposers.test_model_proposer import RIGHT, after, task

GOOD = Says(RIGHT)


@pytest.fixture(scope="module", autouse=True)
def _first_connection() -> None:
    """The libraries' first call loads much; no later one's patience should pay for it."""
    with Vendor([Says("ready")]) as vendor:
        asyncio.run(ask(vendor_model(vendor, stall_s=300.0), asked(deadline_s=300.0)))


MENDS_ITSELF: dict[str, Answer] = {
    "408": Fails(408),
    "409": Fails(409),
    "429": Fails(429, retry_after="0"),
    "500": Fails(500),
    "503": Fails(503),
    "529": Fails(529),
    "413": Fails(413),
    "too long": Fails(400, "context_length"),
    "closes": Closes(),
    "hangs": Hangs(),
    "truncated": Breaks(How.CLOSE),
    "stalls": Breaks(How.STALL),
    "malformed": Breaks(How.GARBAGE),
    "ends early": Breaks(How.END),
    "empty": Says(""),
    "tool nobody offered": Says(calls=(Call("shell", '{"command": "rm -rf /"}'),)),
    "wrong arguments": Says(calls=(Call("edit", '{"path": '),)),
    "cut off": Says(RIGHT[:80], finish="length"),
}
FOR_GOOD: dict[str, Answer] = {
    "400": Fails(400),
    "401": Fails(401),
    "404": Fails(404),
    "filtered": Fails(400, "content_filter"),
}


SILENT = {"hangs", "stalls"}
"""Only these end by the clock: for the others it must not matter how busy the machine is."""


def proposer(vendor: Vendor, spending: RememberedSpending, stall_s: float) -> ModelProposer:
    given = Settings.model_validate(
        {
            "models": {"coder": ["v/gpt-4o"], "stall_s": stall_s, "rounds": 2},
            "providers": {"v": {"kind": "openai_compatible", "endpoint": f"{vendor.url}/v1"}},
        }
    )
    gateway = open_gateway(given, spending, {})
    assert gateway is not None
    return ModelProposer(gateway)


async def first_candidate(
    vendor: Vendor, spending: RememberedSpending, folder: Path, stall_s: float = 45.0
) -> str | None:
    async def no_progress(_: Progress) -> None:
        return None

    model = await asyncio.to_thread(proposer, vendor, spending, stall_s)
    async with asyncio.timeout(120):
        async for candidate in model.propose(task(folder), no_progress):
            return after(candidate)
    return None


@pytest.mark.parametrize("fault", MENDS_ITSELF)
async def test_what_can_get_better_is_tried_again_and_booked_once(fault: str, tmp_path: Path):
    spending = RememberedSpending()
    with Vendor([MENDS_ITSELF[fault], GOOD, GOOD]) as vendor:
        found = await first_candidate(vendor, spending, tmp_path, 4.0 if fault in SILENT else 45.0)
    assert found is not None
    assert ">= 10" in found
    assert [call.id for call in spending.planned] == [call_id for call_id, _ in spending.settled]
    assert len(vendor.requests) == len(spending.planned) == 2


@pytest.mark.parametrize("fault", FOR_GOOD)
async def test_what_cannot_ends_with_a_sentence_and_is_not_asked_again(fault: str, tmp_path: Path):
    spending = RememberedSpending()
    with Vendor([FOR_GOOD[fault], GOOD]) as vendor, pytest.raises(TercetError) as raised:
        await first_candidate(vendor, spending, tmp_path)
    assert raised.value.sentence.startswith("v/gpt-4o ")
    assert raised.value.sentence.endswith(".")
    assert len(vendor.requests) == 1
    assert [outcome.usage.cost_usd for _, outcome in spending.settled] == [0.0]
