"""A daemon for the language server in the test's own process: grants one claim and remembers what is reported of it."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder, Place
from tercet_lsp.session.link import Link
from tercet_shared.errors import TercetError
from tercet_shared.ids import ClaimId, ProposalId
from tercet_shared.proposals import Claim, ClaimedFile, ClaimKind, Proposal, ProposalState
from tercet_shared.workspaces import Trust, Workspace


class ClaimingDaemon:
    """Both the link and the daemon at its end. `fails` is raised by reports while it is set."""

    def __init__(self, ls: Editor, proposal: Proposal, files: list[ClaimedFile]) -> None:
        self.reports: list[tuple[ClaimId, bool, str]] = []
        self.discarded: list[dict[str, list[int] | None] | None] = []
        self.overlays: dict[str, str] = {}
        self.fails: TercetError | None = None
        self.current = self
        self.client = SimpleNamespace(findings=self._nothing, proposals=self._nothing, runs=self._nothing)
        self._folders = ls.session.folders
        self._proposal = proposal
        self._files = files
        ls.session._link = cast("Link", self)
        ls.session._linked.set()

    async def ask(self, question: Callable[[Any], Awaitable[Any]], *, repeatable: bool = True) -> Any:
        return await question(self)

    async def register(self, folder: Folder, trust: str | None, interpreter: str | None) -> Workspace:
        return Workspace(id=self._proposal.workspace_id, root=str(folder.path), name="p", trust=Trust.TRUSTED)

    async def put_overlay(self, place: Place, version: int, text: str) -> None:
        self.overlays[place.path] = text

    async def delete_overlay(self, place: Place) -> None:
        if self._folders.workspace(place.folder) is not None:
            self.overlays.pop(place.path, None)

    async def proposal(self, proposal_id: str) -> Proposal:
        return self._proposal

    async def claim(self, proposal_id: str, *, undo: bool, parts: Any = None) -> Claim:
        return Claim(
            id=ClaimId("c1"), proposal_id=self._proposal.id, run_id=self._proposal.run_id, kind=ClaimKind.APPLY,
            change_set=self._proposal.change_set, files=self._files, lease_s=60,
        )  # fmt: skip

    async def report(self, claim_id: ClaimId, *, applied: bool, reason: str = "") -> Proposal:
        if self.fails is not None:
            raise self.fails
        self.reports.append((claim_id, applied, reason))
        state = ProposalState.APPLIED if applied else ProposalState.OFFERED
        return self._proposal.model_copy(update={"state": state})

    async def discard(self, proposal_id: str, parts: dict[str, list[int] | None] | None = None) -> Proposal:
        """A part leaves a new proposal, of the same change for simplicity, and closes the old one."""
        self.discarded.append(parts)
        if not parts:
            return self._proposal.model_copy(update={"state": ProposalState.DISCARDED})
        left = self._proposal.model_copy(update={"id": ProposalId("p2")})
        self._proposal = self._proposal.model_copy(update={"state": ProposalState.SUPERSEDED})
        return left

    async def models(self) -> Any:
        return SimpleNamespace(models=[])

    async def _nothing(self, *_: object) -> list[Any]:
        return []
