"""What a claim to apply or undo would write, worked out from the texts as they are now. Writes nothing."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tercet_shared.edits import ChangeSet, FileEdit, FileTexts, Position, Range, TextEdit, text_sha256
from tercet_shared.errors import InvalidRequest, UndoConflict
from tercet_shared.ids import ClientId, new_claim_id
from tercet_shared.proposals import Claim, ClaimedFile, ClaimKind, Part, Proposal

from tercet_server.edits import apply_file_edit, file_edit, merge3
from tercet_server.ports import Clock, StoredClaim, Workspaces

LEASE_S = 30.0
"""An editor that has not reported by then is believed to be gone."""

_START = Position(line=0, character=0)


@dataclass(frozen=True)
class Rewrite:
    """One file to be written. `after` is None where the file is to be removed (an undone creation)."""

    path: str
    before: str | None
    after: str | None

    @property
    def as_texts(self) -> FileTexts:
        return FileTexts(self.path, self.before, self.after or "")

    @property
    def as_claimed(self) -> ClaimedFile:
        return ClaimedFile(path=self.path, before_sha256=_hash(self.before), after_sha256=_hash(self.after))


def rewrites_of(stored: StoredClaim, texts: Iterable[FileTexts]) -> list[Rewrite]:
    """What a stored claim was to write."""
    removed = {each.path for each in stored.claim.files if each.after_sha256 is None}
    return [Rewrite(each.path, each.before, None if each.path in removed else each.after) for each in texts]


def part_of(proposal: Proposal, parts: Sequence[Part]) -> Proposal:
    """The proposal with these edits alone. Raises InvalidRequest for what it does not have."""
    chosen = _chosen(proposal, parts)
    files = {file.path: file for file in proposal.change_set.files}
    kept = [_with_edits(files[path], numbers) for path, numbers in chosen.items()]
    return proposal.model_copy(update={"change_set": ChangeSet(files=kept)})


def all_but(proposal: Proposal, parts: Sequence[Part]) -> ChangeSet | None:
    """What is left of its change set without these edits; None: nothing. Raises InvalidRequest for what it does not have."""
    chosen = _chosen(proposal, parts)
    rest = [
        (file, numbers)
        for file in proposal.change_set.files
        if (numbers := set(range(len(file.edits))) - chosen.get(file.path, set()))
    ]
    return ChangeSet(files=[_with_edits(file, numbers) for file, numbers in rest]) if rest else None


def _chosen(proposal: Proposal, parts: Sequence[Part]) -> dict[str, set[int]]:
    """The numbers of the named edits, by path. Raises InvalidRequest for what the proposal does not have."""
    files = {file.path: file for file in proposal.change_set.files}
    chosen: dict[str, set[int]] = {}
    for part in parts:
        file = files.get(part.path)
        if file is None or part.path in chosen:
            raise InvalidRequest(f"Name each file of proposal {proposal.id} once; it changes {', '.join(files)}.")
        wanted = set(range(len(file.edits)) if part.edits is None else part.edits)
        if max(wanted) >= len(file.edits):
            raise InvalidRequest(
                f"Proposal {proposal.id} makes {len(file.edits)} edits in {part.path}, counted from zero."
            )
        chosen[part.path] = wanted
    return chosen


def _with_edits(file: FileEdit, numbers: set[int]) -> FileEdit:
    return file.model_copy(update={"edits": [edit for number, edit in enumerate(file.edits) if number in numbers]})


def is_part(stored: StoredClaim, proposal: Proposal) -> bool:
    """Whether a claim applies less than the proposal, which is what was proved."""
    return stored.claim.kind is ClaimKind.APPLY and stored.claim.change_set != proposal.change_set


async def rewrites_to_apply(workspaces: Workspaces, proposal: Proposal, client_id: ClientId | None) -> list[Rewrite]:
    """Raises StaleText if a file has moved on since the proposal was made for it."""
    rewrites = []
    for edit in proposal.change_set.files:
        current = await workspaces.current_text(proposal.workspace_id, edit.path, client_id)
        rewrites.append(Rewrite(*apply_file_edit(edit, current)))
    return rewrites


async def rewrites_to_undo(
    workspaces: Workspaces, proposal: Proposal, checkpoint: Iterable[FileTexts], client_id: ClientId | None
) -> list[Rewrite]:
    """Takes back what was applied and keeps later edits; none where nothing of it is left. Raises UndoConflict."""
    rewrites = []
    for applied in checkpoint:
        current = await workspaces.current_text(proposal.workspace_id, applied.path, client_id)
        wanted = await asyncio.to_thread(_undone, applied, current)
        if wanted != current:
            rewrites.append(Rewrite(applied.path, current, wanted))
    return rewrites


def _undone(applied: FileTexts, current: str | None) -> str | None:
    if applied.before is None:
        if current not in (None, applied.after):
            raise UndoConflict(
                f"{applied.path} was created by this proposal and has been edited since; nothing was changed."
                " Delete the file yourself if you no longer want it.",
                path=applied.path,
            )
        return None
    if current is None:
        raise UndoConflict(
            f"{applied.path} does not exist any more, so its change cannot be undone; nothing was changed.",
            path=applied.path,
        )
    try:
        return merge3(applied.after, current, applied.before)
    except UndoConflict as conflict:
        raise UndoConflict(f"{applied.path}: {conflict.sentence}", path=applied.path, **conflict.data) from conflict


def claim_of(
    proposal: Proposal,
    kind: ClaimKind,
    rewrites: list[Rewrite],
    client_id: ClientId | None,
    *,
    by_daemon: bool,
    clock: Clock,
) -> StoredClaim:
    """A new claim for these rewrites."""
    undoes_something = kind is ClaimKind.UNDO and bool(rewrites)
    change_set = _change_set(rewrites) if undoes_something else proposal.change_set
    claim = Claim(
        id=new_claim_id(),
        proposal_id=proposal.id,
        run_id=proposal.run_id,
        kind=kind,
        change_set=change_set,
        files=[each.as_claimed for each in rewrites],
        lease_s=LEASE_S,
    )
    return StoredClaim(claim=claim, client_id=client_id, by_daemon=by_daemon, created_at=clock.now())


def _change_set(rewrites: list[Rewrite]) -> ChangeSet:
    return ChangeSet(files=[_file_edit(each) for each in rewrites])


def _file_edit(rewrite: Rewrite) -> FileEdit:
    """An editor deletes what has no `after`; the edit of a file that was created empty changes nothing."""
    if rewrite.before == "" and rewrite.after is None:
        nothing = TextEdit(range=Range(start=_START, end=_START), new_text="")
        return FileEdit(path=rewrite.path, base_sha256=text_sha256(""), edits=[nothing])
    return file_edit(rewrite.path, rewrite.before, rewrite.after or "")


def _hash(text: str | None) -> str | None:
    return None if text is None else text_sha256(text)
