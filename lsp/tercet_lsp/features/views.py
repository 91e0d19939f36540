"""Our own methods (`tercet/…`), of which an editor's views of runs and proposals are made. Documented in docs/editors.md.

Their payloads are the models of `tercet_shared`, as the daemon writes them. Notifications go to an editor that asked for them.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from tercet_shared.errors import InvalidRequest, NotFound, StaleText, TercetError

from tercet_lsp.convert.edits import FileChange, text_after
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder, Place
from tercet_lsp.session.session import DaemonView

if TYPE_CHECKING:
    from pydantic import BaseModel
    from tercet_shared.editor import ChangedText, EditorDaemon
    from tercet_shared.edits import FileEdit
    from tercet_shared.events import Event
    from tercet_shared.ids import WorkspaceId
    from tercet_shared.proposals import Proposal
    from tercet_shared.runs import Run

    from tercet_lsp.session.daemon import Daemon

    _Model = TypeVar("_Model", bound=BaseModel)

RUNS = 50
"""So many runs of a workspace are in a snapshot."""

SNAPSHOT_S = 2.0
"""A daemon that takes longer is left alone: the snapshot is then what was known before."""

logger = logging.getLogger(__name__)


def register(ls: Editor) -> None:
    board = _Board()
    ls.add_request("tercet/snapshot", board.snapshot)
    ls.add_request("tercet/changes", changes)
    ls.add_request("tercet/runEvents", run_events)
    ls.add_request("tercet/models", models)
    if ls.abilities.follows_events:
        ls.session.on_event.append(lambda event: _notify_event(ls, event))
        ls.session.on_daemon.append(lambda view: _notify_daemon(ls, view))


# -- notifications --------------------------------------------------------------------------------------------------------


def _notify_event(ls: Editor, event: Event) -> None:
    ls.protocol.notify("tercet/event", event.model_dump(mode="json"))


def _notify_daemon(ls: Editor, view: DaemonView) -> None:
    ls.protocol.notify("tercet/daemon", _daemon(view).model_dump(mode="json"))


def _daemon(view: DaemonView) -> EditorDaemon:
    from tercet_shared.editor import EditorDaemon, LinkState  # noqa: PLC0415  # pydantic comes after `initialize`

    return EditorDaemon(state=LinkState(view.state), version=view.version, pid=view.pid, problem=view.problem)


# -- how everything stands ------------------------------------------------------------------------------------------------


class _Board:
    """Keeps the last answer of a daemon that may be away by now."""

    def __init__(self) -> None:
        self._runs: dict[WorkspaceId, list[Run]] = {}
        self._claimed: dict[WorkspaceId, list[Proposal]] = {}

    async def snapshot(self, ls: Editor, params: Any) -> object:
        """`tercet/snapshot`: the daemon, the workspaces, their runs and proposals."""
        from tercet_shared.editor import Snapshot  # noqa: PLC0415  # pydantic comes after `initialize`

        session = ls.session
        if session.daemon.state == "connected":
            await self._refresh(ls)
        known = session.folders.ids()
        offered = {each.id: each for each in session.mirror.offered()}
        offered |= {each.id: each for workspace_id in known for each in self._claimed.get(workspace_id, [])}
        offered |= {each.id: each for each in session.mirror.applied()}
        return Snapshot(
            daemon=_daemon(session.daemon),
            workspaces=session.folders.workspaces(),
            runs=[run for workspace_id in known for run in self._runs.get(workspace_id, [])],
            proposals=sorted(offered.values(), key=lambda each: each.created_at),
        ).model_dump(mode="json")

    async def _refresh(self, ls: Editor) -> None:
        async def asked(daemon: Daemon) -> None:
            for workspace_id in ls.session.folders.ids():
                self._runs[workspace_id] = await daemon.runs(workspace_id, RUNS)
                waiting = await daemon.proposals(workspace_id)
                self._claimed[workspace_id] = [each for each in waiting if each.state == "claimed"]

        try:
            async with asyncio.timeout(SNAPSHOT_S):
                await ls.session.ask(asked)
        except (TercetError, TimeoutError) as error:
            logger.info("the snapshot is an older one: %s", error)


# -- one run, one proposal ------------------------------------------------------------------------------------------------


async def run_events(ls: Editor, params: Any) -> object:
    """`tercet/runEvents`: the stored events of a run."""
    from tercet_shared.editor import RunEventsParams  # noqa: PLC0415  # pydantic comes after `initialize`

    given = _read(RunEventsParams, params)
    events = await ls.session.ask(lambda daemon: daemon.run_events(given.run, given.after))
    return [event.model_dump(mode="json") for event in events]


async def models(ls: Editor, params: Any) -> object:
    """`tercet/models`: the configured models, what they did today and what it cost."""
    report = await ls.session.ask(lambda daemon: daemon.models())
    return report.model_dump(mode="json")


async def changes(ls: Editor, params: Any) -> object:
    """`tercet/changes`: the whole texts before and after a proposal. Raises StaleText once the text has moved on."""
    from tercet_shared.editor import ProposalChanges, ProposalParams  # noqa: PLC0415  # as above

    name = _read(ProposalParams, params).proposal
    proposal = await ls.session.ask(lambda daemon: daemon.proposal(name))
    folder = ls.session.folders.of(proposal.workspace_id)
    if folder is None:
        raise NotFound("This proposal is for a folder that is not open here. Open the folder first.")
    files = [await _changed_text(ls, folder, file) for file in proposal.change_set.files]
    return ProposalChanges(files=files).model_dump(mode="json")


async def _changed_text(ls: Editor, folder: Folder, file: FileEdit) -> ChangedText:
    from tercet_shared.editor import ChangedText  # noqa: PLC0415  # as above

    place = Place(folder, file.path)
    before = await ls.text_at(place)
    if (before.sha256 if before else None) != file.base_sha256:
        raise StaleText(f"{file.path} is no longer the text that this change was made for.")
    after = text_after(FileChange(ls.uri_of(place), None, before, file.edits))
    return ChangedText(
        uri=ls.uri_of(place), path=file.path, before=before.content if before else None, after=after.content
    )


def _read(model: type[_Model], params: Any) -> _Model:
    """The parameters of a request of ours. Raises InvalidRequest with what is wrong with them."""
    from pydantic import ValidationError  # noqa: PLC0415  # as above

    try:
        return model.model_validate(params)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, each['loc'])) or 'params'}: {each['msg']}" for each in error.errors())
        raise InvalidRequest(f"These parameters cannot be used: {'; '.join(faults)}."[:2000]) from error
