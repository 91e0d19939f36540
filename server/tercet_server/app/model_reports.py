"""What is told about language models: which are configured, whether their keys are found, what they cost. Never any of a key."""

from tercet_shared.daemon import Diagnosis, Grade
from tercet_shared.models import ModelsReport, ModelState

from tercet_server.config import BudgetSettings
from tercet_server.models import Gateway, ModelStatus
from tercet_server.ports import Clock, ModelUsage, Spending

NONE = "No language model is configured: repairs come from rules and from search. docs/models.md says how to add one."


async def diagnose_models(gateway: Gateway | None) -> list[Diagnosis]:
    """One line a model. Looks keys up, which may run a command of the user's; asks no vendor anything."""
    if gateway is None:
        return [Diagnosis(topic="models", grade=Grade.OK, found="none", advice=NONE)]
    return [
        Diagnosis(
            topic=f"model {each.name}",
            grade=Grade.WARNING if each.problem else Grade.OK,
            found="cannot be asked" if each.problem else f"configured, at {each.endpoint or 'its vendor'}",
            advice=each.problem,
        )
        for each in await gateway.statuses()
    ]


async def report_models(
    gateway: Gateway | None, spending: Spending, budget: BudgetSettings, clock: Clock
) -> ModelsReport:
    """The configured models, and those used since midnight (UTC). Looks keys up; asks no vendor anything."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    used = {each.model: each for each in await spending.usage(midnight)}
    statuses = {each.name: each for each in (await gateway.statuses() if gateway is not None else [])}
    names = dict.fromkeys([*statuses, *used])
    return ModelsReport(
        models=[_state(name, statuses.get(name), used.get(name)) for name in names],
        since=midnight,
        spent_usd=sum(each.usage.cost_usd for each in used.values()),
        day_usd=budget.day_usd,
    )


def _state(name: str, status: ModelStatus | None, used: ModelUsage | None) -> ModelState:
    state = ModelState(
        name=name,
        endpoint=status.endpoint if status else "",
        problem=status.problem if status else "It is configured no more.",
    )
    if used is None:
        return state
    return state.model_copy(
        update={
            "calls": used.calls,
            "answered": used.answered,
            "input_tokens": used.usage.input_tokens,
            "output_tokens": used.usage.output_tokens,
            "cost_usd": used.usage.cost_usd,
            "first_token_s_median": used.first_token_s_median,
            "duration_s_median": used.duration_s_median,
            "duration_s_p95": used.duration_s_p95,
        }
    )
