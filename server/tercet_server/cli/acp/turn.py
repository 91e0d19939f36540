"""One prompt carried to its end: trust, the run, its plan and progress, and the proposal with its diff, applied if allowed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from acp import start_tool_call, update_tool_call
from acp.schema import ToolCallUpdate
from tercet_shared.errors import NotTrusted, TercetError, Unsupported
from tercet_shared.events import Event, EventType
from tercet_shared.free_text import FreeText
from tercet_shared.ids import RunId, WorkspaceId
from tercet_shared.proposals import Decision, Proposal
from tercet_shared.runs import Intent, Plan, Run, RunRequest, RunState
from tercet_shared.workspaces import Trust, Workspace

from tercet_server.cli.acp import prompt as prompts
from tercet_server.cli.acp import views
from tercet_server.cli.acp.conversation import Conversation
from tercet_server.cli.acp.markup import escaped, quoted
from tercet_server.cli.follow import begin_of_round, until_rest
from tercet_server.cli.progress import SilentWatch, line_of
from tercet_server.cli.session import Session

Ending = Literal["end_turn", "cancelled"]


class Turn:
    """Lives as long as its prompt, with a link of its own to the daemon."""

    def __init__(self, conversation: Conversation, workspace_id: WorkspaceId) -> None:
        self._conversation = conversation
        self._workspace_id = workspace_id
        self._working: RunId | None = None
        """The run, while it is followed."""

    async def carry(self, blocks: Sequence[object]) -> Ending:
        """Never raises what Tercet can explain: it is said."""
        try:
            async with Session() as daemon:
                await self._carry(daemon, blocks)
        except TercetError as error:
            await self._conversation.say(escaped(error.sentence))
        return "cancelled" if self._conversation.cancelled.is_set() else "end_turn"

    async def cancel(self) -> None:
        """Ends a question that is open, or the run. What is being applied is applied."""
        self._conversation.cancelled.set()
        if self._working is None:
            return
        try:
            async with Session() as daemon:
                await daemon.client.cancel_run(self._working)
        except TercetError as error:  # most often it has just come to rest by itself
            await self._conversation.say(escaped(error.sentence))

    async def _carry(self, daemon: Session, blocks: Sequence[object]) -> None:
        workspace = await daemon.client.workspace(self._workspace_id)
        root = Path(workspace.root)
        wish = await asyncio.to_thread(prompts.read, blocks, root)
        request = await self._request(daemon, wish)
        if self._conversation.cancelled.is_set():
            return
        if request.intent is not Intent.EXPLAIN and not await self._is_trusted(daemon, workspace):
            return
        run = await self._run(daemon, request)
        while run.state is RunState.WAITING:
            approved = await self._approved(daemon, run)
            if approved is None:
                return
            run = await self._follow(daemon, approved)
        if run.state is RunState.PROPOSED and run.proposal_id is not None:
            await self._offer(daemon, root, await daemon.client.proposal(run.proposal_id))
            return
        if run.state is RunState.CANCELLED:
            self._conversation.cancelled.set()
        await self._conversation.say(_ending(run))
        if run.intent is Intent.REVIEW and (found := views.findings(await daemon.client.findings(self._workspace_id))):
            await self._conversation.say(found)

    async def _is_trusted(self, daemon: Session, workspace: Workspace) -> bool:
        """False if the question is cancelled. Raises NotTrusted if the answer is no."""
        if workspace.trust is Trust.TRUSTED:
            return True
        title = f"Trust the code of {quoted(workspace.root)}: its tests are run, in a sandbox without network"
        call = ToolCallUpdate(tool_call_id=f"trust-{workspace.id}", title=title, kind="execute", status="pending")
        if await self._conversation.agrees(call, "Trust this folder", "Not now", lasting=True):
            await daemon.client.set_trust(workspace.id, True)
            return True
        if self._conversation.cancelled.is_set():
            return False
        raise NotTrusted(f"{workspace.root} is not trusted, so nothing of it was run.", root=workspace.root)

    # -- the run ------------------------------------------------------------------------------------------------

    async def _request(self, daemon: Session, wish: prompts.Wish) -> RunRequest:
        """What is to be run; what free text is understood as is said, before anything is."""
        intent, target = wish.intent, wish.target
        if intent is None:
            asked = FreeText(
                workspace_id=self._workspace_id, words=wish.instructions, target=target, client_id=daemon.client_id
            )
            understood = await daemon.client.understand(asked)
            for line in understood.told():
                await self._conversation.say(escaped(line))
            intent, target = understood.intent, understood.target
        return RunRequest(
            workspace_id=self._workspace_id,
            intent=intent,
            target=target,
            instructions=wish.instructions,
            client_id=daemon.client_id,
        )

    async def _run(self, daemon: Session, request: RunRequest) -> Run:
        """The run as it rests; what happens is told in order, while it happens."""
        run = await daemon.client.start_run(request)
        await self._conversation.show(start_tool_call(run.id, _title(run), kind="other", status="in_progress"))
        return await self._follow(daemon, run)

    async def _follow(self, daemon: Session, run: Run) -> Run:
        self._working = run.id
        if self._conversation.cancelled.is_set():  # while it was being started
            await daemon.client.cancel_run(run.id)
        begun = await begin_of_round(daemon, run)
        run = await _Telling(self._conversation).of(daemon, run.id, begun)
        self._working = None
        failed = run.state not in (RunState.PROPOSED, RunState.COMPLETED, RunState.WAITING)
        end = update_tool_call(run.id, title=_title(run), status="failed" if failed else "completed")
        await self._conversation.show(end)
        return run

    async def _approved(self, daemon: Session, run: Run) -> Run | None:
        """The run, let go on by the person; None if it is dropped or goes on waiting. Raises Unsupported if nobody can be asked."""
        if run.plan is not None:
            await self._conversation.say(views.waiting(run.plan))
        later = f"It waits: `tercet approve {run.id}` lets it go on, `tercet cancel {run.id}` drops it."
        title = "Go on with this plan"
        call = ToolCallUpdate(tool_call_id=f"plan-{run.id}", title=title, kind="other", status="pending")
        try:
            agreed = await self._conversation.agrees(call, "Go on", "Drop it")
        except Unsupported as error:
            raise Unsupported(f"{error.sentence} {later}") from error
        if agreed:
            return await daemon.client.approve_run(run.id)
        if self._conversation.cancelled.is_set():
            await self._conversation.say(later)
        else:
            await daemon.client.cancel_run(run.id)
            await self._conversation.say("Dropped; nothing was changed.")
        return None

    # -- the proposal -------------------------------------------------------------------------------------------

    async def _offer(self, daemon: Session, root: Path, proposal: Proposal) -> None:
        """Shows what is proved and changed, and applies it if allowed. Left open, it can still be applied elsewhere."""
        for number, check in enumerate(proposal.evidence.checks):
            await self._conversation.show(views.check(proposal, number, check))
        await self._conversation.say(views.standing(proposal))
        diffs = await asyncio.to_thread(views.diffs, root, proposal)
        start = start_tool_call(
            proposal.id,
            quoted(proposal.title),
            kind="edit",
            status="pending",
            content=list(diffs),
            locations=views.places(root, proposal),
        )
        await self._conversation.show(start)
        status: Literal["completed", "failed"] = "failed"
        try:
            if await self._settled(daemon, proposal, ToolCallUpdate(**start.model_dump(exclude={"session_update"}))):
                status = "completed"
        finally:
            await self._conversation.show(update_tool_call(proposal.id, status=status))

    async def _settled(self, daemon: Session, proposal: Proposal, call: ToolCallUpdate) -> bool:
        """Whether it was applied. Raises the daemon's error if it cannot be: then nothing was changed."""
        if await self._conversation.agrees(call, "Apply", "Discard"):
            await daemon.client.apply(proposal.id, daemon.client_id)
            undo = f"`tercet undo {proposal.run_id}` takes it back and keeps later edits."
            await self._conversation.say(f"Applied. {undo}")
            return True
        if self._conversation.cancelled.is_set():
            await self._conversation.say(f"Nothing was changed. `tercet apply {proposal.run_id}` applies it later.")
            return False
        await daemon.client.discard(proposal.id)
        await self._conversation.say("Discarded; nothing was changed.")
        return False


def _title(run: Run) -> str:
    return f"Tercet: {run.intent.value}"


def _ending(run: Run) -> str:
    """How the run ended. An explanation is Markdown, in which what others wrote is fenced already."""
    if run.problem is None and run.intent is Intent.EXPLAIN and run.answer:
        return run.answer
    return escaped(run.problem.sentence if run.problem else run.answer or f"The run ended as {run.state.value}.")


class _Telling(SilentWatch):
    """Tells the editor of a run's events, in their order, while the run is followed."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._untold: asyncio.Queue[Event | str | None] = asyncio.Queue()
        self._plan: Plan | None = None
        self._done = 0

    async def of(self, daemon: Session, run_id: RunId, after: int) -> Run:
        telling = asyncio.create_task(self._tell())
        try:
            run = await until_rest(daemon, run_id, self, after)
        finally:
            self._untold.put_nowait(None)
            await telling
        if self._plan is not None and run.state in (RunState.PROPOSED, RunState.COMPLETED):
            await self._conversation.show(views.plan(self._plan, len(self._plan.steps)))
        return run

    def show(self, event: Event) -> None:
        self._untold.put_nowait(event)

    def say(self, sentence: str) -> None:
        self._untold.put_nowait(sentence)

    async def _tell(self) -> None:
        while (each := await self._untold.get()) is not None:
            if isinstance(each, str):
                await self._conversation.say(each)
            else:
                await self._tell_event(each)

    async def _tell_event(self, event: Event) -> None:
        if event.type is EventType.PLAN_READY:
            self._plan, self._done = Plan.model_validate(event.data), 0
            await self._conversation.show(views.plan(self._plan, self._done))
        elif event.type is EventType.CANDIDATE_CHECKED:
            await self._conversation.show(views.candidate(event))
            if self._plan is not None and event.data["verdict"]["decision"] == Decision.ACCEPT.value:
                self._done += 1
                await self._conversation.show(views.plan(self._plan, self._done))
        elif line := line_of(event):
            await self._conversation.show(update_tool_call(event.run_id, title=quoted(line)))
