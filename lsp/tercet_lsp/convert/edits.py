"""Change sets as workspace edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.positions import Encoding, to_editor_range
from tercet_lsp.convert.texts import Text

if TYPE_CHECKING:
    from tercet_shared.edits import TextEdit

_Operation = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


@dataclass(frozen=True)
class FileChange:
    """The edits of one file, with the text that they were checked against (None: the file does not exist)."""

    uri: str
    version: int | None
    """The document's version if it is open."""
    before: Text | None
    edits: Sequence[TextEdit]
    deletes: bool = False
    """The file is to be gone afterwards."""


def workspace_edit(changes: Sequence[FileChange], encoding: Encoding, *, document_changes: bool) -> types.WorkspaceEdit:
    """`document_changes`: with versions, which the editor checks; else the older form that every editor knows."""
    if document_changes:
        return types.WorkspaceEdit(
            document_changes=[operation for change in changes for operation in _operations(change, encoding)]
        )
    return types.WorkspaceEdit(changes={change.uri: _text_edits(change, encoding) for change in changes})


def _operations(change: FileChange, encoding: Encoding) -> list[_Operation]:
    if change.deletes:
        return [types.DeleteFile(uri=change.uri)]
    document = types.OptionalVersionedTextDocumentIdentifier(uri=change.uri, version=change.version)
    edit = types.TextDocumentEdit(text_document=document, edits=_text_edits(change, encoding))
    if change.before is None:
        return [types.CreateFile(uri=change.uri, options=types.CreateFileOptions(overwrite=False)), edit]
    return [edit]


def _text_edits(change: FileChange, encoding: Encoding) -> list[types.TextEdit]:
    text = change.before or Text("")
    return [types.TextEdit(to_editor_range(edit.range, text, encoding), edit.new_text) for edit in change.edits]
