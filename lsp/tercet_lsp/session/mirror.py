"""What the daemon last said of the session's workspaces, in memory: listings read it and never call the daemon.

Whoever wants to know of changes adds a listener. Whatever is here may be lost and is then fetched again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tercet_lsp.session.runs import RunView

if TYPE_CHECKING:
    from tercet_shared.findings import FileFindings, Finding
    from tercet_shared.ids import ProposalId, RunId, WorkspaceId
    from tercet_shared.proposals import Proposal

PathsChanged = Callable[["WorkspaceId", Iterable[str]], None]
RunChanged = Callable[[RunView | None, RunView], None]

_RUNS_KEPT = 200


class Mirror:
    """Findings and offered proposals by file, and the latest runs."""

    def __init__(self) -> None:
        self.on_paths: list[PathsChanged] = []
        """Called with the files whose findings or proposals changed."""
        self.on_proposals: list[Callable[[], None]] = []
        """Called when proposals changed."""
        self.on_run: list[RunChanged] = []
        """Called with a run before (None: new to us) and after a change."""
        self.generation = 0
        """Grows with every connection: a restarted daemon may count its revisions anew."""
        self._findings: dict[WorkspaceId, dict[str, FileFindings]] = {}
        self._proposals: dict[ProposalId, Proposal] = {}
        self._applied: dict[ProposalId, Proposal] = {}
        self._proposals_by_file: dict[tuple[WorkspaceId, str], list[Proposal]] = {}
        self._runs: dict[RunId, RunView] = {}

    # -- findings ---------------------------------------------------------------------------------------------------

    def findings(self, workspace_id: WorkspaceId, path: str) -> list[Finding]:
        known = self._findings.get(workspace_id, {}).get(path)
        return [] if known is None else known.findings

    def finding(self, finding_id: str) -> tuple[WorkspaceId, Finding] | None:
        """The finding of this id, and whose it is."""
        for workspace_id, files in self._findings.items():
            for file in files.values():
                for finding in file.findings:
                    if finding.id == finding_id:
                        return workspace_id, finding
        return None

    def revision(self, workspace_id: WorkspaceId, path: str) -> str:
        """A token that differs whenever findings or proposals of the file may differ."""
        known = self._findings.get(workspace_id, {}).get(path)
        proposals = ",".join(proposal.id for proposal in self.proposals(workspace_id, path))
        return f"{self.generation}.{0 if known is None else known.revision}.{proposals}"

    def paths(self, workspace_id: WorkspaceId) -> set[str]:
        """The files that have findings or proposals."""
        found = {path for path, file in self._findings.get(workspace_id, {}).items() if file.findings}
        return found | {path for owner, path in self._proposals_by_file if owner == workspace_id}

    def put_findings(self, workspace_id: WorkspaceId, path: str, files: Iterable[FileFindings]) -> None:
        """What the daemon has of one file now; nothing: it has no findings any more."""
        known = self._findings.setdefault(workspace_id, {})
        known.pop(path, None)
        known.update({file.path: file for file in files})
        self._tell_paths(workspace_id, {path})

    def replace_findings(self, workspace_id: WorkspaceId, files: Iterable[FileFindings]) -> None:
        """All findings of a workspace; files not named have none any more."""
        gone = self._findings.pop(workspace_id, {})
        known = self._findings[workspace_id] = {file.path: file for file in files}
        self._tell_paths(workspace_id, gone.keys() | known.keys())

    # -- proposals --------------------------------------------------------------------------------------------------

    def proposals(self, workspace_id: WorkspaceId, path: str) -> list[Proposal]:
        """The offered proposals that change the file, oldest first."""
        return self._proposals_by_file.get((workspace_id, path), [])

    def offered(self) -> list[Proposal]:
        """All offered proposals, oldest first."""
        return list(self._proposals.values())

    def applied(self, workspace_id: WorkspaceId | None = None, path: str | None = None) -> list[Proposal]:
        """The proposals that were applied while this session lasts, the latest first; those of one file if given."""
        return [
            proposal
            for proposal in reversed(self._applied.values())
            if workspace_id in (None, proposal.workspace_id) and (path is None or path in proposal.change_set.paths)
        ]

    def put_proposal(self, proposal: Proposal) -> None:
        """A proposal as it is now; only what can be applied or undone is kept."""
        self._proposals.pop(proposal.id, None)
        self._applied.pop(proposal.id, None)
        if proposal.state == "applied":
            self._applied[proposal.id] = proposal
        if proposal.state == "offered":
            self._proposals[proposal.id] = proposal
        self._index_proposals()
        self._tell_paths(proposal.workspace_id, proposal.change_set.paths)
        self._tell_proposals()

    def replace_proposals(self, workspace_id: WorkspaceId, proposals: Iterable[Proposal]) -> None:
        """All proposals of a workspace."""
        before = [each for each in self._proposals.values() if each.workspace_id == workspace_id]
        for proposal in before:
            del self._proposals[proposal.id]
        now = sorted((each for each in proposals if each.state == "offered"), key=lambda each: each.created_at)
        self._proposals.update({proposal.id: proposal for proposal in now})
        self._index_proposals()
        self._tell_paths(workspace_id, {path for each in (*before, *now) for path in each.change_set.paths})
        if before or now:
            self._tell_proposals()

    def _index_proposals(self) -> None:
        self._proposals_by_file = {}
        for proposal in self._proposals.values():
            for path in proposal.change_set.paths:
                self._proposals_by_file.setdefault((proposal.workspace_id, path), []).append(proposal)

    # -- runs -------------------------------------------------------------------------------------------------------

    def runs(self) -> list[RunView]:
        """Oldest first."""
        return list(self._runs.values())

    def run(self, run_id: RunId) -> RunView | None:
        return self._runs.get(run_id)

    def put_run(self, run: RunView) -> None:
        before = self._runs.get(run.id)
        if run == before:
            return
        self._runs[run.id] = run
        for settled in [each.id for each in self._runs.values() if not each.is_active][:-_RUNS_KEPT]:
            del self._runs[settled]
        for listener in self.on_run:
            listener(before, run)

    def show_anew(self) -> None:
        """Everything counts as changed: it is to be shown in another way."""
        self.generation += 1
        for workspace_id in list(self._findings):
            self._tell_paths(workspace_id, self.paths(workspace_id))

    # -- workspaces -------------------------------------------------------------------------------------------------

    def forget(self, workspace_id: WorkspaceId) -> None:
        """Drops what is known of a workspace whose folder the editor closed."""
        self.replace_findings(workspace_id, [])
        self.replace_proposals(workspace_id, [])
        del self._findings[workspace_id]

    def _tell_paths(self, workspace_id: WorkspaceId, paths: Iterable[str]) -> None:
        paths = list(paths)
        for listener in self.on_paths:
            if paths:
                listener(workspace_id, paths)

    def _tell_proposals(self) -> None:
        for listener in self.on_proposals:
            listener()
