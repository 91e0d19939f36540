"""The board of current findings per workspace and file, from all tools, and beside it how tests went last.

In memory: it is made anew after a restart.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from tercet_shared.errors import TercetError
from tercet_shared.events import FindingsChanged
from tercet_shared.findings import FileFindings, Finding, Source
from tercet_shared.ids import WorkspaceId

from tercet_server.ports import Checker, Workspaces
from tercet_server.runs.following import Following
from tercet_server.runs.hub import EventHub
from tercet_server.runs.last_outcomes import LastOutcomes

LOG = logging.getLogger(__name__)

PAUSE_S = 0.1
"""A text is linted once no newer one has come for this long."""

STATIC_SOURCES = (Source.SYNTAX, Source.LINT)

_Place = tuple[WorkspaceId, str]


class FindingBoard:
    """Who finds something publishes it here; the hub is told which files changed."""

    def __init__(self, hub: EventHub, workspaces: Workspaces, checker: Checker, pause_s: float = PAUSE_S) -> None:
        self._hub = hub
        self._workspaces = workspaces
        self._checker = checker
        self._pause_s = pause_s
        self.outcomes = LastOutcomes(workspaces)
        self._found: dict[_Place, dict[Source, list[Finding]]] = defaultdict(dict)
        self._revisions: dict[_Place, int] = defaultdict(int)
        self._following: dict[_Place, tuple[Following, asyncio.Task[None]]] = {}

    def publish(self, workspace_id: WorkspaceId, source: Source, by_path: Mapping[str, Sequence[Finding]]) -> None:
        """Replaces what `source` found in the named files; other files keep theirs."""
        changed = [
            path for path, findings in by_path.items() if self._put((workspace_id, path), source, list(findings))
        ]
        if changed:
            self._hub.publish(FindingsChanged(workspace_id=workspace_id, paths=sorted(changed)))

    def replace(self, workspace_id: WorkspaceId, source: Source, by_path: Mapping[str, Sequence[Finding]]) -> None:
        """Replaces everything that `source` found in the workspace."""
        known = {
            path for (workspace, path), found in self._found.items() if workspace == workspace_id and source in found
        }
        self.publish(workspace_id, source, {**dict.fromkeys(known, ()), **by_path})

    def renew(
        self,
        workspace_id: WorkspaceId,
        source: Source,
        tests: Sequence[str],
        by_path: Mapping[str, Sequence[Finding]],
    ) -> None:
        """Replaces what `source` found about these tests; findings about other tests stay."""
        about = set(tests)
        renewed: dict[str, list[Finding]] = {}
        for (workspace, path), found in self._found.items():
            if workspace == workspace_id and source in found:
                renewed[path] = [finding for finding in found[source] if finding.test not in about]
        for path, findings in by_path.items():
            renewed[path] = [*renewed.get(path, ()), *findings]
        self.publish(workspace_id, source, renewed)

    def retire(self, workspace_id: WorkspaceId, tests: Sequence[str]) -> None:
        """Takes down the findings about tests that pass now."""
        for source in (Source.TESTS, Source.SUSPECT):
            self.renew(workspace_id, source, tests, {})

    def get(self, workspace_id: WorkspaceId, path: str | None = None) -> list[FileFindings]:
        """Every file that has or had findings, sorted by path; or the one asked for."""
        if path is not None:
            return [self._file((workspace_id, path))]
        places = sorted(place for place in self._revisions if place[0] == workspace_id)
        return [self._file(place) for place in places]

    def analyse(self, workspace_id: WorkspaceId, path: str) -> None:
        """Checks the current text: its syntax at once, all else once no newer text has come for a moment."""
        place = (workspace_id, path)
        following, task = self._following.get(place, (None, None))
        if following is not None and task is not None and not task.done():
            following.edited()
            return
        following = Following(lambda: self._check_syntax(*place), lambda: self._check_all(*place), self._pause_s)
        task = asyncio.create_task(following.run(), name=f"analyse {path}")
        self._following[place] = (following, task)
        task.add_done_callback(lambda done: self._forget(place, done))

    async def close(self) -> None:
        """Stops the analyses under way."""
        tasks = [task for _, task in self._following.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _check_syntax(self, workspace_id: WorkspaceId, path: str) -> None:
        await self._workspaces.get(workspace_id)
        text = await self._workspaces.current_text(workspace_id, path, None)
        findings = [] if text is None else await self._checker.syntax(path, text)
        self.publish(workspace_id, Source.SYNTAX, {path: findings})

    async def _check_all(self, workspace_id: WorkspaceId, path: str) -> None:
        findings = await self._static_findings(workspace_id, path)
        for source in STATIC_SOURCES:
            self.publish(workspace_id, source, {path: [each for each in findings if each.source is source]})

    async def _static_findings(self, workspace_id: WorkspaceId, path: str) -> list[Finding]:
        workspace = await self._workspaces.get(workspace_id)
        text = await self._workspaces.current_text(workspace_id, path, None)
        return [] if text is None else await self._checker.findings(Path(workspace.root), path, text)

    def _put(self, place: _Place, source: Source, findings: list[Finding]) -> bool:
        if self._found.get(place, {}).get(source, []) == findings:
            return False
        self._found[place][source] = findings
        self._revisions[place] += 1
        return True

    def _file(self, place: _Place) -> FileFindings:
        found = self._found.get(place, {})
        findings = [finding for source in Source for finding in found.get(source, ())]
        return FileFindings(path=place[1], revision=self._revisions.get(place, 0), findings=findings)

    def _forget(self, place: _Place, task: asyncio.Task[None]) -> None:
        if self._following.get(place, (None, None))[1] is task:
            del self._following[place]
        error = None if task.cancelled() else task.exception()
        if isinstance(error, TercetError):
            LOG.info("no analysis of %s: %s", place[1], error.sentence)
        elif error is not None:
            LOG.error("the analysis of %s broke down", place[1], exc_info=error)
