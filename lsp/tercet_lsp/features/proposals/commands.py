"""The commands about proposals: apply, undo, discard, show. The daemon grants one claim at a time.

Knows nothing of how proposals come to be, nor how a change is carried out.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from tercet_shared.errors import InvalidRequest, NotFound, TercetError, Unsupported

from tercet_lsp.convert.arguments import Arguments, Command
from tercet_lsp.convert.evidence import proposal_markdown, run_markdown, standing
from tercet_lsp.editor import Editor
from tercet_lsp.features.proposals.carrying import settle
from tercet_lsp.session.folders import Folder
from tercet_lsp.session.runs import Choice

if TYPE_CHECKING:
    from tercet_shared.proposals import Claim, Proposal

SETTLED_S = 5.0
"""How long a command waits for the outcome of the one before."""


def register(ls: Editor) -> None:
    ls.add_command(Command.APPLY, apply, "proposal", "run", "paths")
    ls.add_command(Command.APPLY_HUNK, apply_hunk, "proposal", "uri", "hunk")
    ls.add_command(Command.UNDO, undo, "proposal", "run")
    ls.add_command(Command.DISCARD, discard, "proposal", "run", "paths")
    ls.add_command(Command.DISCARD_HUNK, discard_hunk, "proposal", "uri", "hunk")
    ls.add_command(Command.SHOW, show, "proposal", "run", "open")


async def apply(ls: Editor, arguments: Arguments) -> object:
    """`tercet.apply`: makes the proposal's change in the editor; with `paths`, in those files alone."""
    return await _carry_out(ls, await _proposal(ls, arguments), is_undo=False, parts=_files(arguments))


async def apply_hunk(ls: Editor, arguments: Arguments) -> object:
    """`tercet.applyHunk`: makes one of a proposal's edits; what is proved is the whole, so that is unverified."""
    return await _carry_out(ls, await _proposal(ls, arguments), is_undo=False, parts=_hunk(ls, arguments))


async def undo(ls: Editor, arguments: Arguments) -> object:
    """`tercet.undo`: takes back what applying wrote, and nothing else; the latest, if none is named."""
    if not (arguments.proposal or arguments.run):
        return await _carry_out(ls, _latest(ls), is_undo=True)
    return await _carry_out(ls, await _proposal(ls, arguments), is_undo=True)


async def discard(ls: Editor, arguments: Arguments) -> object:
    """`tercet.discard`: the proposal is not wanted; with `paths`, its changes of those files."""
    return await _discard(ls, await _proposal(ls, arguments), _files(arguments))


async def discard_hunk(ls: Editor, arguments: Arguments) -> object:
    """`tercet.discardHunk`: one of a proposal's edits is not wanted; what is left is offered, unverified."""
    return await _discard(ls, await _proposal(ls, arguments), _hunk(ls, arguments))


async def show(ls: Editor, arguments: Arguments) -> object:
    """`tercet.show`: the evidence of a proposal or the story of a run, as Markdown; `open` shows it in the editor."""
    if arguments.run:
        run = await ls.session.ask(lambda daemon: daemon.run(arguments.run or ""))
        offered = run.proposal_id
        proposal = await ls.session.ask(lambda daemon: daemon.proposal(offered)) if offered else None
        markdown, short = run_markdown(run, proposal), f"Run {run.id}: {run.state.value}"
    else:
        proposal = await _proposal(ls, arguments)
        markdown, short = proposal_markdown(proposal), f"{proposal.title}: {standing(proposal.evidence)}"
    if arguments.open:
        ls.in_background(ls.present(markdown, short))
    return markdown


# -- apply and undo -------------------------------------------------------------------------------------------------------


async def _carry_out(ls: Editor, proposal: Proposal, *, is_undo: bool, parts: Choice | None = None) -> object:
    folder = ls.session.folders.of(proposal.workspace_id)
    if folder is None:
        raise NotFound("This proposal is for a folder that is not open here. Open the folder, or use `tercet apply`.")
    if ls.unsettled:  # an apply that the editor tells of just now
        await asyncio.wait(ls.unsettled, timeout=SETTLED_S)
    await ls.session.flush()
    if parts and not _can(ls, proposal):
        raise Unsupported("This editor cannot make the change itself, so it can be applied whole only: `tercet.apply`.")
    if not _can(ls, proposal):
        done = await ls.session.ask(lambda daemon: daemon.write(proposal.id, undo=is_undo), repeatable=False)
    else:
        claim = await ls.session.ask(
            lambda daemon: daemon.claim(proposal.id, undo=is_undo, parts=parts), repeatable=False
        )
        return await _settled(ls, folder, claim, proposal)
    ls.session.mirror.put_proposal(done)
    return {"proposal": done.id, "state": done.state.value}


async def _settled(ls: Editor, folder: Folder, claim: Claim, proposal: Proposal) -> object:
    """What became of the claim; "claimed" if the editor wants its answer before it tells of its edits."""
    outcome: asyncio.Future[Proposal] = asyncio.get_running_loop().create_future()
    late = asyncio.Event()

    async def carry() -> None:
        try:
            done = await settle(ls, folder, claim, proposal.title, late)
        except TercetError as error:
            outcome.set_exception(error)
        else:
            ls.session.mirror.put_proposal(done)
            outcome.set_result(done)

    ls.session.spawn(carry())
    waiting = asyncio.ensure_future(late.wait())
    both: set[asyncio.Future[Any]] = {outcome, waiting}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if outcome.done():
        done = outcome.result()
        return {"proposal": done.id, "state": done.state.value}
    ls.unsettled.add(outcome)
    outcome.add_done_callback(lambda _: _told(ls, outcome))
    return {"proposal": proposal.id, "state": "claimed"}


def _told(ls: Editor, outcome: asyncio.Future[Proposal]) -> None:
    ls.unsettled.discard(outcome)
    error = None if outcome.cancelled() else outcome.exception()
    if isinstance(error, TercetError):
        ls.show(error.sentence, types.MessageType.Error)


def _can(ls: Editor, proposal: Proposal) -> bool:
    """Whether the editor can make this change itself; else the daemon writes the files."""
    creates = any(file.base_sha256 is None for file in proposal.change_set.files)
    return ls.abilities.applies_edits and (not creates or (ls.abilities.creates_files and ls.abilities.deletes_files))


async def _discard(ls: Editor, proposal: Proposal, parts: Choice | None) -> object:
    """The proposal that the answer names is the discarded one, or a new one with what is left."""
    if parts:
        await ls.session.flush()
    done = await ls.session.ask(lambda daemon: daemon.discard(proposal.id, parts), repeatable=not parts)
    ls.session.mirror.put_proposal(done)
    if done.id != proposal.id:
        ls.session.mirror.put_proposal(await ls.session.ask(lambda daemon: daemon.proposal(proposal.id)))
    return {"proposal": done.id, "state": done.state.value}


# -- parts ----------------------------------------------------------------------------------------------------------------


def _files(arguments: Arguments) -> Choice | None:
    return dict.fromkeys(arguments.paths) if arguments.paths else None


def _hunk(ls: Editor, arguments: Arguments) -> Choice:
    place = ls.locate(arguments.uri) if arguments.uri else None
    if place is None or arguments.hunk is None:
        raise InvalidRequest('Say which: `{"proposal": …, "uri": …, "hunk": …}`, the hunk counted from 0.')
    return {place.path: [arguments.hunk]}


async def _proposal(ls: Editor, arguments: Arguments) -> Proposal:
    """The proposal that is named, or that of the run that is named."""
    if arguments.proposal:
        name = arguments.proposal
        return await ls.session.ask(lambda daemon: daemon.proposal(name))
    if not arguments.run:
        raise InvalidRequest('Say which: `{"proposal": …}` or `{"run": …}`.')
    run = await ls.session.ask(lambda daemon: daemon.run(arguments.run or ""))
    offered = run.proposal_id
    if offered is None:
        raise NotFound(f"Run {run.id} has no proposal ({run.state.value}).")
    return await ls.session.ask(lambda daemon: daemon.proposal(offered))


def _latest(ls: Editor) -> Proposal:
    applied = ls.session.mirror.applied()
    if not applied:
        raise NotFound("Nothing was applied here since the editor was started. Name the proposal or the run to undo.")
    return applied[0]
