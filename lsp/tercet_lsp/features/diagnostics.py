"""Diagnostics: what the daemon found, for the text that the editor shows now. Pulled where the editor can, else pushed.

Reads the mirror alone; a finding made for another text is not shown, for its positions would be wrong.
"""

import asyncio
from collections.abc import Iterable, Mapping

from lsprotocol import types

from tercet_lsp.convert.diagnostics import Page, finding_diagnostic, proposal_diagnostics
from tercet_lsp.convert.texts import Text
from tercet_lsp.editor import Editor
from tercet_lsp.session.coalescing import Coalesced
from tercet_lsp.session.folders import Place

PUSH_DELAY_S = 0.1
"""After a keystroke what was found before it is taken down so late, unless there is something new to show by then."""

WORKSPACE_PULL_DEADLINE_S = 60.0


def register(ls: Editor) -> None:
    """Registered while `initialize` is answered, once it is known which of the two ways the editor goes."""
    if ls.abilities.pulls_diagnostics:
        ls.feature(types.TEXT_DOCUMENT_DIAGNOSTIC)(pull)
        ls.feature(types.WORKSPACE_DIAGNOSTIC)(pull_workspace)
        ls.session.mirror.on_paths.append(Coalesced(lambda: ls.workspace_diagnostic_refresh(None)).changed)
    else:
        pusher = _Pusher(ls)
        ls.session.mirror.on_paths.append(pusher.changed)
        ls.on_edited.append(pusher.edited)


# -- pull ---------------------------------------------------------------------------------------------------------------


def pull(ls: Editor, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    place, document = ls.locate(params.text_document.uri), ls.documents.of(params.text_document.uri)
    if place is None or document is None:
        return types.RelatedFullDocumentDiagnosticReport(items=[])
    result_id = f"{_revision(ls, place)}.{document.version}"
    if params.previous_result_id == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=result_id)
    return types.RelatedFullDocumentDiagnosticReport(items=_diagnostics(ls, place, document.text), result_id=result_id)


async def pull_workspace(ls: Editor, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
    """Reports the files that are not open; holds the answer back until there is something new."""
    known = {each.uri: each.value for each in params.previous_result_ids}
    changed = asyncio.Event()
    ls.session.mirror.on_paths.append(notify := lambda *_: changed.set())
    try:
        async with asyncio.timeout(WORKSPACE_PULL_DEADLINE_S):
            while not (reports := await _closed_files(ls, known)) and known:
                await changed.wait()
                changed.clear()
    except TimeoutError:
        reports = []
    finally:
        ls.session.mirror.on_paths.remove(notify)
    return types.WorkspaceDiagnosticReport(items=reports)


async def _closed_files(ls: Editor, known: Mapping[str, str]) -> list[types.WorkspaceDocumentDiagnosticReport]:
    reports: list[types.WorkspaceDocumentDiagnosticReport] = []
    for uri, place in _closed_places(ls, known).items():
        revision = _revision(ls, place)
        if known.get(uri) == revision:
            continue
        text = await ls.text_at(place)
        items = [] if text is None else _diagnostics(ls, place, text)
        reports.append(types.WorkspaceFullDocumentDiagnosticReport(uri=uri, items=items, result_id=revision))
    return reports


def _closed_places(ls: Editor, known: Iterable[str]) -> dict[str, Place]:
    """The files with something to show now, and those with something shown before."""
    places = {uri: place for uri in known if (place := ls.locate(uri)) is not None}
    for folder in ls.session.folders:
        workspace = ls.session.folders.workspace(folder)
        for path in sorted(ls.session.mirror.paths(workspace.id)) if workspace else ():
            place = Place(folder, path)
            places[ls.uri_of(place)] = place
    return {uri: place for uri, place in places.items() if ls.document_at(place) is None}


# -- push ---------------------------------------------------------------------------------------------------------------


class _Pusher:
    """Publishes the diagnostics of files that changed, once for all changes of a moment."""

    def __init__(self, ls: Editor) -> None:
        self._ls = ls
        self._due: dict[Place, asyncio.TimerHandle] = {}
        self._shown: set[Place] = set()

    def changed(self, workspace_id: object, paths: Iterable[str]) -> None:
        for folder in self._ls.session.folders:
            workspace = self._ls.session.folders.workspace(folder)
            if workspace is not None and workspace.id == workspace_id:
                for path in paths:
                    self._within(0, Place(folder, path))

    def edited(self, place: Place) -> None:
        if place in self._shown:
            self._within(PUSH_DELAY_S, place)

    def _within(self, delay_s: float, place: Place) -> None:
        """Publishes after `delay_s`, or when it is due already if that is sooner."""
        loop = asyncio.get_running_loop()
        due = self._due.get(place)
        if due is not None:
            if due.when() <= loop.time() + delay_s:
                return
            due.cancel()
        self._due[place] = loop.call_later(delay_s, self._start, place)

    def _start(self, place: Place) -> None:
        del self._due[place]
        self._ls.session.spawn(self._publish(place))

    async def _publish(self, place: Place) -> None:
        text = await self._ls.text_at(place)
        document = self._ls.document_at(place)
        text = document.text if document else text
        items = [] if text is None else _diagnostics(self._ls, place, text)
        self._shown.discard(place)
        if items:
            self._shown.add(place)
        self._ls.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri=self._ls.uri_of(place), diagnostics=items, version=document.version if document else None
            )
        )


# -- both ---------------------------------------------------------------------------------------------------------------


def _diagnostics(ls: Editor, place: Place, text: Text) -> list[types.Diagnostic]:
    workspace = ls.session.folders.workspace(place.folder)
    if workspace is None:
        return []
    page = Page(
        path=place.path,
        text=text,
        encoding=ls.documents.position_encoding,
        uri_of=lambda path: ls.uri_of(Place(place.folder, path)),
        shows_related=ls.abilities.shows_related,
    )
    findings = [
        finding_diagnostic(finding, page)
        for finding in ls.session.mirror.findings(workspace.id, place.path)
        if finding.text_sha256 == text.sha256 and finding.source in ls.settings.diagnostics_sources
    ]
    proposals = [
        diagnostic
        for proposal in ls.session.mirror.proposals(workspace.id, place.path)
        if any(file.path == place.path and file.base_sha256 == text.sha256 for file in proposal.change_set.files)
        for diagnostic in proposal_diagnostics(proposal, page)
    ]
    return findings + proposals


def _revision(ls: Editor, place: Place) -> str:
    workspace = ls.session.folders.workspace(place.folder)
    return "" if workspace is None else ls.session.mirror.revision(workspace.id, place.path)
