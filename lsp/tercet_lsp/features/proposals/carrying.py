"""Carries out a claim in the editor's own buffers: all files or none, checked before and after, and reported.

The texts are compared with what the change was made for before the editor is asked, and the outcome is reported
whatever happens.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tercet_shared.errors import EditRefused, StaleText, TercetError

from tercet_lsp.convert.edits import FileChange, difference, reverse, text_after, workspace_edit
from tercet_lsp.editor import Editor
from tercet_lsp.features.proposals.arrivals import Arrivals, sha256_of
from tercet_lsp.session.folders import Folder, Place
from tercet_lsp.session.outcomes import Outcome

if TYPE_CHECKING:
    from tercet_shared.proposals import Claim, ClaimedFile, Proposal

SETTLE_S = 1.0
"""How long the editor may take to send the changes that it made."""

ARRIVAL_S = 20.0
"""How long it may take once nobody waits for it; less than the lease of a claim."""

logger = logging.getLogger(__name__)


async def settle(ls: Editor, folder: Folder, claim: Claim, title: str, late: asyncio.Event) -> Proposal:
    """Has the editor carry out a claim and reports how it went. Raises what stood in the way.

    `late` is set when the editor says that it did, and has not told of its edits yet: some do so only once nothing
    of theirs is waited for.
    """
    try:
        await _edit(ls, folder, claim, title, late)
    except TercetError as error:
        await ls.session.report(claim.id, Outcome(applied=False, reason=error.sentence))
        raise
    try:
        await ls.session.flush()
    except TercetError as error:
        logger.warning("the texts after the change are not with the daemon yet: %s", error)
    return await ls.session.report(claim.id, Outcome(applied=True))


async def _edit(ls: Editor, folder: Folder, claim: Claim, title: str, late: asyncio.Event) -> None:
    """All files or none: what an editor that goes file by file did is taken back if it left others as they were."""
    files = {file.path: file for file in claim.files}
    changes = {edit.path: await _checked(ls, folder, files[edit.path], claim) for edit in claim.change_set.files}
    _check_open_texts(ls, folder, claim)  # again: the user may have typed while closed files were read
    label = f"Tercet: {'undo ' if claim.kind == 'undo' else ''}{title}"
    with Arrivals(ls, folder, {file.path: file.after_sha256 for file in claim.files}) as arrivals:
        refusal, is_certain = await _send(ls, list(changes.values()), label)
        await arrivals.wait(0 if is_certain else SETTLE_S)
        if refusal is None and arrivals.is_all_quiet():
            late.set()
            await arrivals.wait_for_first(ARRIVAL_S)
            await arrivals.wait(SETTLE_S)
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
    ls: Editor, folder: Folder, file: ClaimedFile, change: FileChange, arrivals: Arrivals, refusal: object
) -> bool:
    """Whether the editor made this file's change; the user may have typed since. A closed file is the editor's word."""
    place = Place(folder, file.path)
    now = await ls.text_at(place)
    if file.path in arrivals.seen or sha256_of(now) == file.after_sha256:
        return True
    if refusal is None and (file.after_sha256 is None or ls.document_at(place) is None):
        return True
    if now is None or sha256_of(now) == file.before_sha256 or file.after_sha256 is None:
        return False
    return change.before is None or difference(now, text_after(change)) < difference(now, change.before)


async def _take_back(ls: Editor, folder: Folder, files: list[ClaimedFile], changes: dict[str, FileChange]) -> list[str]:
    """Undoes the change of these files where nothing was typed since; the paths that could not be set back."""
    reversals = {}
    for file in files:
        place = Place(folder, file.path)
        now, document = await ls.text_at(place), ls.document_at(place)
        if sha256_of(now) == file.after_sha256:
            version = document.version if document else None
            reversals[file.path] = reverse(changes[file.path], ls.uri_of(place), version, now)
    wanted = {file.path: file.before_sha256 for file in files if file.path in reversals}
    if reversals:
        with Arrivals(ls, folder, wanted) as arrivals:
            _, is_certain = await _send(ls, list(reversals.values()), "Tercet: take back an incomplete change")
            await arrivals.wait(0 if is_certain else SETTLE_S)
    texts = {file.path: sha256_of(await ls.text_at(Place(folder, file.path))) for file in files}
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
    if sha256_of(text) != file.before_sha256:
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
