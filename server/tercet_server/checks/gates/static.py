"""The gates that only read texts: complexity, security, secrets, dependencies. Runs no code of the workspace."""

from collections.abc import AsyncIterator, Sequence

from tercet_shared.edits import FileTexts
from tercet_shared.proposals import Check

from tercet_server.checks.gates.additions import dependencies_measure, secrets_measure
from tercet_server.checks.gates.by_ruff import complexity_measure, look_at, security_measure
from tercet_server.checks.gates.measure import Measure, judged
from tercet_server.ports import GatePolicy, Gates, PrivateCopy


async def static_gates(gates: Gates, copy: PrivateCopy, texts: Sequence[FileTexts]) -> list[Check]:
    """A check for each gate that is on and has something to say of the change."""
    return [
        judged(measure, policy, policy.on_failure)
        async for policy, measure in _measures(gates, copy, texts)
        if policy.on_failure is not None and measure is not None
    ]


async def _measures(
    gates: Gates, copy: PrivateCopy, texts: Sequence[FileTexts]
) -> AsyncIterator[tuple[GatePolicy, Measure | None]]:
    if gates.complexity.on_failure or gates.security.on_failure:
        look = await look_at(copy.root, texts)
        if look.files:
            yield gates.complexity, complexity_measure(look, gates.complexity.threshold)
            yield gates.security, security_measure(look)
    if gates.secrets.on_failure:
        yield gates.secrets, await secrets_measure(copy, texts)
    yield gates.dependencies, dependencies_measure(texts)
