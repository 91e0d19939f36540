"""Implements `ports.CodeBase`: answers questions about a workspace's code from its index, its texts and the analyses.

Puts the parts together; every part that computes runs in a thread and is in a module of its own.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from tercet_shared.context import (
    CallDirection,
    CallsAnswer,
    ContextSection,
    DefinitionAnswer,
    Description,
    FoundBy,
    ImpactAnswer,
    IndexStatus,
    Outline,
    ReferencesAnswer,
    SearchAnswer,
    SymbolList,
)
from tercet_shared.edits import Range, text_sha256
from tercet_shared.errors import InvalidRequest, NotFound
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.refactoring import RefactoringList

from tercet_server.context.answers import affected_of, file_symbol, is_sayable, outline_of, symbol_of
from tercet_server.context.code import innermost
from tercet_server.context.describing import describe
from tercet_server.context.impact import Impact, impact
from tercet_server.context.indexes import Indexes, LiveIndex
from tercet_server.context.roots import code_root
from tercet_server.context.searching import search, section
from tercet_server.context.symbols.calls import incoming_calls, outgoing_calls
from tercet_server.context.symbols.definitions import Known, find_definitions
from tercet_server.context.symbols.spot import Spot
from tercet_server.context.symbols.usages import find_usages
from tercet_server.context.texts import ReadText
from tercet_server.languages import language_of, tags
from tercet_server.ports import CodePlace, SymbolAnalysis, Workspaces
from tercet_server.refactoring import refactorings

LOG = logging.getLogger(__name__)


class CodeService:
    """`folder` is where the indexes' files go; it may be deleted at any time."""

    def __init__(self, folder: Path, workspaces: Workspaces, analysis: SymbolAnalysis) -> None:
        self._workspaces = workspaces
        self._analysis = analysis
        self._indexes = Indexes(folder, self._unsaved)
        self._tasks: set[asyncio.Task[None]] = set()

    # -- searching ------------------------------------------------------------------------------------------------

    async def search(self, workspace_id: WorkspaceId, words: str, limit: int) -> SearchAnswer:
        live = await self._index(workspace_id)
        return await asyncio.to_thread(search, live, words, limit)

    async def symbols(self, workspace_id: WorkspaceId, name: str, limit: int) -> SymbolList:
        live = await self._index(workspace_id)

        def found() -> SymbolList:
            code = live.code()
            located = code.snapshot.symbols(name, limit) if name.strip() else []
            named = [(code.path(each.file), each.definition) for each in located]
            return SymbolList(
                symbols=[symbol_of(path, definition) for path, definition in named if is_sayable(path)],
                coverage=live.coverage(),
            )

        return await asyncio.to_thread(found)

    async def section(
        self, workspace_id: WorkspaceId, words: str, budget: int, client_id: ClientId | None
    ) -> ContextSection:
        live = await self._index(workspace_id)
        return await section(live, words, budget, self._reader(workspace_id, client_id))

    # -- one file, one place ----------------------------------------------------------------------------------------

    async def outline(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None) -> Outline:
        text = await self._text(workspace_id, path, client_id)
        return await asyncio.to_thread(lambda: outline_of(path, text, tags(path, text).definitions))

    async def refactorings(
        self, workspace_id: WorkspaceId, path: str, where: Range, client_id: ClientId | None
    ) -> RefactoringList:
        text = await self._text(workspace_id, path, client_id)
        return await asyncio.to_thread(_refactorings, path, text, where)

    async def definition(self, place: CodePlace) -> DefinitionAnswer:
        live, spot = await self._spot(place)
        if spot is None:
            return DefinitionAnswer(name="", definitions=[], found_by=FoundBy.NAMES, coverage=live.coverage())
        found = await find_definitions(await self._known(live, place), spot)
        return DefinitionAnswer(
            name=spot.name,
            definitions=list(found.symbols),
            found_by=found.found_by,
            note=found.note,
            coverage=live.coverage(),
        )

    async def references(self, place: CodePlace, limit: int) -> ReferencesAnswer:
        live, spot = await self._spot(place)
        if spot is None:
            return ReferencesAnswer(name="", references=[], found_by=FoundBy.NAMES, coverage=live.coverage())
        found = await find_usages(await self._known(live, place), spot, limit)
        return ReferencesAnswer(
            name=spot.name,
            references=list(found.usages),
            found_by=found.found_by,
            truncated=found.truncated,
            coverage=live.coverage(),
        )

    async def calls(self, place: CodePlace, direction: CallDirection, limit: int) -> CallsAnswer:
        live, spot = await self._spot(place)
        if spot is None:
            return CallsAnswer(name="", calls=[], coverage=live.coverage())
        find = incoming_calls if direction is CallDirection.INCOMING else outgoing_calls
        found = await find(await self._known(live, place), spot, limit)
        return CallsAnswer(name=spot.name, calls=list(found.calls), truncated=found.truncated, coverage=live.coverage())

    async def describe(self, place: CodePlace) -> Description:
        live, spot = await self._spot(place)
        if spot is None:
            return Description(symbol=None, coverage=live.coverage())
        return await describe(live, spot, self._reader(place.workspace_id, place.client_id))

    async def impact(self, place: CodePlace, limit: int) -> ImpactAnswer:
        live = await self._index(place.workspace_id)
        text = await self._text(place.workspace_id, place.path, place.client_id)
        _check(place, text)
        return await asyncio.to_thread(_impact, live, place, text, limit)

    # -- the index --------------------------------------------------------------------------------------------------

    async def status(self, workspace_id: WorkspaceId) -> IndexStatus:
        live = await self._index(workspace_id)
        return await asyncio.to_thread(live.status)

    async def rebuild(self, workspace_id: WorkspaceId) -> IndexStatus:
        live = await self._index(workspace_id)
        live.rebuild()
        return await asyncio.to_thread(live.status)

    def noted(self, workspace_id: WorkspaceId, path: str) -> None:
        live = self._indexes.opened(workspace_id)
        if live is not None:
            live.noted(path)
            return
        task = asyncio.create_task(self._open_for(workspace_id, path))
        self._tasks.add(task)
        task.add_done_callback(self._opened)

    async def close(self) -> None:
        """Ends every index and analysis."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._indexes.close()

    # -- parts ------------------------------------------------------------------------------------------------------

    async def _index(self, workspace_id: WorkspaceId) -> LiveIndex:
        return await self._indexes.get(await self._workspaces.get(workspace_id))

    async def _open_for(self, workspace_id: WorkspaceId, path: str) -> None:
        (await self._index(workspace_id)).noted(path)

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            LOG.warning("no index: %s", task.exception())

    async def _text(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None) -> str:
        text = await self._workspaces.current_text(workspace_id, path, client_id)
        if text is None:
            raise NotFound(f"There is no file {path} in the workspace; name one relative to its root.", path=path)
        return text

    async def _spot(self, place: CodePlace) -> tuple[LiveIndex, Spot | None]:
        """The index, and the name at the place if there is one."""
        live = await self._index(place.workspace_id)
        text = await self._text(place.workspace_id, place.path, place.client_id)
        _check(place, text)
        return live, await asyncio.to_thread(Spot.of, place.path, text, place.line, place.character)

    async def _known(self, live: LiveIndex, place: CodePlace) -> Known:
        code, root = await asyncio.to_thread(lambda: (code := live.code(), code_root(live.workspace, code.snapshot)))
        return Known(code, root, self._analysis, self._reader(place.workspace_id, place.client_id))

    async def _unsaved(self, workspace_id: WorkspaceId, paths: Sequence[str]) -> dict[str, str]:
        texts = {}
        for path in await self._workspaces.dirty_paths(workspace_id, paths):
            text = await self._workspaces.current_text(workspace_id, path, None)
            if text is not None:
                texts[path] = text
        return texts

    def _reader(self, workspace_id: WorkspaceId, client_id: ClientId | None) -> ReadText:
        return lambda path: self._workspaces.current_text(workspace_id, path, client_id)


def _refactorings(path: str, text: str, where: Range) -> RefactoringList:
    language = language_of(path, text)
    found = refactorings(text, where) if language is not None and language.name == "python" else []
    return RefactoringList(path=path, text_sha256=text_sha256(text), refactorings=found)


def _check(place: CodePlace, text: str) -> None:
    """Raises InvalidRequest for a line that the text does not have."""
    lines = text.count("\n") + text.count("\r") - text.count("\r\n") + 1
    if place.line >= lines:
        raise InvalidRequest(
            f"{place.path} has {lines} lines, so there is no line {place.line + 1}; lines count from zero in a request.",
            path=place.path,
        )


def _impact(live: LiveIndex, place: CodePlace, text: str, limit: int) -> ImpactAnswer:
    code = live.code()
    definition = innermost(tags(place.path, text).definitions, place.line)
    file = code.snapshot.number_of(place.path)
    found = Impact() if file is None else impact(code, file, definition, limit)
    changed = [file_symbol(place.path) if definition is None else symbol_of(place.path, definition)]
    return ImpactAnswer(
        changed=changed,
        affected=[affected_of(code, each) for each in found.affected if is_sayable(code.path(each.file))],
        tests=[affected_of(code, each) for each in found.tests if is_sayable(code.path(each.file))],
        truncated=found.truncated,
        coverage=live.coverage(),
    )
