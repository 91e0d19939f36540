"""Turns a gate's measure into a check: met, or not met with what the settings let follow. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tercet_shared.proposals import Check, CheckName, CheckStatus, Gate, OnFailure

from tercet_server.ports import GatePolicy

_DETAILS_CHARACTERS = 4000
_DECISIVE = frozenset({OnFailure.ASK, OnFailure.REJECT})


@dataclass(frozen=True)
class Measure:
    """`figure` is None where it could not be found out, `summary` then says why."""

    name: CheckName
    tool: str
    unit: str
    figure: float | None
    summary: str
    command: tuple[str, ...] = ()
    details: Sequence[str] = ()
    duration_s: float = 0.0


def judged(measure: Measure, policy: GatePolicy, on_failure: OnFailure, *, at_least: bool = False) -> Check:
    """The figure may be as high as the threshold, or, with `at_least`, as low."""
    return Check(
        name=measure.name,
        tool=measure.tool,
        status=_status(measure.figure, policy.threshold, on_failure, at_least),
        summary=measure.summary,
        command=list(measure.command),
        duration_s=measure.duration_s,
        details="\n".join(measure.details)[:_DETAILS_CHARACTERS],
        gate=Gate(figure=measure.figure, threshold=policy.threshold, unit=measure.unit, on_failure=on_failure),
    )


def _status(figure: float | None, threshold: float, on_failure: OnFailure, at_least: bool) -> CheckStatus:
    if figure is None:
        return CheckStatus.SKIPPED
    if figure >= threshold if at_least else figure <= threshold:
        return CheckStatus.PASSED
    return CheckStatus.FAILED if on_failure is OnFailure.REJECT else CheckStatus.WARNED


def unmet(checks: Sequence[Check]) -> str | None:
    """Why gates keep a change from being verified: the first that is not known to be met and is not merely reported."""
    for check in checks:
        open_gate = check.gate is not None and check.gate.on_failure in _DECISIVE
        if open_gate and check.status is not CheckStatus.PASSED:
            return f"The quality gate {check.name.value} is not met: {check.summary}"
    return None
