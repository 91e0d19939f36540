"""Change sets as workspace edits."""

from __future__ import annotations

from collections import Counter
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


def text_after(change: FileChange) -> Text:
    """The text that the edits of an existing or a new file lead to."""
    before, pieces, done = change.before or Text(""), list[str](), 0
    for edit in sorted(change.edits, key=lambda each: each.range.start.as_tuple()):
        pieces += [before.content[done : before.offset(*edit.range.start.as_tuple())], edit.new_text]
        done = before.offset(*edit.range.end.as_tuple())
    return Text("".join(pieces) + before.content[done:])


def reverse(change: FileChange, uri: str, version: int | None, after: Text | None) -> FileChange:
    """The change that leads back from `after` (None: the file was deleted), to the line exactly."""
    if change.before is None:
        return FileChange(uri, version, before=after, edits=[], deletes=True)
    before, now = change.before.lines, (after or Text("")).lines
    same_start = _equal_beginning(before[:-1], now[:-1])
    same_end = _equal_beginning(before[same_start:][::-1], now[same_start:][::-1])
    edit = _replace_lines(now, same_start, same_end, "".join(before[same_start : len(before) - same_end]))
    return FileChange(uri, version, before=after, edits=[edit])


def difference(one: Text, other: Text) -> int:
    """How many lines one has and the other has not, wherever they stand."""
    lines, others = Counter(one.lines), Counter(other.lines)
    return ((lines - others) + (others - lines)).total()


def _equal_beginning(lines: Sequence[str], others: Sequence[str]) -> int:
    unequal = (index for index, (line, other) in enumerate(zip(lines, others, strict=False)) if line != other)
    return next(unequal, min(len(lines), len(others)))


def _replace_lines(lines: Sequence[str], same_start: int, same_end: int, new_text: str) -> TextEdit:
    from tercet_shared.edits import Position, Range, TextEdit  # noqa: PLC0415  # pydantic comes after `initialize`

    last = len(lines) - 1
    end = (
        Position(line=len(lines) - same_end, character=0)
        if same_end
        else Position(line=last, character=len(lines[last]))
    )
    return TextEdit(range=Range(start=Position(line=same_start, character=0), end=end), new_text=new_text)


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
