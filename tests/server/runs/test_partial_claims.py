"""A part of a proposal is applied, said to be unverified, and undone exactly; see test_applier for the whole."""

import pytest
from tercet_server.runs import claiming
from tercet_shared.errors import InvalidRequest
from tercet_shared.proposals import ClaimKind, ClaimReport, ClaimRequest, Part, ProposalState
from tercet_shared.runs import RunState

from tests.server.runs.conftest import write_project
from tests.server.runs.test_applier import offered, read

ONE = "a\nb\nc\nd\ne\n"


@pytest.fixture(autouse=True)
def lines(project):
    write_project(project, {"one.py": ONE, "two.py": "1\n2\n3\n"})


async def claim_part(world, *parts: Part):
    proposal = await offered(world, one="A\nb\nc\nd\nE\n", two="1\n2\n")
    request = ClaimRequest(client_id=world.client, parts=list(parts))
    return proposal, await world.applier.claim(proposal.id, request)


async def test_one_hunk_is_claimed_applied_and_undone(world):
    proposal, claim = await claim_part(world, Part(path="one.py", edits=[1]))
    assert claim.change_set.paths == ["one.py"]
    assert [edit.new_text for edit in claim.change_set.files[0].edits] == [
        proposal.change_set.files[0].edits[1].new_text
    ]
    write_project(world.root, {"one.py": "a\nb\nc\nd\nE\n"})  # what the editor did, and saved
    settled = await world.applier.report(claim.id, ClaimReport(applied=True))
    assert settled.state is ProposalState.APPLIED
    last = (await world.ledger.events(0, run_id=proposal.run_id))[-2:]
    assert any("unverified" in str(event.data.get("reason")) for event in last)
    assert (await world.applier.undo(proposal.id, world.client)).state is ProposalState.UNDONE
    assert (read(world, "one"), read(world, "two")) == (ONE, "1\n2\n3\n")


async def test_whole_files_are_a_part_too_and_the_rest_stays(world):
    proposal, claim = await claim_part(world, Part(path="two.py"))
    assert claim.change_set.files == [file for file in proposal.change_set.files if file.path == "two.py"]
    assert [file.path for file in claim.files] == ["two.py"]


async def test_what_failed_is_not_called_repaired_by_a_part(world):
    retired = []
    world.board.retire = lambda *given: retired.append(given)
    _, claim = await claim_part(world, Part(path="two.py"))
    write_project(world.root, {"two.py": "1\n2\n"})
    await world.applier.report(claim.id, ClaimReport(applied=True))
    assert retired == []


async def test_a_part_that_nobody_reports_is_unverified_too(world, monkeypatch):
    monkeypatch.setattr(claiming, "LEASE_S", 0.05)
    retired = []
    world.board.retire = lambda *given: retired.append(given)
    proposal, _ = await claim_part(world, Part(path="two.py"))
    write_project(world.root, {"two.py": "1\n2\n"})
    await world.until(proposal.run_id, lambda run: run.state is RunState.APPLIED)
    last = (await world.ledger.events(0, run_id=proposal.run_id))[-2:]
    assert any("unverified" in str(event.data.get("reason")) for event in last)
    await world.applier.close()
    assert retired == []


@pytest.mark.parametrize(
    "parts",
    [
        [Part(path="three.py")],
        [Part(path="one.py", edits=[2])],
        [Part(path="one.py", edits=[0]), Part(path="one.py", edits=[1])],
    ],
)
async def test_what_the_proposal_does_not_have_cannot_be_claimed(world, parts: list[Part]):
    with pytest.raises(InvalidRequest):
        await claim_part(world, *parts)


async def test_an_undo_takes_no_parts(world):
    proposal = await offered(world, one="A\nb\nc\nd\ne\n")
    await world.applier.apply(proposal.id, world.client)
    request = ClaimRequest(client_id=world.client, kind=ClaimKind.UNDO, parts=[Part(path="one.py")])
    with pytest.raises(InvalidRequest, match="undone whole"):
        await world.applier.claim(proposal.id, request)
