"""A change that a model plans, makes and reviews: steps build on each other, objections go back, nothing hangs on its answers."""

import json

from tercet_server.config import Settings
from tercet_server.ports import Reply
from tercet_server.proposers import ModelProposer
from tercet_shared.errors import ModelFailed
from tercet_shared.events import EventType
from tercet_shared.runs import Intent, Run, RunState

from tests.doubles.scripted_model import ScriptedModel, calls
from tests.server.runs.conftest import BROKEN, World, opened_world, write_project

STEPS = [
    {"id": "s1", "title": "name the sum", "files": ["calc.py"]},
    {"id": "s2", "title": "use it", "files": ["calc.py"], "depends_on": ["s1"]},
]
PLAN = json.dumps({"summary": "Sums by name.", "steps": STEPS, "assumptions": ["Two numbers."]})
ONE_STEP = json.dumps({"summary": "Sums by name.", "steps": STEPS[:1]})
ACCEPT = json.dumps({"decision": "accept"})
OBJECTION = json.dumps(
    {"decision": "revise", "objections": [{"about": "correctness", "what": "negative numbers are forgotten"}]}
)


def edit(old: str, new: str, path: str = "calc.py") -> Reply:
    return calls(("edit", json.dumps({"edits": [{"path": path, "old": old, "new": new}]})))


FIRST = edit("def double", "def total(a, b):\n    return a + b\n\n\ndef double")
SECOND = edit("return a + a", "return total(a, a)")


async def changed(world: World, intent: Intent = Intent.REFACTOR) -> Run:
    request = world.request(intent, path="calc.py").model_copy(update={"instructions": "sums by name"})
    return await world.rested((await world.service.start(request)).id)


async def test_steps_build_on_each_other_and_are_offered_as_one(project, home):
    model = ScriptedModel(PLAN, FIRST, "Named it.", ACCEPT, SECOND, "Used it.", ACCEPT)
    async with opened_world(project, home, [ModelProposer(model)], model=model) as world:
        run = await changed(world)
        proposal = await world.ledger.proposal(run.proposal_id)
    assert [step.id for step in run.plan.steps] == ["s1", "s2"]
    assert run.plan.assumptions == ["Two numbers."]
    assert "+    return total(a, a)\n" in proposal.diff
    assert "+def total(a, b):\n" in proposal.diff
    assert "def total(a, b)" in model.requests[4].messages[1].text, "the second step sees what the first one made"


async def test_a_step_that_comes_to_nothing_is_said_to_be_missing(project, home):
    model = ScriptedModel(PLAN, FIRST, "Named it.", ACCEPT, *["I cannot."] * 9)
    async with opened_world(project, home, [ModelProposer(model)], model=model) as world:
        run = await changed(world)
        proposal = await world.ledger.proposal(run.proposal_id)
    assert proposal.verdict.reasons[-1] == "Not done: use it."


async def test_an_objection_of_the_review_goes_back_to_the_coder(project, home):
    model = ScriptedModel(ONE_STEP, FIRST, "Named it.", OBJECTION, SECOND, "Used it.", ACCEPT)
    async with opened_world(project, home, [ModelProposer(model)], model=model) as world:
        run = await changed(world)
        checked = [each for each in await world.events(run.id) if each.type is EventType.CANDIDATE_CHECKED]
    assert [each.data["verdict"]["decision"] for each in checked] == ["revise", "accept"]
    assert "negative numbers are forgotten" in model.requests[4].messages[-1].text


async def test_a_planner_and_a_critique_that_do_not_answer_hold_nothing_up(project, home):
    model = ScriptedModel(ModelFailed("it broke off."), FIRST, "Named it.", ModelFailed("it broke off again."))
    async with opened_world(project, home, [ModelProposer(model)], model=model) as world:
        run = await changed(world)
        proposal = await world.ledger.proposal(run.proposal_id)
    assert run.plan.risks == ["Planned without a model: it broke off."]
    assert "No model reviewed it: it broke off again." in proposal.verdict.reasons


async def test_a_workspace_that_forbids_models_is_shown_to_none(tmp_path, home):
    root = write_project(tmp_path / "closed", {**BROKEN, "tercet.toml": "[models]\nallowed = false\n"})
    model = ScriptedModel()
    settings = Settings.model_validate({"models": {"allowed": False}})
    async with opened_world(root, home, [ModelProposer(model)], model=model, settings=settings) as world:
        run = await changed(world)
    assert run.state is RunState.NO_CANDIDATE
    assert model.requests == []


async def test_a_repair_is_planned_by_its_tests_and_judged_by_them_alone(project, home):
    model = ScriptedModel(edit("a - b", "a + b"))
    async with opened_world(project, home, [ModelProposer(model)], model=model) as world:
        run = await world.fixed()
    assert run.state is RunState.PROPOSED
    assert len(model.requests) == 1
