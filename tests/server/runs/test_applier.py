"""Applying, undoing and discarding: at most once, whole or not at all, and never over somebody's later edit."""

import asyncio

import pytest
from tercet_server.edits import apply_file_edit, file_edit
from tercet_server.runs import claiming
from tercet_shared.edits import ChangeSet, text_sha256
from tercet_shared.errors import (
    AlreadyClaimed,
    Conflict,
    DirtyInEditor,
    DiskFull,
    NotWritable,
    StaleText,
    UndoConflict,
    Unsupported,
)
from tercet_shared.findings import Source
from tercet_shared.proposals import (
    Candidate,
    Check,
    CheckName,
    CheckStatus,
    ClaimKind,
    ClaimReport,
    ClaimRequest,
    Decision,
    Evidence,
    Proposal,
    ProposalState,
    Verdict,
)
from tercet_shared.runs import RunState

from tests.server.runs.conftest import World, write_project

EVIDENCE = Evidence(
    checks=[
        Check(
            name=CheckName.TARGET_TESTS,
            tool="double",
            status=CheckStatus.PASSED,
            summary="passes",
            passed=["test_calc.py::test_add"],
        )
    ],
    base_sha256="0" * 64,
    sandbox="double",
    isolation="not isolated",
    interpreter="python",
    verified=True,
)


async def offered(world: World, **changes: str) -> Proposal:
    """A proposal that gives files (named without `.py`) new texts; a file that is not there is created."""
    run = await world.ledger.create_run(world.request(), world.service._parts.clock.now().replace(year=2100))
    await world.ledger.move(run.id, RunState.PLANNING, "planning")
    await world.ledger.move(run.id, RunState.CODING, "coding")
    edits = []
    for name, after in changes.items():
        path = f"{name}.py"
        edits.append(file_edit(path, await world.workspaces.current_text("", path, None), after))
    candidate = Candidate(proposer="double", title="a change", change_set=ChangeSet(files=edits))
    verdict = Verdict(decision=Decision.ACCEPT, reasons=[])
    return await world.ledger.offer(run.id, candidate, EVIDENCE, verdict, "", "offer")


def read(world: World, name: str) -> str | None:
    path = world.root / f"{name}.py"
    return path.read_bytes().decode() if path.exists() else None


@pytest.fixture(autouse=True)
def lines(project):
    write_project(project, {"one.py": "a\nb\nc\nd\ne\n", "two.py": "1\n2\n3\n"})


async def state_of(world: World, proposal: Proposal) -> tuple[ProposalState, RunState]:
    stored = await world.ledger.proposal(proposal.id)
    return stored.state, (await world.ledger.run(stored.run_id)).state


async def test_apply_writes_all_files_and_undo_restores_every_byte(world):
    before = read(world, "one"), read(world, "two")
    proposal = await offered(world, one="a\nB\nc\nd\ne\n", two="1\n2\n3\n4\n", three="new\r\n")
    applied = await world.applier.apply(proposal.id, world.client)
    assert applied.state is ProposalState.APPLIED
    assert [read(world, name) for name in ("one", "two", "three")] == ["a\nB\nc\nd\ne\n", "1\n2\n3\n4\n", "new\r\n"]
    assert (await world.applier.undo(proposal.id, world.client)).state is ProposalState.UNDONE
    assert (read(world, "one"), read(world, "two"), read(world, "three")) == (*before, None)
    assert await state_of(world, proposal) == (ProposalState.UNDONE, RunState.UNDONE)


async def test_undo_keeps_a_later_edit_elsewhere(world):
    proposal = await offered(world, one="a\nB\nc\nd\ne\n")
    await world.applier.apply(proposal.id, world.client)
    write_project(world.root, {"one.py": "a\nB\nc\nd\nE by the user\n"})
    await world.applier.undo(proposal.id, world.client)
    assert read(world, "one") == "a\nb\nc\nd\nE by the user\n"


async def test_undo_over_a_later_edit_of_the_same_lines_changes_nothing(world):
    proposal = await offered(world, one="a\nB\nc\nd\ne\n", two="1\n2\n")
    await world.applier.apply(proposal.id, world.client)
    write_project(world.root, {"one.py": "a\nB by the user\nc\nd\ne\n"})
    with pytest.raises(UndoConflict):
        await world.applier.undo(proposal.id, world.client)
    assert (read(world, "one"), read(world, "two")) == ("a\nB by the user\nc\nd\ne\n", "1\n2\n")
    assert await state_of(world, proposal) == (ProposalState.APPLIED, RunState.APPLIED)


async def test_undo_of_a_created_file_that_was_edited_since_changes_nothing(world):
    proposal = await offered(world, three="new\n")
    await world.applier.apply(proposal.id, world.client)
    write_project(world.root, {"three.py": "new\nand mine\n"})
    with pytest.raises(UndoConflict, match="has been edited since"):
        await world.applier.undo(proposal.id, world.client)
    assert read(world, "three") == "new\nand mine\n"


async def test_undo_of_a_file_that_is_gone_says_so(world):
    proposal = await offered(world, one="x\n")
    await world.applier.apply(proposal.id, world.client)
    (world.root / "one.py").unlink()
    with pytest.raises(UndoConflict, match="does not exist any more"):
        await world.applier.undo(proposal.id, world.client)


async def test_what_the_user_undid_by_hand_counts_as_undone(world):
    proposal = await offered(world, one="x\n")
    await world.applier.apply(proposal.id, world.client)
    write_project(world.root, {"one.py": "a\nb\nc\nd\ne\n"})
    assert (await world.applier.undo(proposal.id, world.client)).state is ProposalState.UNDONE


async def test_of_two_clients_at_once_exactly_one_applies(world):
    proposal = await offered(world, one="x\n")
    outcomes = await asyncio.gather(
        *(world.applier.apply(proposal.id, f"e{number}") for number in range(8)), return_exceptions=True
    )
    assert sum(isinstance(each, Proposal) for each in outcomes) == 1
    assert sum(isinstance(each, AlreadyClaimed) for each in outcomes) == 7
    assert read(world, "one") == "x\n"


async def test_a_stale_text_is_refused_and_the_proposal_stays(world):
    proposal = await offered(world, one="x\n")
    write_project(world.root, {"one.py": "moved on\n"})
    with pytest.raises(StaleText):
        await world.applier.apply(proposal.id, world.client)
    assert read(world, "one") == "moved on\n"
    assert await state_of(world, proposal) == (ProposalState.OFFERED, RunState.PROPOSED)


async def test_a_file_dirty_in_an_editor_is_not_written_behind_its_back(world):
    proposal = await offered(world, one="x\n")
    world.workspaces.overlays[("e1", "one.py")] = "typing\n"
    with pytest.raises(DirtyInEditor, match=r"one\.py"):
        await world.applier.apply(proposal.id, world.client)


@pytest.mark.parametrize("error", [DiskFull("no room"), NotWritable("read-only"), StaleText("moved on")])
async def test_a_write_that_fails_leaves_everything_as_it_was_and_says_why(world, error):
    proposal = await offered(world, one="x\n", two="y\n")

    async def fail_at_two(path: str) -> None:
        if path == "two.py":
            raise error

    world.workspaces.before_write = fail_at_two
    with pytest.raises(type(error)):
        await world.applier.apply(proposal.id, world.client)
    assert (read(world, "one"), read(world, "two")) == ("a\nb\nc\nd\ne\n", "1\n2\n3\n")
    assert await state_of(world, proposal) == (ProposalState.OFFERED, RunState.PROPOSED)
    reasons = [event.data["reason"] for event in await world.events(proposal.run_id) if "reason" in event.data]
    assert reasons[-1] == error.sentence


async def test_an_undo_whose_removal_fails_is_taken_back(world):
    proposal = await offered(world, one="x\n", three="new\n")
    await world.applier.apply(proposal.id, world.client)

    async def fail_at_three(path: str) -> None:
        if path == "three.py":
            raise NotWritable("read-only")

    world.workspaces.before_write = fail_at_three
    with pytest.raises(NotWritable):
        await world.applier.undo(proposal.id, world.client)
    assert (read(world, "one"), read(world, "three")) == ("x\n", "new\n")
    assert await state_of(world, proposal) == (ProposalState.APPLIED, RunState.APPLIED)


async def test_applying_one_supersedes_others_whose_text_it_changed(world):
    same, other = await offered(world, one="x\n"), await offered(world, two="y\n")
    chosen = await offered(world, one="z\n")
    await world.applier.apply(chosen.id, world.client)
    assert await state_of(world, same) == (ProposalState.SUPERSEDED, RunState.SUPERSEDED)
    assert await state_of(world, other) == (ProposalState.OFFERED, RunState.PROPOSED)


async def test_applying_takes_the_repaired_tests_findings_down(project, world):
    run = await world.fixed()
    assert any(each.findings for each in world.board.get(run.workspace_id))
    proposal = await offered(world, one="x\n")
    await world.applier.apply(proposal.id, world.client)
    left = [one for each in world.board.get(run.workspace_id) for one in each.findings if one.source is Source.TESTS]
    assert left == []


async def test_an_apply_does_not_fail_for_another_proposal_whose_file_cannot_be_read(world, monkeypatch):
    other = await offered(world, two="y\n", one="x\n")
    proposal = await offered(world, one="z\n")
    real = world.workspaces.current_text

    async def current_text(workspace_id, path, client_id):
        if path == "two.py":
            raise Unsupported("two.py is no text.")
        return await real(workspace_id, path, client_id)

    monkeypatch.setattr(world.workspaces, "current_text", current_text)
    assert (await world.applier.apply(proposal.id, world.client)).state is ProposalState.APPLIED
    assert (await world.ledger.proposal(other.id)).state is ProposalState.SUPERSEDED


async def test_discard_closes_the_proposal_and_its_run(world):
    proposal = await offered(world, one="x\n")
    await world.applier.discard(proposal.id)
    assert await state_of(world, proposal) == (ProposalState.DISCARDED, RunState.DISCARDED)
    with pytest.raises(Conflict, match="cannot be applied"):
        await world.applier.apply(proposal.id, world.client)
    with pytest.raises(Conflict, match="cannot be undone"):
        await world.applier.undo(proposal.id, world.client)


# -- editors' claims ---------------------------------------------------------------------------------------------


async def edited(world: World, claim) -> None:
    """What an editor does with a claim: applies it to its buffers."""
    for edit in claim.change_set.files:
        current = await world.workspaces.current_text("", edit.path, "e1")
        world.workspaces.overlays[("e1", edit.path)] = apply_file_edit(edit, current).after


async def test_an_editor_applies_in_its_buffers_and_undoes_there(world):
    proposal = await offered(world, one="a\nB\nc\nd\ne\n")
    claim = await world.applier.claim(proposal.id, ClaimRequest(client_id="e1"))
    assert await state_of(world, proposal) == (ProposalState.CLAIMED, RunState.APPLYING)
    assert claim.files[0].after_sha256 == text_sha256("a\nB\nc\nd\ne\n")
    with pytest.raises(AlreadyClaimed):
        await world.applier.claim(proposal.id, ClaimRequest(client_id="e2"))
    await edited(world, claim)
    assert (await world.applier.report(claim.id, ClaimReport(applied=True))).state is ProposalState.APPLIED
    assert read(world, "one") == "a\nb\nc\nd\ne\n", "the daemon writes nothing"

    world.workspaces.overlays[("e1", "one.py")] = "a\nB\nc\nd\nmine\n"
    undo = await world.applier.claim(proposal.id, ClaimRequest(client_id="e1", kind=ClaimKind.UNDO))
    await edited(world, undo)
    assert (await world.applier.report(undo.id, ClaimReport(applied=True))).state is ProposalState.UNDONE
    assert world.workspaces.overlays[("e1", "one.py")] == "a\nb\nc\nd\nmine\n"


async def test_an_editor_undoes_the_creation_of_an_empty_file(world):
    proposal = await offered(world, empty="")
    await world.applier.apply(proposal.id, world.client)
    claim = await world.applier.claim(proposal.id, ClaimRequest(client_id="e1", kind=ClaimKind.UNDO))
    assert [(file.path, file.after_sha256) for file in claim.files] == [("empty.py", None)]
    (world.root / "empty.py").unlink()
    assert (await world.applier.report(claim.id, ClaimReport(applied=True))).state is ProposalState.UNDONE


async def test_an_editor_that_could_not_apply_gives_the_proposal_back(world):
    proposal = await offered(world, one="x\n")
    claim = await world.applier.claim(proposal.id, ClaimRequest(client_id="e1"))
    back = await world.applier.report(claim.id, ClaimReport(applied=False, reason="the buffer was read-only"))
    assert back.state is ProposalState.OFFERED
    again = await world.applier.claim(proposal.id, ClaimRequest(client_id="e2"))
    assert again.id != claim.id


async def test_an_undo_of_what_is_not_there_any_more_claims_nothing(world):
    proposal = await offered(world, one="x\n")
    await world.applier.apply(proposal.id, world.client)
    write_project(world.root, {"one.py": "a\nb\nc\nd\ne\n"})
    with pytest.raises(Conflict, match="counts as undone"):
        await world.applier.claim(proposal.id, ClaimRequest(client_id="e1", kind=ClaimKind.UNDO))
    assert (await state_of(world, proposal))[0] is ProposalState.UNDONE


@pytest.mark.parametrize(("applied", "state"), [(True, ProposalState.APPLIED), (False, ProposalState.OFFERED)])
async def test_an_unreported_claim_is_settled_by_the_texts_after_its_lease(world, monkeypatch, applied, state):
    monkeypatch.setattr(claiming, "LEASE_S", 0.05)
    proposal = await offered(world, one="x\n")
    claim = await world.applier.claim(proposal.id, ClaimRequest(client_id="e1"))
    if applied:
        await edited(world, claim)
    await world.until(proposal.run_id, lambda run: run.state is not RunState.APPLYING)
    assert (await state_of(world, proposal))[0] is state


async def test_a_late_report_counts_if_nobody_else_claimed(world):
    proposal = await offered(world, one="x\n")
    claim = await world.applier.claim(proposal.id, ClaimRequest(client_id="e1"))
    await world.applier.recover()
    assert (await state_of(world, proposal))[0] is ProposalState.OFFERED
    late = await world.applier.report(claim.id, ClaimReport(applied=True))
    assert late.state is ProposalState.APPLIED
    assert await world.applier.report(claim.id, ClaimReport(applied=True)) == late, "reporting twice changes nothing"
    assert [each.after for each in await world.ledger.checkpoint(proposal.id)] == ["x\n"]


async def test_a_late_report_does_not_take_the_claim_of_another(world):
    proposal = await offered(world, one="x\n")
    claim = await world.applier.claim(proposal.id, ClaimRequest(client_id="e1"))
    await world.applier.recover()
    await world.applier.claim(proposal.id, ClaimRequest(client_id="e2"))
    assert (await world.applier.report(claim.id, ClaimReport(applied=True))).state is ProposalState.CLAIMED


# -- the daemon's own claims, interrupted --------------------------------------------------------------------------


async def interrupted(world: World, proposal: Proposal, kind: ClaimKind = ClaimKind.APPLY) -> None:
    """Leaves behind what a daemon killed right after storing its claim leaves behind."""
    rewrites = await world.applier._rewrites(proposal, kind, None)
    await world.applier._store(proposal, kind, rewrites, None, by_daemon=True)


async def test_killed_before_the_first_write_nothing_has_happened(world):
    proposal = await offered(world, one="x\n", two="y\n")
    await interrupted(world, proposal)
    await world.applier.recover()
    assert await state_of(world, proposal) == (ProposalState.OFFERED, RunState.PROPOSED)


async def test_killed_between_two_files_the_rest_is_written(world):
    proposal = await offered(world, one="x\n", two="y\n", three="z\n")
    await interrupted(world, proposal)
    write_project(world.root, {"one.py": "x\n"})
    await world.applier.recover()
    assert [read(world, name) for name in ("one", "two", "three")] == ["x\n", "y\n", "z\n"]
    assert await state_of(world, proposal) == (ProposalState.APPLIED, RunState.APPLIED)


async def test_killed_after_the_last_write_it_is_applied(world):
    proposal = await offered(world, one="x\n")
    await interrupted(world, proposal)
    write_project(world.root, {"one.py": "x\n"})
    await world.applier.recover()
    assert await state_of(world, proposal) == (ProposalState.APPLIED, RunState.APPLIED)


async def test_killed_between_two_files_and_one_edited_since_what_was_written_is_taken_back(world):
    proposal = await offered(world, one="x\n", two="y\n", three="z\n")
    await interrupted(world, proposal)
    write_project(world.root, {"one.py": "x\n", "two.py": "by the user\n", "three.py": "z\n"})
    await world.applier.recover()
    assert [read(world, name) for name in ("one", "two", "three")] == ["a\nb\nc\nd\ne\n", "by the user\n", None]
    assert await state_of(world, proposal) == (ProposalState.OFFERED, RunState.PROPOSED)


async def test_a_rest_that_cannot_be_written_takes_the_beginning_back(world):
    proposal = await offered(world, one="x\n", two="y\n")
    await interrupted(world, proposal)
    write_project(world.root, {"one.py": "x\n"})

    async def fail_at_two(path: str) -> None:
        if path == "two.py":
            raise DiskFull("no room")

    world.workspaces.before_write = fail_at_two
    await world.applier.recover()
    assert (read(world, "one"), read(world, "two")) == ("a\nb\nc\nd\ne\n", "1\n2\n3\n")
    assert (await state_of(world, proposal))[0] is ProposalState.OFFERED


async def test_an_undo_killed_between_two_files_is_finished(world):
    proposal = await offered(world, one="x\n", three="new\n")
    await world.applier.apply(proposal.id, world.client)
    await interrupted(world, await world.ledger.proposal(proposal.id), ClaimKind.UNDO)
    write_project(world.root, {"one.py": "a\nb\nc\nd\ne\n"})
    await world.applier.recover()
    assert (read(world, "one"), read(world, "three")) == ("a\nb\nc\nd\ne\n", None)
    assert await state_of(world, proposal) == (ProposalState.UNDONE, RunState.UNDONE)


async def test_a_claim_in_a_workspace_that_cannot_be_read_goes_back_with_the_reason(world):
    proposal = await offered(world, one="x\n")
    await interrupted(world, proposal)

    async def unreadable(*_: object) -> str:
        raise NotWritable("The folder cannot be read.")

    world.workspaces.current_text = unreadable
    await world.applier.recover()
    assert (await state_of(world, proposal))[0] is ProposalState.OFFERED
    assert (await world.events(proposal.run_id))[-2].data["reason"] == "The folder cannot be read."
