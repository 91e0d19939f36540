"""One editor's session: the link to the daemon together with everything that must hold over its breaks.

Before `start` it only remembers; nothing here blocks the event loop, and nothing here knows the editor's protocol.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tercet_shared.errors import DaemonUnavailable, NotFound, TercetError
from tercet_shared.ids import ClientId, RunId, new_client_id

from tercet_lsp.session.folders import Folder, Folders
from tercet_lsp.session.mirror import Mirror
from tercet_lsp.session.outcomes import Outcome, Outcomes
from tercet_lsp.session.overlays import Overlays
from tercet_lsp.session.runs import Aim, after, created, view_of

if TYPE_CHECKING:
    from tercet_shared.events import Event, FindingsChanged
    from tercet_shared.ids import ClaimId
    from tercet_shared.proposals import Proposal
    from tercet_shared.workspaces import Workspace

    from tercet_lsp.session.daemon import Daemon
    from tercet_lsp.session.link import Link

_Answer = TypeVar("_Answer")

GOODBYE_DEADLINE_S = 2.0
FETCH_ALL_PATHS = 8
"""Above this many changed files, the findings of the whole workspace are fetched at once."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DaemonView:
    """How the link to the daemon stands: `state` is "connecting", "connected" or "lost"."""

    state: str = "connecting"
    version: str | None = None
    pid: int | None = None
    problem: str | None = None


class Session:
    """What the features share."""

    def __init__(self) -> None:
        self.client_id: ClientId = new_client_id()
        self.folders = Folders()
        self.mirror = Mirror()
        self.overlays = Overlays(lambda: self._link.current if self._link else None, self.spawn)
        self.on_registered: list[Callable[[Folder, Workspace], None]] = []
        """Called when the daemon has registered a folder, with every new connection again."""
        self.on_problem: list[Callable[[str], None]] = []
        """Called with a sentence for the user."""
        self.on_event: list[Callable[[Event], None]] = []
        """Called with every event of the session's workspaces, once the mirror knows of it."""
        self.on_daemon: list[Callable[[DaemonView], None]] = []
        """Called when the link to the daemon changes."""
        self.daemon = DaemonView()
        self.has_model: bool | None = None
        """Whether a language model can be asked; None while it is not known."""
        self.trust: str | None = None
        self.interpreter: str | None = None
        self._outcomes = Outcomes()
        self._link: Link | None = None
        self._linked = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._told: set[str] = set()

    # -- its life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins to look for the daemon; called once the editor has had its answer."""
        self.spawn(self._run_link())

    async def close(self) -> None:
        """Says good-bye to the daemon and ends every task."""
        if self._link is not None:
            self._link.close()
        daemon = self._link.current if self._link else None
        if daemon is not None:
            try:
                async with asyncio.timeout(GOODBYE_DEADLINE_S):
                    await daemon.forget()
            except (TercetError, TimeoutError) as error:
                logger.info("left without good-bye: %s", error)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Starts a task that this session owns: it is cancelled at the end, and its failure is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a background task failed", exc_info=error)
            self.tell(f"Tercet met a fault of its own ({error}). The language server's log has the details.")

    async def _run_link(self) -> None:
        self._link = await asyncio.to_thread(_load_link, self)
        self._linked.set()
        await self._link.run()

    # -- asking the daemon ------------------------------------------------------------------------------------------

    async def ask(self, question: Callable[[Daemon], Awaitable[_Answer]], *, repeatable: bool = True) -> _Answer:
        """See `Link.ask`."""
        await self._linked.wait()
        assert self._link is not None
        return await self._link.ask(question, repeatable=repeatable)

    async def flush(self) -> None:
        """Everything that the user typed is with the daemon when this returns."""

        async def flushed(_: Daemon) -> None:
            await self.overlays.flush()

        await self.ask(flushed)

    async def register(self, folder: Folder) -> None:
        """Makes a folder that was added later known to the daemon."""

        async def registered(daemon: Daemon) -> None:
            await self._register(daemon, folder)
            await self.overlays.flush()

        await self.ask(registered)

    def release(self, folder: Folder) -> None:
        """The editor has closed the folder: its overlays go; without a daemon, as soon as it is back."""
        self.overlays.drop_folder(folder)
        self.folders.remove(folder.uri)
        self.spawn(self._delete_overlays(folder))

    async def _delete_overlays(self, folder: Folder) -> None:
        try:
            await self.flush()
        except TercetError as error:
            logger.info("the overlays of %s wait to be deleted: %s", folder.path, error)
        else:
            self.folders.forget(folder)

    async def start_run(self, folder: Folder, intent: str, aim: Aim) -> RunId:
        """Starts a run on the texts as the user sees them."""
        await self.flush()
        workspace = self.workspace(folder)
        run = await self.ask(lambda daemon: daemon.start_run(workspace.id, intent, aim), repeatable=False)
        return run.id

    async def run_words(self, folder: Folder, aim: Aim) -> tuple[RunId, list[str]]:
        """Starts the run that the aim's instructions ask for; with sentences on what they were understood as."""
        await self.flush()
        workspace = self.workspace(folder)
        run, understood = await self.ask(lambda daemon: daemon.run_words(workspace.id, aim), repeatable=False)
        return run.id, understood.told()

    async def report(self, claim_id: ClaimId, outcome: Outcome) -> Proposal:
        """Tells the daemon what became of a claim; if there is none now, the next one is told as soon as it is there."""
        self._outcomes.keep(claim_id, outcome)
        return await self.ask(lambda daemon: self._outcomes.report(daemon, claim_id, outcome))

    def workspace(self, folder: Folder) -> Workspace:
        """Raises NotFound while the daemon does not know the folder."""
        workspace = self.folders.workspace(folder)
        if workspace is None:
            raise NotFound(f"Tercet's daemon does not know {folder.path} yet. Try again in a moment.")
        return workspace

    def tell(self, sentence: str) -> None:
        """Tells the user, each sentence once."""
        if sentence not in self._told:
            self._told.add(sentence)
            for listener in self.on_problem:
                listener(sentence)

    # -- what the link tells ------------------------------------------------------------------------------------------

    async def connected(self, daemon: Daemon) -> None:
        self.mirror.generation += 1
        for folder in self.folders:
            await self._register(daemon, folder)
        await self.overlays.resend(daemon)
        for proposal in await self._outcomes.report_all(daemon):
            self.mirror.put_proposal(proposal)
        await self._look_at_models(daemon)

    async def _look_at_models(self, daemon: Daemon) -> None:
        try:
            self.has_model = any(not model.problem for model in (await daemon.models()).models)
        except DaemonUnavailable:
            raise
        except TercetError as error:
            logger.info("it is not known whether there is a model: %s", error)

    async def _register(self, daemon: Daemon, folder: Folder) -> None:
        try:
            workspace = await daemon.register(folder, self.trust, self.interpreter)
        except DaemonUnavailable:
            raise
        except TercetError as error:
            self.tell(error.sentence)
            return
        self.folders.registered(folder, workspace)
        for problem in workspace.problems:
            self.tell(problem)
        await self._look(daemon, workspace)
        for listener in self.on_registered:
            listener(folder, workspace)

    async def _look(self, daemon: Daemon, workspace: Workspace) -> None:
        """How things stand in a workspace."""
        self.mirror.replace_findings(workspace.id, await daemon.client.findings(workspace.id))
        self.mirror.replace_proposals(workspace.id, await daemon.client.proposals(workspace.id))
        for run in reversed(await daemon.client.runs(workspace.id)):
            self.mirror.put_run(view_of(run))

    async def findings_changed(self, daemon: Daemon, notice: FindingsChanged) -> None:
        if notice.workspace_id not in self.folders.ids():
            return
        if len(notice.paths) > FETCH_ALL_PATHS:
            self.mirror.replace_findings(notice.workspace_id, await daemon.client.findings(notice.workspace_id))
            return
        for path in notice.paths:
            files = await daemon.client.findings(notice.workspace_id, path)
            self.mirror.put_findings(notice.workspace_id, path, files)

    async def happened(self, daemon: Daemon, event: Event) -> None:
        if event.workspace_id not in self.folders.ids():
            return
        if event.type in ("proposal.offered", "proposal.state"):
            self.mirror.put_proposal(await daemon.proposal(event.data["proposal_id"]))
        known = self.mirror.run(event.run_id)
        if event.type == "run.created" and known is None:
            known = created(event)
        elif known is None:
            known = view_of(await daemon.run(event.run_id))
        self.mirror.put_run(after(known, event))
        for listener in self.on_event:
            listener(event)

    def ready(self, daemon: Daemon) -> None:
        self._daemon_is(DaemonView("connected", daemon.record.version, daemon.record.pid))

    def lost(self, problem: TercetError) -> None:
        self._daemon_is(DaemonView("lost", problem=problem.sentence))

    def _daemon_is(self, view: DaemonView) -> None:
        if view != self.daemon:
            self.daemon = view
            for listener in self.on_daemon:
                listener(view)

    def unreachable(self, error: TercetError) -> None:
        self.tell(error.sentence)


def _load_link(session: Session) -> Link:
    """Loads pydantic and httpx, which takes a while: called in a thread.

    httpx loads its command line, and with it rich and pygments, wherever those are installed: 3 MB and half of its time.
    """
    if "httpx" not in sys.modules:
        sys.modules["httpx._main"] = None  # type: ignore[assignment]  # None is how Python marks a module as missing
    from tercet_lsp.session.link import Link  # noqa: PLC0415  # late: see above

    return Link(session, session.client_id, session.folders)
