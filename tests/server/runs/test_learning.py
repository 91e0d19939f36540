"""Learning from a real ledger and real files: what users did with proposals decides who is asked first the next time."""

import pytest
from tercet_server.agents import Coder
from tercet_server.runs import Learning
from tercet_shared.errors import NotFound
from tercet_shared.ids import ProposalId, WorkspaceId
from tercet_shared.runs import Intent, Run

from tests.server.runs.conftest import World


def learning(world: World) -> Learning:
    return Learning(world.ledger, world.ledger, world.workspaces)


def proposal_of(run: Run) -> ProposalId:
    assert run.proposal_id is not None
    return run.proposal_id


async def test_nothing_is_known_of_a_new_workspace(world: World):
    learned = await learning(world).learned(world.workspaces.workspace.id)
    assert (learned.records, learned.lessons, learned.since) == ([], [], None)
    with pytest.raises(NotFound):
        await learning(world).learned(WorkspaceId("w-unknown"))


async def test_applying_editing_and_undoing_are_seen(world: World):
    workspace_id = world.workspaces.workspace.id
    run = await world.fixed()
    await world.applier.apply(proposal_of(run), None)
    [record] = (await learning(world).learned(workspace_id)).records
    assert (record.intent, record.offered, record.applied, record.edited) == (Intent.FIX, 1, 1, 0)

    path = world.root / "calc.py"
    path.write_text(path.read_text().replace("return a + b", "return b + a"))
    [record] = (await learning(world).learned(workspace_id)).records
    assert (record.applied, record.edited) == (1, 1)

    path.write_text(path.read_text().replace("return b + a", "return a - b"))
    [record] = (await learning(world).learned(workspace_id)).records
    assert (record.applied, record.undone) == (0, 1), "taken back by hand is taken back"


async def test_a_discarded_proposal_is_a_lesson_until_it_is_forgotten(world: World):
    workspace_id = world.workspaces.workspace.id
    run = await world.fixed()
    proposal = await world.applier.discard(proposal_of(run))
    learned = await learning(world).learned(workspace_id)
    assert learned.lessons == [f"The user discarded: {proposal.title}"]
    assert learned.candidates == 2
    assert sum(learned.failed_checks.values()) >= 1, "the first repair failed a check"
    assert (await learning(world).confidence(workspace_id, Intent.FIX))[proposal.proposer] < 1

    await learning(world).forget(workspace_id)
    await learning(world).forget(workspace_id)
    after = await learning(world).learned(workspace_id)
    assert (after.records, after.lessons, after.candidates) == ([], [], 0)
    assert after.since is not None
    assert (await world.ledger.run(run.id)).proposal_id == proposal.id, "the run itself stays"


class Named:
    intents = frozenset(Intent)

    def __init__(self, name: str, cost: int) -> None:
        self.name = name
        self.cost = cost


def test_who_is_asked_first_is_a_matter_of_cost_and_of_trust():
    coder = Coder([Named("model", 20), Named("rules", 1), Named("repair", 10)])  # type: ignore[list-item]  # never asked
    assert [each.name for each in coder.order(Intent.FIX, {})] == ["rules", "repair", "model"]
    assert [each.name for each in coder.order(Intent.FIX, {"repair": 0.4})] == ["rules", "model", "repair"]
    assert [each.name for each in coder.order(Intent.FIX, {"repair": 0.6, "model": 0.9})][1] == "repair"
