"""The board of current findings per workspace and file, from all tools. In memory: it is made anew after a restart."""

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
from tercet_server.runs.hub import EventHub

LOG = logging.getLogger(__name__)

ANALYSIS_DELAY_S = 0.2
"""A text is analysed once no newer one has come for this long."""

STATIC_SOURCES = (Source.SYNTAX, Source.LINT)

_Place = tuple[WorkspaceId, str]


class FindingBoard:
    """Who finds something publishes it here; the hub is told which files changed."""

    def __init__(
        self, hub: EventHub, workspaces: Workspaces, checker: Checker, delay_s: float = ANALYSIS_DELAY_S
    ) -> None:
        self._hub = hub
        self._workspaces = workspaces
        self._checker = checker
        self._delay_s = delay_s
        self._found: dict[_Place, dict[Source, list[Finding]]] = defaultdict(dict)
        self._revisions: dict[_Place, int] = defaultdict(int)
        self._analyses: dict[_Place, asyncio.Task[None]] = {}

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
        """Soon checks the syntax and lint of the current text; a newer call for the same file replaces an older one."""
        place = (workspace_id, path)
        earlier = self._analyses.pop(place, None)
        if earlier is not None:
            earlier.cancel()
        task = asyncio.create_task(self._analyse(workspace_id, path), name=f"analyse {path}")
        self._analyses[place] = task
        task.add_done_callback(lambda done: self._forget(place, done))

    async def close(self) -> None:
        """Stops the analyses under way."""
        tasks = list(self._analyses.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _analyse(self, workspace_id: WorkspaceId, path: str) -> None:
        await asyncio.sleep(self._delay_s)
        try:
            findings = await self._static_findings(workspace_id, path)
        except TercetError as error:
            LOG.info("no analysis of %s: %s", path, error.sentence)
            return
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
        if self._analyses.get(place) is task:
            del self._analyses[place]
        if not task.cancelled() and task.exception() is not None:
            LOG.error("the analysis of %s broke down", place[1], exc_info=task.exception())
