"""Applies, undoes, discards and shows proposals in the editor's own buffers.

The daemon grants one claim at a time; the texts are compared with what the change was made for before the editor is
asked to change them, and the outcome is reported whatever happens. Knows nothing of how proposals come to be.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tercet_shared.errors import EditRefused, InvalidRequest, NotFound, StaleText, TercetError

from tercet_lsp.convert.arguments import Arguments, Command
from tercet_lsp.convert.edits import FileChange, difference, reverse, text_after, workspace_edit
from tercet_lsp.convert.evidence import proposal_markdown, run_markdown, standing
from tercet_lsp.convert.texts import Text
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder, Place
from tercet_lsp.session.outcomes import Outcome

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
        await ls.session.report(claim.id, Outcome(applied=False, reason=error.sentence))
        raise
    try:
        await ls.session.flush()
    except TercetError as error:
        logger.warning("the texts after the change are not with the daemon yet: %s", error)
    return await ls.session.report(claim.id, Outcome(applied=True))


async def _edit(ls: Editor, folder: Folder, claim: Claim, title: str) -> None:
    """All files or none: what an editor that goes file by file did is taken back if it left others as they were."""
    files = {file.path: file for file in claim.files}
    changes = {edit.path: await _checked(ls, folder, files[edit.path], claim) for edit in claim.change_set.files}
    _check_open_texts(ls, folder, claim)  # again: the user may have typed while closed files were read
    label = f"Tercet: {'undo ' if claim.kind == 'undo' else ''}{title}"
    with _Arrivals(ls, folder, {file.path: file.after_sha256 for file in claim.files}) as arrivals:
        refusal, is_certain = await _send(ls, list(changes.values()), label)
        await arrivals.wait(0 if is_certain else SETTLE_S)
    here = [path for path in changes if await _has_arrived(ls, folder, files[path], changes[path], arrivals, refusal)]
    skipped = [path for path in changes if path not in here]
    if not skipped:
        return
    told = refusal or StaleText(f"The editor left {', '.join(skipped)} as it was, for it had changed meanwhile.")
    if not here:
        raise type(told)(f"{told.sentence} Try again.")
    stuck = await _take_back(ls, folder, [files[path] for path in here], changes)
    raise type(told)(f"{told.sentence} {_half_done(skipped, here, stuck)}")


async def _send(ls: Editor, changes: list[FileChange], label: str) -> tuple[EditRefused | None, bool]:
    """Asks the editor to make the changes: how it declined, and whether it has finished for certain."""
    edit = workspace_edit(changes, ls.documents.position_encoding, document_changes=ls.abilities.document_changes)
    try:
        result = await ls.reply(ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(label=label, edit=edit)))
    except (TimeoutError, JsonRpcException) as error:
        return EditRefused(f"The editor did not make the change ({error or 'no answer'})."), False
    if result.applied:
        return None, False
    return EditRefused(f"The editor refused the change: {result.failure_reason or 'it gave no reason'}."), True


async def _has_arrived(
    ls: Editor, folder: Folder, file: ClaimedFile, change: FileChange, arrivals: _Arrivals, refusal: object
) -> bool:
    """Whether the editor made this file's change; the user may have typed since. A closed file is the editor's word."""
    place = Place(folder, file.path)
    now = await ls.text_at(place)
    if file.path in arrivals.seen or _sha256(now) == file.after_sha256:
        return True
    if refusal is None and (file.after_sha256 is None or ls.document_at(place) is None):
        return True
    if now is None or _sha256(now) == file.before_sha256 or file.after_sha256 is None:
        return False
    return change.before is None or difference(now, text_after(change)) < difference(now, change.before)


async def _take_back(ls: Editor, folder: Folder, files: list[ClaimedFile], changes: dict[str, FileChange]) -> list[str]:
    """Undoes the change of these files where nothing was typed since; the paths that could not be set back."""
    reversals = {}
    for file in files:
        place = Place(folder, file.path)
        now, document = await ls.text_at(place), ls.document_at(place)
        if _sha256(now) == file.after_sha256:
            version = document.version if document else None
            reversals[file.path] = reverse(changes[file.path], ls.uri_of(place), version, now)
    wanted = {file.path: file.before_sha256 for file in files if file.path in reversals}
    if reversals:
        with _Arrivals(ls, folder, wanted) as arrivals:
            _, is_certain = await _send(ls, list(reversals.values()), "Tercet: take back an incomplete change")
            await arrivals.wait(0 if is_certain else SETTLE_S)
    texts = {file.path: _sha256(await ls.text_at(Place(folder, file.path))) for file in files}
    return [path for path, sha256 in texts.items() if path not in wanted or sha256 != wanted[path]]


def _half_done(skipped: list[str], here: list[str], stuck: list[str]) -> str:
    """What the user has to know of a change that was made in some files only."""
    back = [path for path in here if path not in stuck]
    sentences = [f"Not changed: {', '.join(skipped)}."]
    if back:
        sentences.append(f"Taken back: {', '.join(back)}.")
    if stuck:
        sentences.append(f"Still changed: {', '.join(stuck)}; the editor's own undo sets it back.")
    return " ".join([*sentences, "Start the run again for the text as it is."])


async def _checked(ls: Editor, folder: Folder, file: ClaimedFile, claim: Claim) -> FileChange:
    """The change of one file, whose text is the one that the change was made for. Raises StaleText."""
    place = Place(folder, file.path)
    document = ls.document_at(place)
    text = await ls.text_at(place)
    if _sha256(text) != file.before_sha256:
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


class _Arrivals:
    """Notices which open documents come to have the wanted text, if only for a moment, while it is entered."""

    def __init__(self, ls: Editor, folder: Folder, wanted: dict[str, str | None]) -> None:
        self.seen: set[str] = set()
        self._ls = ls
        self._folder = folder
        self._wanted = wanted
        self._changed = asyncio.Event()

    def __enter__(self) -> _Arrivals:
        self._ls.on_edited.append(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        self._ls.on_edited.remove(self._look)

    async def wait(self, patience_s: float) -> None:
        """Until every open document has arrived, or patience is at its end."""
        for path in self._wanted:
            self._look(Place(self._folder, path))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._is_missing_some():
                    self._changed.clear()
                    await self._changed.wait()

    def _look(self, place: Place) -> None:
        document = self._ls.document_at(place)
        if place.folder == self._folder and document and self._wanted.get(place.path) == document.text.sha256:
            self.seen.add(place.path)
        self._changed.set()

    def _is_missing_some(self) -> bool:
        texts = [path for path, sha256 in self._wanted.items() if sha256 is not None and path not in self.seen]
        return any(self._ls.document_at(Place(self._folder, path)) for path in texts)


def _sha256(text: Text | None) -> str | None:
    return None if text is None else text.sha256


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
