"""What the doctor says about language models: which are configured, and whether their keys are found. Never any of a key."""

from tercet_shared.daemon import Diagnosis, Grade

from tercet_server.models import Gateway

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
