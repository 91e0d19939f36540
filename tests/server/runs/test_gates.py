"""Quality gates in runs: what a workspace asks for reaches the proof, and what a gate turns down is not offered."""

from dataclasses import dataclass, field

from tercet_server.ports import GatePolicy, Gates
from tercet_shared.events import EventType
from tercet_shared.proposals import Check, CheckName, CheckStatus, Evidence, Gate, OnFailure
from tercet_shared.runs import RunState

from tests.doubles.function_tests import FunctionChecker
from tests.server.runs.conftest import BROKEN, opened_world, write_project

MISSED = "Tests that pass run 1 of 2 changed lines (50 %); 90 % are asked for."


@dataclass
class GatedChecker(FunctionChecker):
    """Holds the coverage gate of every proof to be missed."""

    gates: list[Gates] = field(default_factory=list)

    async def prove(self, copy, interpreter, task, progress) -> Evidence:
        self.gates.append(task.gates)
        evidence = await super().prove(copy, interpreter, task, progress)
        asked = task.gates.coverage
        gate = Gate(figure=50, threshold=asked.threshold, unit="percent", on_failure=asked.on_failure)
        status = CheckStatus.FAILED if asked.on_failure is OnFailure.REJECT else CheckStatus.WARNED
        check = Check(name=CheckName.COVERAGE, tool="double", status=status, summary=MISSED, gate=gate)
        return evidence.model_copy(update={"checks": [*evidence.checks, check]})


async def run_with(settings: str, tmp_path, home):
    root = write_project(tmp_path / "gated", {**BROKEN, "tercet.toml": settings})
    checker = GatedChecker()
    async with opened_world(root, home, checker=checker) as world:
        run = await world.fixed()
        checked = [each for each in await world.events(run.id) if each.type is EventType.CANDIDATE_CHECKED]
    return run, checker.gates[-1], checked[-1].data


async def test_what_the_workspace_asks_for_turns_a_change_down(tmp_path, home):
    settings = "[gates]\ncoverage = 'reject'\nleast_coverage = 90\n"
    run, gates, checked = await run_with(settings, tmp_path, home)
    assert gates.coverage == GatePolicy(OnFailure.REJECT, 90)
    assert run.state is RunState.NO_CANDIDATE
    assert checked["checks"]["coverage"] == "failed"
    assert f"coverage: {MISSED}" in checked["verdict"]["reasons"]


async def test_by_default_coverage_is_told_and_decides_nothing(tmp_path, home):
    run, gates, checked = await run_with("", tmp_path, home)
    assert gates.coverage == GatePolicy(OnFailure.REPORT, 80)
    assert run.state is RunState.PROPOSED
    assert f"coverage: {MISSED}" in checked["verdict"]["reasons"]
