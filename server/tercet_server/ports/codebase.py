"""The port to a workspace's code as a whole: what is where, who uses it, what may break, and what belongs in a prompt."""

from dataclasses import dataclass
from typing import Protocol

from tercet_shared.context import (
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
from tercet_shared.edits import Range
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.refactoring import RefactoringList


@dataclass(frozen=True, slots=True)
class CodePlace:
    """A position in a file as `client_id` sees it: that client's unsaved text wins."""

    workspace_id: WorkspaceId
    path: str
    line: int
    character: int
    client_id: ClientId | None = None


class CodeBase(Protocol):
    """Answers from what is indexed so far, and says how much that is; the first question begins to index a workspace.

    Every method raises NotFound and WorkspaceGone for a workspace, and NotFound, EditRefused, TooLarge and Unsupported
    for a path.
    """

    async def search(self, workspace_id: WorkspaceId, words: str, limit: int) -> SearchAnswer:
        """Files and definitions that the words may be about, best first, at most `limit` of each."""
        ...

    async def symbols(self, workspace_id: WorkspaceId, name: str, limit: int) -> SymbolList:
        """Definitions of about this name; of an empty one none."""
        ...

    async def outline(self, workspace_id: WorkspaceId, path: str, client_id: ClientId | None) -> Outline: ...

    async def refactorings(
        self, workspace_id: WorkspaceId, path: str, where: Range, client_id: ClientId | None
    ) -> RefactoringList:
        """What a range of one text may be changed to without changing what the code does; nothing but that text is read."""
        ...

    async def definition(self, place: CodePlace) -> DefinitionAnswer: ...

    async def references(self, place: CodePlace, limit: int) -> ReferencesAnswer: ...

    async def calls(self, place: CodePlace, direction: CallDirection, limit: int) -> CallsAnswer:
        """At most `limit` callers (incoming), or definitions that are called (outgoing)."""
        ...

    async def describe(self, place: CodePlace) -> Description:
        """Quick: no analysis, names alone."""
        ...

    async def impact(self, place: CodePlace, limit: int) -> ImpactAnswer:
        """What may break if the definition at the place changes; where there is none, if anything in the file does."""
        ...

    async def section(
        self, workspace_id: WorkspaceId, words: str, budget: int, client_id: ClientId | None
    ) -> ContextSection:
        """A part of a prompt about the words, of at most `budget` tokens."""
        ...

    async def status(self, workspace_id: WorkspaceId) -> IndexStatus: ...

    async def rebuild(self, workspace_id: WorkspaceId) -> IndexStatus:
        """Begins to build the index anew from nothing; returns at once."""
        ...

    def noted(self, workspace_id: WorkspaceId, path: str) -> None:
        """The text of a file has changed in an editor; returns at once."""
        ...
