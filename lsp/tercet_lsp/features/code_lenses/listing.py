"""Answers the editor: lists the code lenses of a document, and has the editor ask again when it would see others.

Proposals are in the mirror; how tests went is asked of the daemon, which looks it up and runs nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lsprotocol import types

from tercet_lsp.documents import Document
from tercet_lsp.editor import Editor
from tercet_lsp.features.code_lenses import of_proposals, of_tests
from tercet_lsp.session.coalescing import Coalesced
from tercet_lsp.session.folders import Place
from tercet_lsp.session.runs import RunView

_Lenses = list[types.CodeLens]


def register(ls: Editor) -> None:
    listing = _Listing(ls)

    @ls.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def code_lenses(ls: Editor, params: types.CodeLensParams) -> Generator[Any, _Lenses, _Lenses]:
        """A generator (as pygls has it): without tests to ask for, it is answered at once."""
        place, document = ls.locate(params.text_document.uri), ls.documents.of(params.text_document.uri)
        if place is None or document is None:
            return []
        if not ls.settings.test_lenses or ls.session.daemon.state != "connected":
            return list(of_proposals.at(ls, place, document))
        return (yield listing.of, (place, document), None)

    if ls.abilities.refreshes_lenses:
        listing.refresh_when_needed()


class _Listing:
    """Remembers what it listed as far as it may have to be listed anew."""

    def __init__(self, ls: Editor) -> None:
        self._ls = ls
        self._refresh = Coalesced(lambda: ls.workspace_code_lens_refresh(None))
        self._current: set[Place] = set()
        """Where outcomes are shown that any edit elsewhere makes outdated."""
        self._edits = 0
        self._asked_again: dict[Place, str] = {}
        """By the text for which no answer came in time: the editor is told to ask once more, once."""

    async def of(self, place: Place, document: Document) -> _Lenses:
        edits = self._edits
        found = await self._ls.look(lambda daemon: daemon.outcomes(place))
        listed = list(of_proposals.at(self._ls, place, document))
        if found is None:
            self._ask_again(place, document)
            return listed
        if found.text_sha256 != document.text.sha256:
            return listed  # the editor asks again once the text rests
        if any(of_tests.is_current(each) for each in found.tests):
            self._current.add(place)
            if self._edits != edits:
                self._refresh.changed()  # something was edited while the daemon answered
        return [*listed, *of_tests.of(found, document)]

    def _ask_again(self, place: Place, document: Document) -> None:
        sha256 = document.text.sha256
        if self._ls.abilities.refreshes_lenses and self._asked_again.get(place) != sha256:
            self._asked_again[place] = sha256
            self._refresh.changed()

    def refresh_when_needed(self) -> None:
        session = self._ls.session
        session.mirror.on_proposals.append(self._refresh.changed)
        session.mirror.on_run.append(self._run_changed)
        session.on_registered.append(self._refresh.changed)
        session.on_daemon.append(self._refresh.changed)
        self._ls.on_edited.append(self._edited)

    def _run_changed(self, before: RunView | None, now: RunView) -> None:
        if before is not None and before.is_active and not now.is_active:
            self._refresh.changed()  # it may have run tests

    def _edited(self, place: Place) -> None:
        """Of the document itself the editor asks anyway; of others once, until they show something current again."""
        self._edits += 1
        others = self._current - {place}
        self._current.clear()
        if others:
            self._refresh.changed()
