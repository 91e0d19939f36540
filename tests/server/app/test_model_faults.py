"""The fault table: whatever a vendor does to the planner, the coder or the critique, over the whole gateway and a real socket, the
stage recovers or ends with a sentence; it never hangs, and every call is booked once."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tercet_server.agents.model_planner import ModelPlanner, PlanningRequest
from tercet_server.agents.reviewer import Reviewer, ReviewTask
from tercet_server.config import Settings
from tercet_server.models import Gateway, open_gateway
from tercet_server.ports import Caps, PlannedCall, ask
from tercet_server.proposers import ModelProposer
from tercet_shared.errors import BudgetExceeded, TercetError
from tercet_shared.proposals import Decision
from tercet_shared.runs import Intent, PlanStep, Progress

from tests.doubles.folder_copy import FolderCopy
from tests.doubles.scripted_model import ACCOUNT, RememberedSpending, asked
from tests.doubles.vendor import Answer, Breaks, Call, Closes, Fails, Hangs, How, Says, Vendor
from tests.server.agents.test_model_planner import GOOD as PLAN
from tests.server.agents.test_model_planner import run
from tests.server.agents.test_reviewer import ACCEPTED, DIFF, EVIDENCE, answer
from tests.server.models.conftest import vendor_model
from tests.server.proposers.test_model_proposer import RIGHT, after, task

PATIENCE_S = 120.0
SILENT = {"hangs", "stalls"}
"""Only these end by the clock: for the others it must not matter how busy the machine is."""


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
TOO_MUCH: dict[str, Answer] = {"413": Fails(413), "too long": Fails(400, "context_length")}
"""The coder shows less and asks again."""

FOR_GOOD: dict[str, Answer] = {
    "400": Fails(400),
    "401": Fails(401),
    "404": Fails(404),
    "filtered": Fails(400, "content_filter"),
}


class CountedSpending(RememberedSpending):
    """Refuses what would pass the cap, as the ledger does."""

    async def reserve(self, call: PlannedCall, caps: Caps) -> None:
        if len(self.planned) >= self.most:
            raise BudgetExceeded("There is no money left for another call.")
        await super().reserve(call, caps)

    most = 100


@dataclass
class Ground:
    """What one stage works with. `ended` is the sentence with which it ended, if it did."""

    gateway: Gateway
    folder: Path
    ended: str = ""
    said: list[Progress] = field(default_factory=list)

    async def progress(self, message: Progress) -> None:
        self.said.append(message)


async def code(ground: Ground) -> bool:
    stream = ModelProposer(ground.gateway).propose(task(ground.folder), ground.progress)
    async with aclosing(stream) as candidates:  # type: ignore[type-var]  # a generator, as all of them
        async for candidate in candidates:
            return ">= 10" in after(candidate)
    return False


async def plan(ground: Ground) -> bool:
    asked_for = PlanningRequest(run(), FolderCopy(ground.folder, ground.folder), ACCOUNT, 60.0)
    return len((await ModelPlanner(ground.gateway, None).plan(asked_for, ground.progress)).steps) == 2


async def criticise(ground: Ground) -> bool:
    work = ReviewTask(Intent.SECURE, "", PlanStep(id="s", title="t"), DIFF, ACCOUNT, 60.0)
    verdict = await Reviewer(ground.gateway).reviewed(work, EVIDENCE, ACCEPTED, ground.progress)
    unreviewed = [each for each in verdict.reasons if each.startswith("No model reviewed it: ")]
    ground.ended = unreviewed[0].partition(": ")[2] if unreviewed else ""
    return verdict.decision is Decision.REVISE


Stage = Callable[[Ground], Awaitable[bool]]
STAGES: dict[Stage, Says] = {
    code: Says(RIGHT),
    plan: Says(json.dumps(PLAN)),
    criticise: Says(answer("revise", ("correctness", "it is off by one"))),
}
"""Each with the answer that ends it well."""


async def staged(stage: Stage, vendor: Vendor, spending: RememberedSpending, folder: Path, fault: str = "") -> Ground:
    """The stage, carried to its end. Fails if that never comes."""
    given = Settings.model_validate(
        {
            "models": {"coder": ["v/gpt-4o"], "stall_s": 4.0 if fault in SILENT else 45.0, "rounds": 2},
            "providers": {"v": {"kind": "openai_compatible", "endpoint": f"{vendor.url}/v1"}},
        }
    )
    gateway = await asyncio.to_thread(open_gateway, given, spending, {})
    assert gateway is not None
    home = folder / stage.__name__
    home.mkdir()
    ground = Ground(gateway, home)
    async with asyncio.timeout(PATIENCE_S):
        try:
            recovered = await stage(ground)
        except TercetError as error:
            recovered, ground.ended = False, error.sentence
    assert recovered != bool(ground.ended)
    return ground


def booked_once(spending: RememberedSpending) -> bool:
    """Every call that was reserved is settled, once, in turn. Settling one that was refused books nothing."""
    planned = [call.id for call in spending.planned]
    return planned == [call_id for call_id, _ in spending.settled if call_id in planned]


async def every_stage(first: Answer, folder: Path, fault: str) -> list[tuple[Ground, Vendor, RememberedSpending]]:
    """All stages at once, each with a vendor and a purse of its own: the answer `first`, then good ones."""

    async def one(stage: Stage) -> tuple[Ground, Vendor, RememberedSpending]:
        spending = CountedSpending()
        vendor = Vendor([first, STAGES[stage], STAGES[stage]])
        await asyncio.to_thread(vendor.__enter__)
        try:
            return await staged(stage, vendor, spending, folder, fault), vendor, spending
        finally:
            await asyncio.to_thread(vendor.__exit__, None, None, None)

    return await asyncio.gather(*map(one, STAGES))


@pytest.mark.parametrize("fault", MENDS_ITSELF)
async def test_what_can_get_better_is_tried_again_and_booked_once(fault: str, tmp_path: Path):
    for ground, vendor, spending in await every_stage(MENDS_ITSELF[fault], tmp_path, fault):
        assert ground.ended == ""
        assert booked_once(spending)
        assert len(vendor.requests) == len(spending.planned) == 2


@pytest.mark.parametrize("fault", TOO_MUCH)
async def test_what_is_too_long_is_said_again_in_short_or_ends_with_a_sentence(fault: str, tmp_path: Path):
    coded, *others = await every_stage(TOO_MUCH[fault], tmp_path, fault)
    assert coded[0].ended == ""
    assert len(coded[1].requests) == 2
    for ground, vendor, spending in others:
        assert "cannot read that much at once" in ground.ended
        assert booked_once(spending)
        assert len(vendor.requests) == 1


@pytest.mark.parametrize("fault", FOR_GOOD)
async def test_what_cannot_ends_with_a_sentence_and_is_not_asked_again(fault: str, tmp_path: Path):
    for ground, vendor, spending in await every_stage(FOR_GOOD[fault], tmp_path, fault):
        assert ground.ended.startswith("v/gpt-4o ")
        assert ground.ended.endswith(".")
        assert len(vendor.requests) == 1
        assert [outcome.usage.cost_usd for _, outcome in spending.settled] == [0.0]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
async def test_a_vendor_that_never_recovers_ends_every_stage(stage: Stage, tmp_path: Path):
    spending = CountedSpending()
    with Vendor(lambda _: Fails(500)) as vendor:
        ground = await staged(stage, vendor, spending, tmp_path)
    assert "v/gpt-4o failed (500)" in ground.ended
    assert booked_once(spending)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
async def test_no_stage_asks_beyond_the_cap(stage: Stage, tmp_path: Path):
    spending = CountedSpending()
    spending.most = 2
    with Vendor(lambda received: Says(f"I think about it {len(vendor.requests)}.")) as vendor:
        ground = await staged(stage, vendor, spending, tmp_path)
    assert ground.ended == "There is no money left for another call."
    assert len(vendor.requests) == len(spending.planned) == 2
    assert booked_once(spending)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
async def test_cancelling_a_stage_hangs_up_on_the_vendor(stage: Stage, tmp_path: Path):
    spending = CountedSpending()
    with Vendor([Says("word " * 2000, wait_s=0.2)]) as vendor:
        working = asyncio.create_task(staged(stage, vendor, spending, tmp_path))
        async with asyncio.timeout(PATIENCE_S):
            while not vendor.requests:
                await asyncio.sleep(0.02)
            working.cancel()
            with pytest.raises(asyncio.CancelledError):
                await working
            while vendor.requests[0].hung_up_at is None:
                await asyncio.sleep(0.02)
    assert not vendor.requests[0].completed
    assert booked_once(spending)
