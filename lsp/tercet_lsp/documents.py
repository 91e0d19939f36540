"""The editor's open documents, kept exactly as the editor has them, and found by path.

pygls' own documents split lines where Python does (form feed, U+2028 ...) and so drift from the editor's text; these
split where the protocol does. They never read the disk.
"""

from pathlib import PurePath

from lsprotocol import types
from pygls.workspace import TextDocument, Workspace

from tercet_lsp.convert import positions, uris
from tercet_lsp.convert.texts import Text


class Document(TextDocument):
    """One open document."""

    _text: Text | None = None

    @property
    def text(self) -> Text:
        """Its text now, with lines and hash computed at most once a version."""
        if self._text is None or self._text.content is not self._source:
            self._text = Text(self._source or "")
            self._source = self._text.content
        return self._text

    @property
    def lines(self) -> list[str]:
        return self.text.lines

    @property
    def encoding(self) -> positions.Encoding:
        """The position encoding agreed upon with the editor."""
        return self.position_codec.encoding

    def _apply_incremental_change(self, change: types.TextDocumentContentChangePartial) -> None:
        text = self.text
        start, end = positions.from_editor_range(change.range, text, self.encoding)
        before, after = text.content[: text.offset(*start)], text.content[text.offset(*end) :]
        self._source = before + change.text + after


class Documents(Workspace):
    """pygls' workspace with our documents in it."""

    _paths: dict[PurePath, Document]

    @classmethod
    def instead_of(cls, workspace: Workspace, sync_kind: types.TextDocumentSyncKind) -> "Documents":
        """The same folders and encoding as `workspace`, and no documents."""
        documents = cls(workspace.root_uri, sync_kind, list(workspace.folders.values()), workspace.position_encoding)
        documents._paths = {}
        return documents

    def at(self, path: PurePath) -> Document | None:
        """The open document of a file."""
        return self._paths.get(path)

    def of(self, uri: str) -> Document | None:
        """The open document of a URI; other documents (closed, untitled, notebooks) are none of ours."""
        path = uris.to_path(uri)
        return None if path is None else self.at(path)

    def all(self) -> list[tuple[PurePath, Document]]:
        """Every open document that is a file."""
        return list(self._paths.items())

    def put_text_document(self, text_document: types.TextDocumentItem, notebook_uri: str | None = None) -> None:
        super().put_text_document(text_document, notebook_uri)
        path = uris.to_path(text_document.uri)
        document = self.get_text_document(text_document.uri)
        if path is not None and isinstance(document, Document):
            self._paths[path] = document

    def remove_text_document(self, doc_uri: str) -> None:
        super().remove_text_document(doc_uri)
        if (path := uris.to_path(doc_uri)) is not None:
            self._paths.pop(path, None)

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> TextDocument:
        return Document(
            doc_uri,
            source=source or "",
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self.position_codec,
        )
