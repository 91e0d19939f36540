"""Endpoints about a workspace's code: searches, outlines, symbols, impact, prompt sections, and the index behind them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from tercet_shared.context import (
    MAX_BUDGET,
    MAX_NAME,
    MAX_WORDS,
    CallDirection,
    CallsAnswer,
    ContextSection,
    DefinitionAnswer,
    Description,
    ImpactAnswer,
    IndexStatus,
    Outline,
    ReferencesAnswer,
    SearchAnswer,
    SymbolList,
)
from tercet_shared.edits import Position, Range, RelativePath
from tercet_shared.errors import InvalidRequest
from tercet_shared.ids import ClientId
from tercet_shared.refactoring import RefactoringList

from tercet_server.api.dependencies import ServicesDependency, WorkspacePath
from tercet_server.ports import CodePlace

router = APIRouter(prefix="/workspaces/{workspace_id}", tags=["context"])

MOST = 1000
_LARGEST = 2**31 - 1

Words = Annotated[str, Query(min_length=1, max_length=MAX_WORDS)]
File = Annotated[RelativePath, Query(max_length=4096)]
Asking = Annotated[ClientId | None, Query(min_length=1, max_length=100)]
Number = Annotated[int, Query(ge=0, le=_LARGEST)]
Limit = Annotated[int, Query(ge=1, le=MOST)]


async def _place(
    workspace_id: WorkspacePath,
    path: File,
    line: Number,
    character: Number,
    client_id: Asking = None,
) -> CodePlace:
    return CodePlace(workspace_id, path, line, character, client_id)


PlaceDependency = Annotated[CodePlace, Depends(_place)]


@router.get("/search")
async def search(
    workspace_id: WorkspacePath, services: ServicesDependency, words: Words, limit: Limit = 20
) -> SearchAnswer:
    """Files and definitions that the words may be about, best first, each with what speaks for it."""
    return await services.code.search(workspace_id, words, limit)


@router.get("/symbols")
async def symbols(
    workspace_id: WorkspacePath,
    services: ServicesDependency,
    name: Annotated[str, Query(max_length=MAX_NAME)],
    limit: Limit = 100,
) -> SymbolList:
    """Definitions of about this name, best first."""
    return await services.code.symbols(workspace_id, name, limit)


@router.get("/outline")
async def outline(
    workspace_id: WorkspacePath, services: ServicesDependency, path: File, client_id: Asking = None
) -> Outline:
    """The definitions of one file, in the text that the client sees."""
    return await services.code.outline(workspace_id, path, client_id)


@router.get("/refactorings")
async def refactorings(
    place: PlaceDependency, services: ServicesDependency, end_line: Number, end_character: Number
) -> RefactoringList:
    """What the code from a place to an end may be changed to without changing what it does, with the edits."""
    if (end_line, end_character) < (place.line, place.character):
        raise InvalidRequest("The end comes before the start.")
    where = Range(
        start=Position(line=place.line, character=place.character), end=Position(line=end_line, character=end_character)
    )
    return await services.code.refactorings(place.workspace_id, place.path, where, place.client_id)


@router.get("/definition")
async def definition(place: PlaceDependency, services: ServicesDependency) -> DefinitionAnswer:
    """Where the name at a place is defined."""
    return await services.code.definition(place)


@router.get("/references")
async def references(place: PlaceDependency, services: ServicesDependency, limit: Limit = 200) -> ReferencesAnswer:
    """Who uses the name at a place."""
    return await services.code.references(place, limit)


@router.get("/calls")
async def calls(
    place: PlaceDependency, services: ServicesDependency, direction: CallDirection, limit: Limit = 200
) -> CallsAnswer:
    """Who calls the definition that the name at a place means, or what the definition that is named there calls."""
    return await services.code.calls(place, direction, limit)


@router.get("/description")
async def description(place: PlaceDependency, services: ServicesDependency) -> Description:
    """What the thing at a place is and who uses it, quickly."""
    return await services.code.describe(place)


@router.get("/impact")
async def impact(place: PlaceDependency, services: ServicesDependency, limit: Limit = 200) -> ImpactAnswer:
    """What may break if the definition at a place changes, and which tests may show it."""
    return await services.code.impact(place, limit)


@router.get("/context")
async def section(
    workspace_id: WorkspacePath,
    services: ServicesDependency,
    words: Words,
    budget: Annotated[int, Query(ge=1, le=MAX_BUDGET)] = 4000,
    client_id: Asking = None,
) -> ContextSection:
    """A part of a prompt about the words: the places that matter, within a budget of tokens."""
    return await services.code.section(workspace_id, words, budget, client_id)


@router.get("/index")
async def index_status(workspace_id: WorkspacePath, services: ServicesDependency) -> IndexStatus:
    """How much of the workspace is indexed."""
    return await services.code.status(workspace_id)


@router.post("/index/rebuild", status_code=202)
async def rebuild_index(workspace_id: WorkspacePath, services: ServicesDependency) -> IndexStatus:
    """Begins to build the index anew from nothing."""
    return await services.code.rebuild(workspace_id)
