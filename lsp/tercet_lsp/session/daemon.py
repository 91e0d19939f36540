"""The daemon's API in the session's own words: plain values in, wire models out. Imported late (pydantic, httpx)."""

from typing import Any

from tercet_shared.client import DaemonClient
from tercet_shared.context import (
    MAX_NAME,
    CallDirection,
    CallsAnswer,
    DefinitionAnswer,
    Description,
    IndexStatus,
    Outline,
    ReferencesAnswer,
    SymbolList,
)
from tercet_shared.daemon import DoctorReport, Health
from tercet_shared.discovery import DaemonRecord
from tercet_shared.edits import Position, Range
from tercet_shared.errors import NotFound
from tercet_shared.events import Event
from tercet_shared.free_text import FreeText, Understood
from tercet_shared.ids import ClaimId, ClientId, ProposalId, RunId, WorkspaceId
from tercet_shared.models import ModelsReport
from tercet_shared.outcomes import TestOutcomes
from tercet_shared.proposals import Claim, ClaimKind, ClaimReport, ClaimRequest, DiscardRequest, Part, Proposal
from tercet_shared.refactoring import RefactoringList
from tercet_shared.runs import Again, Intent, Run, RunRequest, Target
from tercet_shared.workspaces import OverlayRequest, Trust, Workspace, WorkspaceRequest

from tercet_lsp.session.folders import Folder, Folders, Place
from tercet_lsp.session.runs import Aim, Choice, RangeTuple


class Daemon:
    """One connected daemon, spoken to on behalf of one client."""

    def __init__(self, client: DaemonClient, client_id: ClientId, folders: Folders, record: DaemonRecord) -> None:
        self.client = client
        self.record = record
        self._client_id = client_id
        self._folders = folders

    async def register(self, folder: Folder, trust: str | None, interpreter: str | None) -> Workspace:
        request = WorkspaceRequest(
            root=str(folder.path), trust=None if trust is None else Trust(trust), interpreter=interpreter
        )
        return await self.client.register_workspace(request)

    async def set_trust(self, workspace_id: WorkspaceId, trusted: bool) -> Workspace:
        return await self.client.set_trust(workspace_id, trusted)

    async def put_overlay(self, place: Place, version: int, text: str) -> None:
        request = OverlayRequest(client_id=self._client_id, path=place.path, version=version, text=text)
        await self.client.put_overlay(self._workspace_id(place.folder), request)

    async def delete_overlay(self, place: Place) -> None:
        workspace = self._folders.workspace(place.folder)
        if workspace is not None:
            await self.client.delete_overlay(workspace.id, self._client_id, place.path)

    async def forget(self) -> None:
        """Says good-bye: the daemon drops this client's overlays."""
        await self.client.forget_client(self._client_id)

    # -- runs and proposals -----------------------------------------------------------------------------------------

    async def start_run(self, workspace_id: WorkspaceId, intent: str, aim: Aim) -> Run:
        return await self._start(workspace_id, Intent(intent), _target(aim), aim)

    async def run_words(self, workspace_id: WorkspaceId, aim: Aim) -> tuple[Run, Understood]:
        """The run that the aim's instructions ask for, and as what they were understood."""
        asked = FreeText(
            workspace_id=workspace_id, words=aim.instructions, target=_target(aim), client_id=self._client_id
        )
        understood = await self.client.understand(asked)
        return await self._start(workspace_id, understood.intent, understood.target, aim), understood

    async def _start(self, workspace_id: WorkspaceId, intent: Intent, target: Target, aim: Aim) -> Run:
        request = RunRequest(
            workspace_id=workspace_id,
            intent=intent,
            target=target,
            instructions=aim.instructions,
            plan_first=aim.plan_first,
            client_id=self._client_id,
        )
        return await self.client.start_run(request)

    async def approve_run(self, run_id: RunId) -> Run:
        return await self.client.approve_run(run_id)

    async def steer_run(self, run_id: RunId, instructions: str) -> Run:
        return await self.client.steer_run(run_id, instructions)

    async def run_again(self, run_id: RunId, instructions: str) -> Run:
        """A new run like an earlier one, in this client's name."""
        return await self.client.run_again(run_id, Again(instructions=instructions, client_id=self._client_id))

    async def cancel_run(self, run_id: RunId) -> Run:
        return await self.client.cancel_run(run_id)

    async def run(self, run_id: str) -> Run:
        return await self.client.run(run_id)

    async def proposal(self, proposal_id: str) -> Proposal:
        return await self.client.proposal(ProposalId(proposal_id))

    async def claim(self, proposal_id: str, *, undo: bool, parts: Choice | None = None) -> Claim:
        """The sole right to apply (or undo) in this editor's buffers; `parts` applies those edits of those files alone."""
        kind = ClaimKind.UNDO if undo else ClaimKind.APPLY
        request = ClaimRequest(client_id=self._client_id, kind=kind, parts=_parts(parts))
        return await self.client.claim(ProposalId(proposal_id), request)

    async def report(self, claim_id: ClaimId, *, applied: bool, reason: str = "") -> Proposal:
        return await self.client.report(claim_id, ClaimReport(applied=applied, reason=reason[:1000]))

    async def write(self, proposal_id: str, *, undo: bool) -> Proposal:
        """Lets the daemon write to disk, for editors that cannot."""
        act = self.client.undo if undo else self.client.apply
        return await act(ProposalId(proposal_id), self._client_id)

    async def discard(self, proposal_id: str, parts: Choice | None = None) -> Proposal:
        """The discarded proposal; of `parts` alone, the new one with what is left."""
        request = DiscardRequest(client_id=self._client_id, parts=_parts(parts))
        return await self.client.discard(ProposalId(proposal_id), request)

    async def runs(self, workspace_id: WorkspaceId, limit: int) -> list[Run]:
        """Newest first."""
        return await self.client.runs(workspace_id, limit)

    async def proposals(self, workspace_id: WorkspaceId) -> list[Proposal]:
        """Those that are offered or claimed."""
        return await self.client.proposals(workspace_id)

    async def run_events(self, run_id: RunId, after: int) -> list[Event]:
        return await self.client.run_events(run_id, after)

    async def outcomes(self, place: Place) -> TestOutcomes:
        """The tests of a file and how they went last."""
        return await self.client.outcomes(self._workspace_id(place.folder), place.path, self._client_id)

    # -- code -------------------------------------------------------------------------------------------------------

    async def outline(self, place: Place) -> Outline:
        return await self.client.outline(self._workspace_id(place.folder), place.path, self._client_id)

    async def symbols(self, folder: Folder, name: str, limit: int) -> SymbolList:
        return await self.client.symbols(self._workspace_id(folder), name[:MAX_NAME], limit)

    async def definition(self, place: Place, line: int, character: int) -> DefinitionAnswer:
        """`line` and `character` (code points) from zero; so in the next three."""
        return await self.client.definition(self._workspace_id(place.folder), place.path, **self._at(line, character))

    async def references(self, place: Place, line: int, character: int) -> ReferencesAnswer:
        return await self.client.references(self._workspace_id(place.folder), place.path, **self._at(line, character))

    async def calls(self, place: Place, line: int, character: int, *, incoming: bool) -> CallsAnswer:
        direction = CallDirection.INCOMING if incoming else CallDirection.OUTGOING
        where = self._at(line, character)
        return await self.client.calls(self._workspace_id(place.folder), place.path, direction, **where)

    async def description(self, place: Place, line: int, character: int) -> Description:
        return await self.client.description(self._workspace_id(place.folder), place.path, **self._at(line, character))

    async def refactorings(self, place: Place, start: tuple[int, int], end: tuple[int, int]) -> RefactoringList:
        """`start` and `end` are lines and characters (code points) from zero."""
        where = {**self._at(*start), "end_line": end[0], "end_character": end[1]}
        return await self.client.refactorings(self._workspace_id(place.folder), place.path, **where)

    def _at(self, line: int, character: int) -> dict[str, Any]:
        return {"line": line, "character": character, "client_id": self._client_id}

    # -- about itself -----------------------------------------------------------------------------------------------

    async def health(self) -> Health:
        return await self.client.health()

    async def index(self, workspace_id: WorkspaceId, *, rebuild: bool) -> IndexStatus:
        return await (self.client.rebuild_index if rebuild else self.client.index_status)(workspace_id)

    async def models(self) -> ModelsReport:
        return await self.client.models()

    async def doctor(self, workspace_id: WorkspaceId | None) -> DoctorReport:
        return await self.client.doctor(workspace_id)

    def _workspace_id(self, folder: Folder) -> WorkspaceId:
        workspace = self._folders.workspace(folder)
        if workspace is None:
            raise NotFound(
                f"The folder {folder.path} is not registered with the daemon; see the editor's messages for why."
            )
        return workspace.id


def _target(aim: Aim) -> Target:
    return Target(path=aim.path, range=_range(aim.range), tests=list(aim.tests), base=aim.base)


def _parts(chosen: Choice | None) -> list[Part] | None:
    return [Part(path=path, edits=edits) for path, edits in chosen.items()] if chosen else None


def _range(given: RangeTuple | None) -> Range | None:
    if given is None:
        return None
    start, end = (Position(line=line, character=character) for line, character in given)
    return Range(start=start, end=end)
