"""The life of the indexes of a daemon: opened when first needed, built in the background, kept fresh, closed when idle.

Knows nothing of questions and answers.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tercet_shared.context import Coverage, IndexState, IndexStatus
from tercet_shared.errors import TercetError
from tercet_shared.ids import WorkspaceId
from tercet_shared.workspaces import Trust, Workspace

from tercet_server.context.code import Code

if TYPE_CHECKING:
    from tercet_server.context.index import History, WorkspaceIndex
    from tercet_server.context.locating import Locator
    from tercet_server.context.ranking import Ranking

LOG = logging.getLogger(__name__)

IDLE_S = 900.0
"""An index that nobody asked or edited for so long is closed; its file stays."""

MOST_OPEN = 6
"""Indexes open at a time; beyond it the one that was used longest ago is closed."""

RESTING_S = 60.0
"""No question takes this long."""

EDIT_DELAY_S = 0.3
"""An edited text is indexed once no newer one has come for so long."""

ReadUnsaved = Callable[[WorkspaceId, Sequence[str]], Awaitable[dict[str, str]]]
"""Of these files of a workspace the texts that editors hold unsaved."""


class Indexes:
    """`folder` is where the files of the indexes go."""

    def __init__(self, folder: Path, unsaved: ReadUnsaved) -> None:
        self._folder = folder
        self._unsaved = unsaved
        self._opening: dict[WorkspaceId, asyncio.Lock] = {}
        self._live: dict[WorkspaceId, LiveIndex] = {}
        self._tidying: asyncio.Task[None] | None = None

    async def get(self, workspace: Workspace) -> "LiveIndex":
        """The workspace's index, opened if need be; it may still be building. Raises DiskFull and NotWritable."""
        async with self._opening.setdefault(workspace.id, asyncio.Lock()):
            live = self._live.get(workspace.id)
            trusted = workspace.trust is Trust.TRUSTED
            if live is not None and live.trusted != trusted:
                await self._close(workspace.id)
                live = None
            if live is None:
                live = await LiveIndex.open(self._folder, workspace, self._unsaved)
                self._live[workspace.id] = live
                await self._close_oldest()
            live.use()
        if self._tidying is None:
            self._tidying = asyncio.create_task(self._tidy(), name="close idle indexes")
        return live

    def opened(self, workspace_id: WorkspaceId) -> "LiveIndex | None":
        """The index if it is open."""
        return self._live.get(workspace_id)

    async def close(self) -> None:
        if self._tidying is not None:
            self._tidying.cancel()
            await asyncio.gather(self._tidying, return_exceptions=True)
        await asyncio.gather(*(self._close(each) for each in list(self._live)))

    async def _close_oldest(self) -> None:
        """Whatever was used a moment ago may be read right now, so it stays."""
        unused = [each for each in self._live if time.monotonic() - self._live[each].used_at > RESTING_S]
        for each in sorted(unused, key=lambda each: self._live[each].used_at)[: max(0, len(self._live) - MOST_OPEN)]:
            await self._close(each)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(IDLE_S / 10)
            for workspace_id, live in list(self._live.items()):
                if time.monotonic() - live.used_at > IDLE_S:
                    await self._close(workspace_id)

    async def _close(self, workspace_id: WorkspaceId) -> None:
        live = self._live.pop(workspace_id, None)
        if live is not None:
            await live.close()


class LiveIndex:
    """An open index with the tasks that keep it fresh."""

    def __init__(self, index: "WorkspaceIndex", workspace: Workspace, unsaved: ReadUnsaved) -> None:
        self.index = index
        self.workspace = workspace
        self.trusted = workspace.trust is Trust.TRUSTED
        self.used_at = time.monotonic()
        self._read_unsaved = unsaved
        self._texts: dict[str, str] = {}
        """What editors hold unsaved, as it was last indexed."""
        self._noted: set[str] = set()
        """Files whose text in an editor is newer than that."""
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop_building = threading.Event()
        self._stop_watching = asyncio.Event()
        self._building: asyncio.Task[None] | None = None
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="index")
        """Its own: builds take minutes and wait for each other, and everybody else's threads are few."""
        self._anew = False
        self._failure = ""
        self._code: Code | None = None
        self._locator: Locator | None = None

    @classmethod
    async def open(cls, folder: Path, workspace: Workspace, unsaved: ReadUnsaved) -> "LiveIndex":
        """Opens the file, or makes it, and begins to bring it up to date."""

        def opened() -> "WorkspaceIndex":
            from tercet_server.context.index import WorkspaceIndex  # noqa: PLC0415  # heavy: loaded on first use

            return WorkspaceIndex.open(folder, Path(workspace.root), trusted=workspace.trust is Trust.TRUSTED)

        live = cls(await asyncio.to_thread(opened), workspace, unsaved)
        live._build(live.index.build)
        live._spawn(live._watch())
        return live

    def code(self) -> Code:
        """The present state of the index; the same object until the index changes. Reads: call it in a thread."""
        snapshot = self.index.snapshot()
        if self._code is None or self._code.snapshot is not snapshot:
            self._code = Code(snapshot)
        return self._code

    def locate(self, code: Code, words: str, limit: int) -> "Ranking":
        """The places for a request, numbered as in `code`. Reads the index, and the history the first time: call it in a thread."""
        from tercet_server.context.locating import Locator  # noqa: PLC0415  # heavy: loaded on first use

        self._locator = self._locator or Locator()
        return self._locator.locate(code.snapshot, self._history(), words, limit)

    def use(self) -> None:
        """Somebody asks: it is kept open, and begun again should it have been found damaged."""
        self.used_at = time.monotonic()
        if not (self.is_building or self._failure or self.index.progress.complete):
            self._build(self.index.build)

    @property
    def is_building(self) -> bool:
        return self._building is not None and not self._building.done()

    def coverage(self) -> Coverage:
        """How much of the workspace an answer can come from now."""
        done = self.index.progress
        return Coverage(complete=done.complete, files_done=done.done, files_total=done.total)

    def status(self) -> IndexStatus:
        """Reads the index: call it in a thread."""
        found = self.index.status()
        state = IndexState.BUILDING if self.is_building else IndexState.FAILED if self._failure else IndexState.READY
        return IndexStatus(
            workspace_id=self.workspace.id,
            state=state,
            coverage=self.coverage(),
            lines=found.lines,
            documents=found.documents,
            size_bytes=found.size_bytes,
            built_at=None if found.built_at is None else datetime.fromtimestamp(found.built_at, UTC),
            problems=[*([self._failure] if self._failure else []), *found.problems],
        )

    def rebuild(self) -> None:
        """Begins to build it anew from nothing, unless that is under way."""
        if not (self.is_building and self._anew):
            self._build(self.index.rebuild)

    def noted(self, path: str) -> None:
        """An editor has a new text of the file, or none any more."""
        self.used_at = time.monotonic()
        self._noted.add(path)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(EDIT_DELAY_S, lambda: self._spawn(self._take_noted()))

    async def close(self) -> None:
        """Stops the work on it and closes the file."""
        self._stop_building.set()
        self._stop_watching.set()
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            if task is not self._building:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._builder.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self.index.close)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _history(self) -> "History":
        """Empty where git cannot tell it in time: what is known without it is found all the same."""
        from tercet_server.context.index import NO_HISTORY  # noqa: PLC0415  # loaded already, by `open`

        try:
            return self.index.history()
        except TercetError as error:
            LOG.warning("the history of %s is not read: %s", self.workspace.root, error.sentence)
            return NO_HISTORY

    def _build(self, build: Callable[..., None]) -> None:
        self._anew = build == self.index.rebuild
        self._building = self._spawn(self._built(build))

    async def _built(self, build: Callable[..., None]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._builder, partial(build, stop=self._stop_building))
        except TercetError as error:
            self._failure = error.sentence
            return
        self._failure = ""
        self._noted.update(self._texts)  # an index that was begun anew knows them no more
        await self._take_noted()

    async def _watch(self) -> None:
        from tercet_server.context.index import watch  # noqa: PLC0415  # loaded already, by `open`

        await watch(self.index, self._stop_watching, texts=lambda: self._texts)

    async def _take_noted(self) -> None:
        """Indexes the present texts of what was edited."""
        paths, self._noted = sorted(self._noted), set()
        if not paths:
            return
        try:
            texts = await self._read_unsaved(self.workspace.id, paths)
            self._texts = {path: text for path, text in self._texts.items() if path not in paths} | texts
            await asyncio.to_thread(self.index.update, paths, texts)
        except TercetError as error:
            LOG.warning("the index of %s is behind: %s", self.workspace.root, error.sentence)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            LOG.error("the index of %s is not kept fresh", self.workspace.root, exc_info=task.exception())
