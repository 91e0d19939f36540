"""How tests went last, as runs saw it, each run with the snapshot of the workspace that it was of. In memory; runs nothing.

What it keeps is bounded by the number of objects, and what cannot be kept or told costs no run anything.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tercet_shared.edits import text_sha256
from tercet_shared.errors import NotFound, TercetError
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.outcomes import TestOutcomes

from tercet_server.languages.functions import functions
from tercet_server.ports import PrivateCopy, Snapshot, TestReport, Workspaces
from tercet_server.runs.ran_tests import RanFile, ran_file, seen_files, told

LOG = logging.getLogger(__name__)

MOST_KEPT = 50_000
"""Files of snapshots and test functions that are kept in all (about 25 MB); what was seen first makes room."""

MOST_SNAPSHOTS = 16
"""Of one workspace so many snapshots are kept."""

MOST_FILES = 2000
"""Of one run the tests of so many files are kept."""

MOST_TOLD = 2000
"""Of one file so many tests are told."""

LOOKED_BACK = 2
"""So many snapshots are compared with the workspace as it is now: those before and after a change."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """What runs have seen on one snapshot, the latest of each test."""

    workspace_id: WorkspaceId
    snapshot: Snapshot
    snapshot_size: int
    files: Mapping[str, RanFile]

    @property
    def size(self) -> int:
        """In objects."""
        return self.snapshot_size + sum(1 + len(each.tests) for each in self.files.values())

    def is_of_the_same(self, other: "_Seen") -> bool:
        base_sha256 = self.snapshot.base_sha256
        return (self.workspace_id, base_sha256) == (other.workspace_id, other.snapshot.base_sha256)

    def over(self, older: "_Seen") -> "_Seen":
        """With what was seen before of the same texts."""
        both = {path: self.files[path].over(older.files[path]) for path in self.files.keys() & older.files.keys()}
        return replace(self, files={**older.files, **self.files, **both})


class LastOutcomes:
    """Who has run tests records it here; an editor is told of a file's tests."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._seen: list[_Seen] = []
        """The latest last."""

    async def record(
        self, workspace_id: WorkspaceId, copy: PrivateCopy, report: TestReport, targets: Sequence[str] = ()
    ) -> None:
        """How tests went on the copy's texts. `targets` are the tests that were asked for; none: all. Fails no run."""
        try:
            self._keep(await _seen(workspace_id, copy, report, targets))
        except TercetError as error:
            LOG.info("the outcomes of a run are not kept: %s", error.sentence)

    def _keep(self, seen: _Seen) -> None:
        for older in [each for each in self._seen if each.is_of_the_same(seen)]:
            self._seen.remove(older)
            seen = seen.over(older)
        same = [each for each in self._seen if each.workspace_id == seen.workspace_id]
        if len(same) == MOST_SNAPSHOTS:
            self._seen.remove(same[0])
        self._seen.append(seen)
        while sum(each.size for each in self._seen) > MOST_KEPT:
            del self._seen[0]

    async def of(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None) -> TestOutcomes:
        """The tests of a file in the text that the client sees. Raises NotFound."""
        await self._workspaces.get(workspace_id)
        text = await self._workspaces.current_text(workspace_id, path, client_id)
        if text is None:
            raise NotFound(f"There is no file {path} in the workspace; name one relative to its root.", path=path)
        sha256, now = await asyncio.to_thread(lambda: (text_sha256(text), [*functions(path, text).values()]))
        seen = [each for each in reversed(self._seen) if each.workspace_id == workspace_id and path in each.files]
        same = [each for each in seen if each.files[path].text_sha256 == sha256]
        current = await self._current(same, client_id) if now else None
        older = [each.files[path] for each in seen if each is not current]
        tests = told(path, now[:MOST_TOLD], None if current is None else current.files[path], older)
        return TestOutcomes(path=path, text_sha256=sha256, tests=tests)

    async def _current(self, seen: Sequence[_Seen], client_id: ClientId | None) -> _Seen | None:
        """That of the workspace as the client sees it now, the latest first; None if it is none of the last few."""
        for each in seen[:LOOKED_BACK]:
            try:
                if not await self._workspaces.moved_since(each.workspace_id, each.snapshot, client_id):
                    return each
            except TercetError:
                return None  # it cannot be looked at: then nothing is known to be as it was
        return None


async def _seen(workspace_id: WorkspaceId, copy: PrivateCopy, report: TestReport, targets: Sequence[str]) -> _Seen:
    seen = await asyncio.to_thread(seen_files, report, targets)
    files: dict[str, RanFile] = {}
    for path in sorted(seen.keys() & set(await copy.files()))[:MOST_FILES]:
        try:
            text = await copy.read_text(path)
        except TercetError:
            continue  # it is no text
        files[path] = await asyncio.to_thread(ran_file, path, text, seen[path])
    snapshot = copy.snapshot()
    return _Seen(workspace_id, snapshot, await asyncio.to_thread(lambda: snapshot.size), files)
