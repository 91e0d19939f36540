"""Several models as one: order, rounds, breakers, waits; and that no failure is hidden or asked for twice in vain."""

import asyncio
import random
from dataclasses import replace

import pytest
from tercet_server.models.breaker import FAILURES, Breaker
from tercet_server.models.failover import FailoverModel, Member
from tercet_server.models.retrying import LONGEST_WAIT_S, wait_s
from tercet_server.models.routing import RoutedModel
from tercet_server.ports import Delta, Duty, Reply, ask
from tercet_shared.errors import (
    BudgetExceeded,
    ContentFiltered,
    ContextTooLong,
    DeadlineExceeded,
    ModelBusy,
    ModelFailed,
    ModelRejected,
    NoModel,
)

from tests.doubles.scripted_model import ScriptedModel, asked


class NoChance(random.Random):
    """The shortest wait that is allowed."""

    def uniform(self, a: float, b: float) -> float:
        return a


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def failover(*models: ScriptedModel, rounds: int = 3, rest_s: float = 30.0, now: Hand | None = None) -> FailoverModel:
    clock = now or Hand()
    return FailoverModel([Member(each, Breaker(rest_s, clock)) for each in models], rounds, NoChance())


async def test_the_second_answers_when_the_first_fails():
    first, second = ScriptedModel(ModelFailed("down."), name="a"), ScriptedModel("yes", name="b")
    reply = await ask(failover(first, second), asked())
    assert (reply.text, reply.model) == ("yes", "b")


async def test_the_first_is_asked_again_after_all_failed():
    first = ScriptedModel(ModelFailed("a is down."), "back", name="a")
    second = ScriptedModel(ModelRejected("b has a wrong key."), name="b")
    assert (await ask(failover(first, second), asked())).text == "back"


async def test_what_cannot_get_better_is_not_asked_again():
    model = ScriptedModel(ModelRejected("wrong key."))
    with pytest.raises(ModelRejected, match="wrong key"):
        await ask(failover(model), asked())
    assert len(model.requests) == 1


async def test_the_error_names_what_every_model_said():
    models = (
        ScriptedModel(ContextTooLong("a is small."), name="a"),
        ScriptedModel(ModelRejected("b says no."), name="b"),
    )
    with pytest.raises(ModelRejected, match=r"a is small\. b says no\."):
        await ask(failover(*models), asked())


@pytest.mark.parametrize("error", [BudgetExceeded("no money."), ContentFiltered("no."), DeadlineExceeded("too late.")])
async def test_no_other_model_is_asked_when_the_money_or_time_is_gone_or_the_answer_is_a_refusal(error):
    other = ScriptedModel("yes")
    with pytest.raises(type(error)):
        await ask(failover(ScriptedModel(error), other), asked())
    assert other.requests == []


async def test_text_of_a_failed_attempt_is_taken_back():
    model = failover(ScriptedModel(("half a word", ModelFailed("broke off."))), ScriptedModel("whole"))
    items = [item async for item in model.stream(asked())]
    assert items[:3] == [Delta("half a word"), Delta(restart=True), Delta("whole")]
    assert isinstance(items[-1], Reply)


async def test_a_model_that_keeps_failing_is_left_alone_and_then_tried_again():
    now = Hand()
    bad = ScriptedModel(*[ModelFailed("down.")] * FAILURES, "well again", name="bad")
    good = ScriptedModel(*["good"] * 10, name="good")
    model = failover(bad, good, rest_s=30.0, now=now)
    for _ in range(FAILURES + 2):
        assert (await ask(model, asked())).text == "good"
    assert len(bad.requests) == FAILURES
    now.time += 31
    assert (await ask(model, asked())).text == "well again"


async def test_a_vendor_that_asks_to_wait_is_left_alone_for_so_long():
    now = Hand()
    busy = ScriptedModel(ModelBusy("busy.", retry_after_s=12.0), "rested", name="busy")
    good = ScriptedModel("good", "good", name="good")
    model = failover(busy, good, now=now)
    assert [(await ask(model, asked())).text for _ in range(2)] == ["good", "good"]
    now.time += 12.1
    assert (await ask(model, asked())).text == "rested"


async def test_one_trial_after_a_rest_not_many():
    now = Hand()
    breaker = Breaker(30.0, now)
    for _ in range(FAILURES):
        breaker.failed()
    assert breaker.rests_s() == 30.0
    now.time += 30.0
    assert breaker.rests_s() == 0.0
    breaker.try_it()
    assert breaker.rests_s() > 0, "the others wait for the outcome of the trial"
    breaker.succeeded()
    assert breaker.rests_s() == 0.0


async def test_a_model_alone_that_asks_for_a_long_wait_ends_the_request_at_once():
    model = failover(ScriptedModel(ModelBusy("busy.", retry_after_s=LONGEST_WAIT_S + 1)))
    with pytest.raises(ModelBusy):
        await asyncio.wait_for(ask(model, asked()), 5)


async def test_a_wait_longer_than_the_deadline_is_not_begun():
    model = failover(ScriptedModel(ModelBusy("busy.", retry_after_s=15.0)))
    with pytest.raises(DeadlineExceeded, match="busy"):
        await asyncio.wait_for(ask(model, asked(deadline_s=3.0)), 5)


def test_waits_grow_have_jitter_and_honour_the_vendor():
    chance = random.Random(1)
    waits = [wait_s(round_, [ModelFailed("x")], chance) for round_ in range(4) for _ in range(50)]
    assert all(each is not None and 0 <= each <= 0.5 * 2**3 for each in waits)
    assert len(set(waits)) > 100
    assert wait_s(0, [ModelBusy("x", retry_after_s=5.0), ModelBusy("y", retry_after_s=2.0)], NoChance()) == 2.0
    assert wait_s(0, [ModelRejected("x")], chance) is None


async def test_leaving_early_closes_the_member():
    model = ScriptedModel(30.0)
    stream = failover(model).stream(asked())
    await anext(stream)
    await stream.aclose()
    assert model.closed == 1


async def test_every_duty_has_its_models_or_says_so():
    routed = RoutedModel({Duty.CODER: ScriptedModel("coded")})
    assert (await ask(routed, asked())).text == "coded"
    with pytest.raises(NoModel, match=r"models\.planner"):
        await ask(routed, replace(asked(), duty=Duty.PLANNER))
