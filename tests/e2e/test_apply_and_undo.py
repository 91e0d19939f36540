"""Apply and undo through the daemon: exactly the hunks written, never anybody else's work."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from tercet_shared import errors
from tercet_shared.client import DaemonClient
from tercet_shared.ids import new_client_id
from tercet_shared.proposals import ClaimRequest, Proposal
from tercet_shared.runs import RunState

from tests.e2e.journey import BROKEN_SHOP, FIXED_LINE, proposal_of, start_fix, trusted, until_resting


async def _offered(client: DaemonClient, root: Path) -> Proposal:
    run = await until_resting(client, (await start_fix(client, await trusted(client, root))).id)
    return await proposal_of(client, run)


async def test_undo_keeps_what_the_user_wrote_elsewhere_in_the_file(client: DaemonClient, project):
    root = project(BROKEN_SHOP)
    source = root / "shop/discount.py"
    proposal = await _offered(client, root)
    await client.apply(proposal.id, new_client_id())
    source.write_text(source.read_text() + "\n\ndef shipping():\n    return 5\n")
    await client.undo(proposal.id, new_client_id())
    assert source.read_text() == BROKEN_SHOP["shop/discount.py"] + "\n\ndef shipping():\n    return 5\n"
    assert (await client.run(proposal.run_id)).state is RunState.UNDONE


async def test_undo_against_an_overlapping_edit_changes_nothing(client: DaemonClient, project):
    root = project(BROKEN_SHOP)
    source = root / "shop/discount.py"
    proposal = await _offered(client, root)
    await client.apply(proposal.id, new_client_id())
    mine = source.read_text().replace(FIXED_LINE, "    if quantity >= 12:\n")
    source.write_text(mine)
    with pytest.raises(errors.UndoConflict, match=r"discount.py"):
        await client.undo(proposal.id, new_client_id())
    assert source.read_text() == mine
    assert (await client.run(proposal.run_id)).state is RunState.APPLIED


async def test_of_two_clients_exactly_one_applies(client: DaemonClient, project):
    root = project(BROKEN_SHOP)
    proposal = await _offered(client, root)
    outcomes = await asyncio.gather(
        client.apply(proposal.id, new_client_id()),
        client.apply(proposal.id, new_client_id()),
        client.claim(proposal.id, ClaimRequest(client_id=new_client_id())),
        return_exceptions=True,
    )
    refused = [each for each in outcomes if isinstance(each, errors.Conflict)]
    assert len(refused) == 2, outcomes


async def test_stale_text_is_refused_with_a_sentence(client: DaemonClient, project):
    root = project(BROKEN_SHOP)
    proposal = await _offered(client, root)
    mine = "# rewritten\n"
    (root / "shop/discount.py").write_text(mine)
    with pytest.raises(errors.StaleText, match=r"discount.py"):
        await client.apply(proposal.id, new_client_id())
    assert (root / "shop/discount.py").read_text() == mine


async def test_git_is_never_touched(client: DaemonClient, project):
    root = project(BROKEN_SHOP)
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one"],
    ):
        subprocess.run(["git", *command], cwd=root, check=True)
    before = _tree(root / ".git")
    proposal = await _offered(client, root)
    await client.apply(proposal.id, new_client_id())
    await client.undo(proposal.id, new_client_id())
    assert _tree(root / ".git") == before


def _tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
