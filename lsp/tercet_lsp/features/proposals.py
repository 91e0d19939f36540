"""Applies, undoes, discards and shows proposals in the editor's own buffers.

The daemon grants one claim at a time; the texts are compared with what the change was made for before the editor is
asked to change them, and the outcome is reported whatever happens. Knows nothing of how proposals come to be.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tercet_shared.errors import EditRefused, InvalidRequest, NotFound, StaleText, TercetError

from tercet_lsp.convert.arguments import Arguments, Command
from tercet_lsp.convert.edits import FileChange, workspace_edit
from tercet_lsp.convert.evidence import proposal_markdown, run_markdown, standing
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder, Place

if TYPE_CHECKING:
    from tercet_shared.proposals import Claim, ClaimedFile, Proposal

SETTLE_S = 2.0
"""How long the editor may take to send the changes that it made."""

logger = logging.getLogger(__name__)


def register(ls: Editor) -> None:
    ls.add_command(Command.APPLY, apply, "proposal", "run")
    ls.add_command(Command.UNDO, undo, "proposal", "run")
    ls.add_command(Command.DISCARD, discard, "proposal", "run")
    ls.add_command(Command.SHOW, show, "proposal", "run", "open")


async def apply(ls: Editor, arguments: Arguments) -> object:
    """`tercet.apply`: makes the proposal's change in the editor."""
    return await _carry_out(ls, await _proposal(ls, arguments), is_undo=False)


async def undo(ls: Editor, arguments: Arguments) -> object:
    """`tercet.undo`: takes back what applying wrote, and nothing else; the latest, if none is named."""
    if not (arguments.proposal or arguments.run):
        return await _carry_out(ls, _latest(ls), is_undo=True)
    return await _carry_out(ls, await _proposal(ls, arguments), is_undo=True)


async def discard(ls: Editor, arguments: Arguments) -> object:
    """`tercet.discard`: the proposal is not wanted."""
    proposal = await _proposal(ls, arguments)
    proposal = await ls.session.ask(lambda daemon: daemon.discard(proposal.id))
    ls.session.mirror.put_proposal(proposal)
    return {"proposal": proposal.id, "state": proposal.state.value}


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


async def _carry_out(ls: Editor, proposal: Proposal, *, is_undo: bool) -> object:
    folder = ls.session.folders.of(proposal.workspace_id)
    if folder is None:
        raise NotFound("This proposal is for a folder that is not open here. Open the folder, or use `tercet apply`.")
    await ls.session.flush()
    if not _can(ls, proposal):
        done = await ls.session.ask(lambda daemon: daemon.write(proposal.id, undo=is_undo), repeatable=False)
    else:
        claim = await ls.session.ask(lambda daemon: daemon.claim(proposal.id, undo=is_undo), repeatable=False)
        done = await _settle(ls, folder, claim, proposal.title)
    ls.session.mirror.put_proposal(done)
    return {"proposal": done.id, "state": done.state.value}


def _can(ls: Editor, proposal: Proposal) -> bool:
    """Whether the editor can make this change itself; else the daemon writes the files."""
    creates = any(file.base_sha256 is None for file in proposal.change_set.files)
    return ls.abilities.applies_edits and (not creates or (ls.abilities.creates_files and ls.abilities.deletes_files))


async def _settle(ls: Editor, folder: Folder, claim: Claim, title: str) -> Proposal:
    """Has the editor carry out a claim and reports how it went. Raises what stood in the way."""
    try:
        await _edit(ls, folder, claim, title)
    except TercetError as error:
        reason = error.sentence
        await ls.session.ask(lambda daemon: daemon.report(claim.id, applied=False, reason=reason))
        raise
    try:
        await ls.session.flush()
    except TercetError as error:
        logger.warning("the texts after the change are not with the daemon yet: %s", error)
    return await ls.session.ask(lambda daemon: daemon.report(claim.id, applied=True))


async def _edit(ls: Editor, folder: Folder, claim: Claim, title: str) -> None:
    files = {file.path: file for file in claim.files}
    changes = [await _checked(ls, folder, files[edit.path], claim) for edit in claim.change_set.files]
    _check_open_texts(ls, folder, claim)  # again: the user may have typed while closed files were read
    params = types.ApplyWorkspaceEditParams(
        label=f"Tercet: {'undo ' if claim.kind == 'undo' else ''}{title}",
        edit=workspace_edit(changes, ls.documents.position_encoding, document_changes=ls.abilities.document_changes),
    )
    try:
        result = await ls.reply(ls.workspace_apply_edit_async(params))
    except (TimeoutError, JsonRpcException) as error:
        if not await _arrived(ls, folder, claim):
            raise EditRefused(f"The editor did not make the change ({error or 'no answer'}). Try again.") from error
        return
    if not result.applied:
        raise EditRefused(f"The editor refused the change: {result.failure_reason or 'it gave no reason'}.")
    if not await _arrived(ls, folder, claim) and _is_untouched(ls, folder, claim):
        raise StaleText("The editor left the text as it was, for it had changed meanwhile. Try again.")


async def _checked(ls: Editor, folder: Folder, file: ClaimedFile, claim: Claim) -> FileChange:
    """The change of one file, whose text is the one that the change was made for. Raises StaleText."""
    place = Place(folder, file.path)
    document = ls.document_at(place)
    text = await ls.text_at(place)
    if (text.sha256 if text else None) != file.before_sha256:
        raise _stale(file.path)
    edits = next(each.edits for each in claim.change_set.files if each.path == file.path)
    return FileChange(
        uri=ls.uri_of(place),
        version=document.version if document else None,
        before=text,
        edits=edits,
        deletes=file.after_sha256 is None,
    )


def _check_open_texts(ls: Editor, folder: Folder, claim: Claim) -> None:
    for file in claim.files:
        document = ls.document_at(Place(folder, file.path))
        if document is not None and document.text.sha256 != file.before_sha256:
            raise _stale(file.path)


def _stale(path: str) -> StaleText:
    return StaleText(
        f"{path} has changed since this change was proved, so nothing was changed. Start the run again for the text as it is."
    )


async def _arrived(ls: Editor, folder: Folder, claim: Claim) -> bool:
    """Whether every open document has come to have the text that the change leads to, at some moment."""
    missing = {file.path: file.after_sha256 for file in claim.files if ls.document_at(Place(folder, file.path))}
    changed = asyncio.Event()

    def look(place: Place) -> None:
        document = ls.document_at(place)
        if place.folder == folder and document and missing.get(place.path) == document.text.sha256:
            del missing[place.path]
        changed.set()

    ls.on_edited.append(look)
    try:
        for path in list(missing):
            look(Place(folder, path))
        async with asyncio.timeout(SETTLE_S):
            while missing:
                changed.clear()
                await changed.wait()
    except TimeoutError:
        return False
    finally:
        ls.on_edited.remove(look)
    return True


def _is_untouched(ls: Editor, folder: Folder, claim: Claim) -> bool:
    documents = [(ls.document_at(Place(folder, file.path)), file.before_sha256) for file in claim.files]
    return any(document is not None and document.text.sha256 == before for document, before in documents)


# -- parts ----------------------------------------------------------------------------------------------------------------


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
