"""Where the editor asks for code actions, and for which kinds. Knows none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.arguments import Command
from tercet_lsp.convert.diagnostics import Page
from tercet_lsp.convert.positions import from_editor_range
from tercet_lsp.documents import Document
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Place

if TYPE_CHECKING:
    from tercet_shared.edits import Range
    from tercet_shared.ids import WorkspaceId


@dataclass(frozen=True)
class Spot:
    """A range of an open document."""

    workspace_id: WorkspaceId
    document: Document
    page: Page
    start: tuple[int, int]
    end: tuple[int, int]
    asked: types.Range
    """As the editor said it."""
    context: types.CodeActionContext

    @property
    def by_hand(self) -> bool:
        """The user opened a menu; else the editor looks by itself, with every move of the cursor."""
        return self.context.only is not None or self.context.trigger_kind != types.CodeActionTriggerKind.Automatic

    def touches(self, span: Range) -> bool:
        return span.start.as_tuple() <= self.end and self.start <= span.end.as_tuple()

    def wants(self, kind: str) -> bool:
        """An editor may ask for some kinds only. A kind holds all that begin with it and a dot; the empty one holds all."""
        asked = self.context.only
        return asked is None or any(each in ("", kind) or kind.startswith(f"{each}.") for each in asked)


def spot_of(ls: Editor, params: types.CodeActionParams) -> Spot | None:
    """None for documents that are none of ours, and while the daemon does not know the folder."""
    place, document = ls.locate(params.text_document.uri), ls.documents.of(params.text_document.uri)
    workspace = ls.session.folders.workspace(place.folder) if place else None
    if place is None or document is None or workspace is None:
        return None
    page = Page(
        path=place.path,
        text=document.text,
        encoding=document.encoding,
        uri_of=lambda path: ls.uri_of(Place(place.folder, path)),
        shows_related=False,
    )
    start, end = from_editor_range(params.range, document.text, document.encoding)
    return Spot(workspace.id, document, page, start, end, params.range, params.context)


def command_action(
    title: str,
    kind: str,
    command: Command,
    arguments: Mapping[str, object],
    diagnostic: types.Diagnostic | None = None,
    preferred: bool = False,
) -> types.CodeAction:
    """A code action that is a command."""
    return types.CodeAction(
        title=title,
        kind=kind,
        diagnostics=[diagnostic] if diagnostic else None,
        is_preferred=preferred or None,
        command=types.Command(title=title, command=command.value, arguments=[dict(arguments)]),
    )
