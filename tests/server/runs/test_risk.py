"""A risky plan waits for its user, a risky change says why it is one; a planner's opinion only adds to that."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tercet_server.config import Settings
from tercet_server.ports import ProposerTask, ReportProgress
from tercet_server.proposers import ModelProposer
from tercet_server.runs.risk import MOST_FILES, risks_of_change, risks_of_plan
from tercet_shared.edits import FileTexts, line_range
from tercet_shared.errors import Conflict
from tercet_shared.findings import Finding, Severity, Source
from tercet_shared.ids import FindingId, RunId, WorkspaceId
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, Plan, PlanStep, Run, RunState, Target

from tests.doubles.function_tests import ReplacingProposer
from tests.doubles.scripted_model import ScriptedModel
from tests.server.runs.conftest import BROKEN, opened_world, write_project
from tests.server.runs.test_change_by_model import ACCEPT, FIRST, changed

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FILES = {"shop/cart.py", "tests/test_cart.py", "shop/auth.py", "pyproject.toml"}


def plan(*files: str, **more: Any) -> Plan:
    return Plan(summary="Do it.", steps=[PlanStep(id="s1", title="it", files=list(files))], **more)


def run(intent: Intent = Intent.IMPLEMENT, path: str | None = None) -> Run:
    return Run(
        id=RunId("r"), workspace_id=WorkspaceId("w"), intent=intent, target=Target(path=path), instructions="", client_id=None,
        state=RunState.PLANNING, progress=None, plan=None, proposal_id=None, answer=None, problem=None, created_at=NOW,
        updated_at=NOW, deadline_at=NOW, heartbeat_at=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["shop/cart.py"], []),
        (["shop/cart.py", "tests/test_new.py", "README.md"], []),
        ([f"shop/a{n}.py" for n in range(MOST_FILES)], []),
        ([f"shop/a{n}.py" for n in range(MOST_FILES + 1)], ["6 files (more than 5)"]),
        (["tests/test_cart.py"], ["changes tests: tests/test_cart.py"]),
        (
            ["pyproject.toml", ".github/workflows/ci.yml"],
            ["what is installed: pyproject.toml", "checked or deployed: .github"],
        ),
        (["shop/auth.py"], ["who may do what: shop/auth.py"]),
        (["a.toml", "b.toml", "c.toml", "d.toml"], ["the configuration: a.toml, b.toml, c.toml and 1 more"]),
    ],
)
def test_a_plan_is_measured_by_the_files_that_it_names(files: list[str], told: list[str]):
    found = risks_of_plan(plan(*files), run(), FILES, 1.0)
    assert len(found) == len(told)
    assert all(words in sentence for words, sentence in zip(told, found, strict=True))


def test_the_target_counts_too_and_new_tests_are_expected_of_an_implementation_alone():
    assert risks_of_plan(plan(), run(path="shop/auth.py"), FILES, 1.0)
    assert risks_of_plan(plan("tests/test_new.py"), run(Intent.REFACTOR), FILES, 1.0)
    assert not risks_of_plan(plan("tests/test_cart.py"), run(Intent.TEST), FILES, 1.0)


def test_little_confidence_is_a_risk_and_a_planner_only_adds_one():
    assert risks_of_plan(plan(), run(), FILES, 0.4) == [
        "By what became of earlier ones, a model's change of this kind is more likely discarded than kept in this workspace."
    ]
    assert risks_of_plan(plan(approval=["The planner calls it risky."]), run(), FILES, 1.0) == [
        "The planner calls it risky."
    ]


def remark(rule: str, message: str) -> Finding:
    return Finding(
        id=FindingId("f"), path="a.py", range=line_range(0), rule=rule, severity=Severity.WARNING, message=message,
        source=Source.LINT, tool="review", text_sha256="0" * 64,
    )  # fmt: skip


def test_a_change_is_measured_by_what_it_does():
    lines = "".join(f"x{n} = {n}\n" for n in range(60))
    texts = [FileTexts("shop/cart.py", lines, "x = 1\n"), FileTexts("shop/gone.py", "y = 1\n", "\n")]
    broken = [remark("interface", f"`f{n}` is gone; whoever uses it breaks.") for n in range(5)]
    assert risks_of_change(texts, Intent.REFACTOR, [*broken, remark("complexity", "long")]) == [
        "It empties shop/gone.py.",
        "It removes 61 lines and adds 2.",
        *(each.message for each in broken[:3]),
        "Callers of 2 more public definitions break as well.",
    ]
    assert risks_of_change([FileTexts("shop/cart.py", "x = 1\n", "x = 2\n")], Intent.REFACTOR, []) == []
    assert risks_of_change([FileTexts("tests/test_new.py", None, lines)], Intent.IMPLEMENT, []) == []


def planned(*files: str, **more: Any) -> str:
    steps = [{"id": "s1", "title": "name the sum", "files": list(files)}]
    return json.dumps({"summary": "Sums by name.", "steps": steps, **more})


WRITTEN = (FIRST, "Named it.", ACCEPT)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (planned("calc.py", "pyproject.toml", high_risk=False), "It touches what is installed: pyproject.toml."),
        (planned("calc.py", high_risk=True), "The planner calls it risky."),
        (planned("calc.py", *[f"a{n}.py" for n in range(5)]), "It changes 6 files (more than 5)."),
    ],
)
async def test_a_risky_plan_waits_and_goes_on_once_it_is_approved(project, home, answer: str, why: str):
    model = ScriptedModel(answer, *WRITTEN)
    async with opened_world(project, home, [ModelProposer(model)], model=model) as world:
        waiting = await changed(world)
        assert waiting.state is RunState.WAITING
        assert waiting.plan.approval == [why]
        assert len(model.requests) == 1, "nothing is written before"
        await world.service.approve(waiting.id)
        ended = await world.rested(waiting.id)
        assert ended.state is RunState.PROPOSED, ended.problem


async def test_a_plan_that_waits_outlives_the_daemon_and_is_in_the_way_of_no_repair(project, home):
    asked, answered = ScriptedModel(planned("calc.py", "pyproject.toml")), ScriptedModel(*WRITTEN)
    async with opened_world(project, home, [ModelProposer(asked)], model=asked) as world:
        waiting = await changed(world)
    async with opened_world(project, home) as world:
        await world.service.recover()
        assert (await world.ledger.run(waiting.id)).plan.approval == waiting.plan.approval
        assert (await world.fixed()).state is RunState.PROPOSED
        assert (await world.ledger.run(waiting.id)).state is RunState.WAITING
    async with opened_world(project, home, [ModelProposer(answered)], model=answered) as world:
        await world.service.approve(waiting.id)
        assert (await world.rested(waiting.id)).state is RunState.PROPOSED


async def test_a_plan_that_waits_can_be_dropped(project, home):
    model = ScriptedModel(planned("pyproject.toml"))
    async with opened_world(project, home, [ModelProposer(model)], model=model) as world:
        waiting = await changed(world)
        assert (await world.service.cancel(waiting.id)).state is RunState.CANCELLED
        with pytest.raises(Conflict):
            await world.service.approve(waiting.id)


class _Near(ReplacingProposer):
    """Finds its changes from what a model wrote and nobody accepted."""

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        async for candidate in super().propose(task, progress):
            task.near_misses.append(candidate.change_set)
            yield candidate


@pytest.mark.parametrize(
    ("kind", "name", "risks"),
    [
        (ReplacingProposer, "repair", []),
        (ReplacingProposer, "model", ["It touches who may do what: auth.py."]),
        (_Near, "repair", ["It touches who may do what: auth.py."]),
    ],
)
async def test_what_a_model_wrote_or_led_to_is_measured(
    tmp_path, home, kind: type[ReplacingProposer], name: str, risks
):
    files = {path.replace("calc", "auth"): text.replace("calc", "auth") for path, text in BROKEN.items()}
    root = write_project(tmp_path / "project", files)
    async with opened_world(root, home, [kind([("auth.py", "a - b", "a + b")], name=name)]) as world:
        run = await world.fixed()
        assert (await world.ledger.proposal(run.proposal_id)).evidence.risks == risks


async def test_a_plan_that_is_steered_is_measured_anew(project, home):
    model = ScriptedModel(planned("pyproject.toml"), planned("calc.py"), *WRITTEN)
    async with opened_world(project, home, [ModelProposer(model)], model=model) as world:
        waiting = await changed(world)
        await world.service.steer(waiting.id, "Leave the dependencies alone.")
        assert (await world.rested(waiting.id)).state is RunState.PROPOSED


async def test_who_wants_to_be_asked_never_or_always_is(project, home):
    never = Settings.model_validate({"run": {"approve": "asked"}})
    model = ScriptedModel(planned("calc.py", "pyproject.toml", high_risk=True), *WRITTEN)
    async with opened_world(project, home, [ModelProposer(model)], model=model, settings=never) as world:
        assert (await changed(world)).state is RunState.PROPOSED


async def test_every_plan_may_have_to_be_approved(project, home):
    always = Settings.model_validate({"run": {"approve": "always"}})
    async with opened_world(project, home, settings=always) as world:
        run = await world.fixed()
        assert (run.state, run.plan.approval) == (RunState.WAITING, [])
        await world.service.approve(run.id)
        assert (await world.rested(run.id)).state is RunState.PROPOSED


async def test_a_repair_that_a_search_found_needs_no_approval(project, home):
    async with opened_world(project, home) as world:
        run = await world.fixed()
        assert run.state is RunState.PROPOSED
        assert (await world.ledger.proposal(run.proposal_id)).evidence.risks == []
