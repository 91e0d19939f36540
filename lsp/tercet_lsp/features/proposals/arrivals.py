"""Notices which documents come to have the text that a change leads to, as the editor tells of its edits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from tercet_lsp.convert.texts import Text
from tercet_lsp.documents import Document
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder, Place


class Arrivals:
    """Notices which open documents come to have the wanted text, if only for a moment, while it is entered."""

    def __init__(self, ls: Editor, folder: Folder, wanted: dict[str, str | None]) -> None:
        self.seen: set[str] = set()
        self._ls = ls
        self._folder = folder
        self._wanted = wanted
        self._changed = asyncio.Event()
        self._before = {path: document.text.sha256 for path in wanted if (document := self._document(path))}

    def __enter__(self) -> Arrivals:
        self._ls.on_edited.append(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        self._ls.on_edited.remove(self._look)

    async def wait(self, patience_s: float) -> None:
        """Until every open document has arrived, or patience is at its end."""
        for path in self._wanted:
            self._look(Place(self._folder, path))
        await self._until(lambda: not self._is_missing_some(), patience_s)

    async def wait_for_first(self, patience_s: float) -> None:
        """Until any of the documents has changed at all, or patience is at its end."""
        await self._until(lambda: not self.is_all_quiet(), patience_s)

    def is_all_quiet(self) -> bool:
        """No open document has changed since: the editor may not have told of what it did. False where none is open."""
        texts = {path: document.text.sha256 for path in self._wanted if (document := self._document(path))}
        return bool(texts) and not self.seen and texts == {path: self._before.get(path) for path in texts}

    async def _until(self, condition: Callable[[], bool], patience_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()

    def _look(self, place: Place) -> None:
        document = self._ls.document_at(place)
        if place.folder == self._folder and document and self._wanted.get(place.path) == document.text.sha256:
            self.seen.add(place.path)
        self._changed.set()

    def _is_missing_some(self) -> bool:
        texts = [path for path, sha256 in self._wanted.items() if sha256 is not None and path not in self.seen]
        return any(self._document(path) for path in texts)

    def _document(self, path: str) -> Document | None:
        return self._ls.document_at(Place(self._folder, path))


def sha256_of(text: Text | None) -> str | None:
    return None if text is None else text.sha256
