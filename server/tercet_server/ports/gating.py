"""The quality gates that a change must pass, as the workspace's settings have them."""

from dataclasses import dataclass

from tercet_shared.proposals import OnFailure


@dataclass(frozen=True)
class GatePolicy:
    """`on_failure` is None for a gate that is off: nothing is measured."""

    on_failure: OnFailure | None = None
    threshold: float = 0.0


@dataclass(frozen=True)
class Gates:
    """A gate is met by at least so much coverage (percent of the changed lines), by at most so much of everything else."""

    coverage: GatePolicy = GatePolicy()
    complexity: GatePolicy = GatePolicy()
    security: GatePolicy = GatePolicy()
    secrets: GatePolicy = GatePolicy()
    dependencies: GatePolicy = GatePolicy()
