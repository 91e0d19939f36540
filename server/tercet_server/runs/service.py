"""Starts, carries, cancels and resumes runs. Every run that begins here reaches a resting state, whatever dies.

What is done in a run stands in its workflow; here is what surrounds it: admission, turns, deadline, heartbeat, end states.
"""

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol, Self

from tercet_shared.errors import Conflict, NothingFailing, TercetError, Unsupported
from tercet_shared.free_text import FreeText, Understood
from tercet_shared.ids import RunId, new_run_id
from tercet_shared.runs import RESTING_STATES, Again, Intent, Plan, Problem, Run, RunRequest, RunState, Target
from tercet_shared.workspaces import Workspace

from tercet_server.config import Settings, for_workspace
from tercet_server.ledger.states import RESTED_FOR_GOOD, WORKING_STATES
from tercet_server.ports import TakenUp
from tercet_server.runs.answer import AnswerWorkflow
from tercet_server.runs.change import ChangeWorkflow
from tercet_server.runs.durable import DurableRuns, Standing
from tercet_server.runs.job import Job, ThrottledProgress, account_of
from tercet_server.runs.parts import RunParts
from tercet_server.runs.policy import (
    READ_ONLY,
    check_isolation,
    check_plan,
    check_request,
    interpreter_of,
    possible_intents,
)
from tercet_server.runs.review import ReviewWorkflow

LOG = logging.getLogger(__name__)

HEARTBEAT_S = 2.0
CANCEL_GRACE_S = 0.2
"""A cancelled run is shown as cancelled after this long at most, even while its last files are being removed."""

MOST_UNFINISHED = 10_000


class Workflow(Protocol):
    """What is done in the runs of one intent."""

    async def carry(self, job: Job) -> None: ...


class RunService:
    """Open with `open`, then `recover` once; end with `close`: what is under way is resumed at the next start."""

    def __init__(self, settings: Settings, parts: RunParts) -> None:
        self._settings = settings
        self._parts = parts
        self._ledger = parts.ledger
        self._turns = asyncio.Semaphore(settings.run.concurrency)
        self._carriers: dict[tuple[RunId, int], asyncio.Task[None]] = {}
        self._closing = False
        change = ChangeWorkflow(parts)
        self._workflows: dict[Intent, Workflow] = {
            **dict.fromkeys(Intent, change),
            Intent.REVIEW: ReviewWorkflow(parts),
            Intent.EXPLAIN: AnswerWorkflow(parts),
        }
        self._durable: DurableRuns | None = None

    @classmethod
    async def open(cls, database: Path, settings: Settings, parts: RunParts) -> Self:
        """`database` is the file of the durable workflows, beside the ledger."""
        service = cls(settings, parts)
        service._durable = await DurableRuns.open(database, service._carry)
        return service

    @property
    def active(self) -> int:
        """Runs that are being carried now, those waiting for their turn included."""
        return len(self._carriers)

    async def start(self, request: RunRequest) -> Run:
        """Raises NotFound, Unsupported, InvalidRequest, NotTrusted, NoInterpreter."""
        workspace = await self._parts.workspaces.get(request.workspace_id)
        check_request(request, self._parts.proposers)
        if request.intent not in READ_ONLY:
            interpreter_of(workspace)
        if request.intent is Intent.REVIEW:
            await self._supersede_reviews(request)
        settings = await self._settings_of(workspace)
        deadline_s = request.deadline_s or settings.run.deadline_s
        run = await self._ledger.create_run(request, self._parts.clock.now() + timedelta(seconds=deadline_s))
        await self._open_durable().start(run.id)
        return run

    async def understand(self, asked: FreeText) -> Understood:
        """What a run of these words would be of; starts none. Raises NotFound, Unsupported, InvalidRequest."""
        understanding = self._parts.understanding
        if understanding is None:
            raise Unsupported("This daemon was put together without an index of the code, so it cannot read free text.")
        workspace = await self._parts.workspaces.get(asked.workspace_id)
        settings = await self._settings_of(workspace)
        account = account_of(
            settings, new_run_id(), workspace.id
        )  # paid by the day and the workspace, for there is no run yet
        return await understanding.understand(asked, workspace, account, possible_intents(self._parts.proposers))

    async def approve(self, run_id: RunId, plan: Plan | None = None) -> Run:
        """Lets a run go on that waits with its plan. Raises Conflict, InvalidRequest."""
        run = await self._ledger.run(run_id)
        if run.state is not RunState.WAITING:
            raise Conflict(f"Run {run.id} is {run.state}: there is no plan that waits.", state=run.state.value)
        check_plan(plan or run.plan)
        return await self._take_up(run, TakenUp(await self._usual_s(run), plan or run.plan, approved=True))

    async def steer(self, run_id: RunId, instructions: str) -> Run:
        """Has a run that works or waits plan anew, told this as well. Raises Conflict."""
        run = await self._ledger.run(run_id)
        if run.state in RESTED_FOR_GOOD:
            raise Conflict(
                f"Run {run.id} is {run.state} and takes no more instructions. Ask for a new one: `tercet retry {run.id}`.",
                state=run.state.value,
            )
        return await self._take_up(run, TakenUp(await self._usual_s(run), instructions=instructions))

    async def again(self, run_id: RunId, again: Again) -> Run:
        """Starts a new run like this one. Raises what `start` raises."""
        run = await self._ledger.run(run_id)
        wishes = [each for each in (run.instructions, again.instructions) if each.strip()]
        request = RunRequest(
            workspace_id=run.workspace_id,
            intent=run.intent,
            target=run.target,
            instructions="\n\n".join(wishes),
            client_id=again.client_id or run.client_id,
            plan_first=run.plan_first,
        )
        return await self.start(request)

    async def cancel(self, run_id: RunId) -> Run:
        """Stops the work at once. A run that rests already stays as it is."""
        return await self._stop(await self._ledger.run(run_id), RunState.CANCELLED, "cancelled")

    async def recover(self) -> None:
        """After a restart: unfinished runs are carried on; those that nothing carries any more get an end state."""
        for run in await self._ledger.runs(states=[*WORKING_STATES], limit=MOST_UNFINISHED):
            standing = await self._open_durable().standing(run.id, run.round)
            LOG.info("run %s was %s when the daemon ended; its workflow is %s", run.id, run.state, standing)
            if standing is Standing.UNKNOWN:
                await self._open_durable().start(run.id, run.round)
            elif standing is Standing.CANCELLED:
                await self._end(run.id, run.round, RunState.CANCELLED, "cancelled")
            elif standing is Standing.GONE:
                await self._end(run.id, run.round, RunState.FAILED, "interrupted", _INTERRUPTED)

    async def close(self) -> None:
        """Stops work without ending the runs."""
        self._closing = True
        carriers = list(self._carriers.values())
        for carrier in carriers:
            carrier.cancel()
        await asyncio.gather(*carriers, return_exceptions=True)
        await self._open_durable().close()

    # -- carrying -----------------------------------------------------------------------------------------------

    async def _carry(self, run_id: RunId, number: int) -> None:
        """The body of the durable workflow, in a task of its own. Writes an end state, unless it is cancelled.

        A round that is over, for the run was taken up again before a crash, is left alone.
        """
        carrier = asyncio.current_task()
        if carrier is None or self._closing:
            raise asyncio.CancelledError
        self._carriers[run_id, number] = carrier
        try:
            run = await self._ledger.run(run_id)
            if run.round == number and run.state not in RESTING_STATES:
                await self._carry_in_time(run)
        except NothingFailing as news:
            await self._end(run_id, number, RunState.COMPLETED, "completed", answer=news.sentence)
        except TercetError as error:
            await self._end(run_id, number, RunState.FAILED, "failed", _problem(error))
        except Exception:
            LOG.exception("run %s broke down", run_id)
            await self._end(run_id, number, RunState.FAILED, "failed", _BROKEN_DOWN)
        finally:
            self._carriers.pop((run_id, number), None)

    async def _carry_in_time(self, run: Run) -> None:
        remaining_s = (run.deadline_at - self._parts.clock.now()).total_seconds()
        heart = asyncio.create_task(self._beat(run.id), name=f"heartbeat of {run.id}")
        try:
            async with asyncio.timeout(max(0.0, remaining_s)) as limit, self._turns:
                await self._work(run)
        except TimeoutError:
            if not limit.expired():
                raise
            await self._end(run.id, run.round, RunState.FAILED, "deadline", _out_of_time(run))
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)

    async def _work(self, run: Run) -> None:
        workspace = await self._parts.workspaces.get(run.workspace_id)
        settings = await self._settings_of(workspace)
        if run.intent not in READ_ONLY:
            check_isolation(self._parts.isolation, settings.sandbox.minimum)
        async with AsyncExitStack() as resources:
            progress = ThrottledProgress(self._ledger, self._parts.clock, run.id)
            resources.push_async_callback(progress.aclose)
            job = Job(
                run=run,
                workspace=workspace,
                settings=settings,
                parts=self._parts,
                steps=self._open_durable(),
                resources=resources,
                progress=progress,
            )
            await self._workflows[run.intent].carry(job)

    async def _beat(self, run_id: RunId) -> None:
        while True:
            with suppress(TercetError):  # a full disk stops the run itself, with its sentence
                await self._ledger.beat(run_id)
            await asyncio.sleep(HEARTBEAT_S)

    # -- stopping -----------------------------------------------------------------------------------------------

    async def _supersede_reviews(self, request: RunRequest) -> None:
        for run in await self._ledger.runs(request.workspace_id, [*WORKING_STATES], MOST_UNFINISHED):
            if run.intent is Intent.REVIEW and _supersedes(request.target, run.target):
                await self._stop(run, RunState.SUPERSEDED, "superseded")

    async def _stop(self, run: Run, to: RunState, key: str) -> Run:
        """Durable first, so that a crash in between resumes nothing; then the task; then the state, from outside."""
        if run.state in RESTING_STATES and run.state is not RunState.WAITING:
            return run
        await self._open_durable().cancel(run.id, run.round)
        await self._stop_carrier(run)
        ended = await self._end(run.id, run.round, to, key)
        return ended if ended.round == run.round else await self._stop(ended, to, key)  # steered in the same moment

    async def _stop_carrier(self, run: Run) -> None:
        carrier = self._carriers.get((run.id, run.round))
        if carrier is not None:
            carrier.cancel()
            await asyncio.wait({carrier}, timeout=CANCEL_GRACE_S)

    async def _take_up(self, run: Run, change: TakenUp) -> Run:
        """The ledger first: after a crash in between, the new round is started and the old one finds that it is over."""
        taken_up = await self._ledger.take_up(run, change)
        await self._open_durable().cancel(run.id, run.round)
        await self._stop_carrier(run)
        await self._open_durable().start(run.id, taken_up.round)
        return taken_up

    async def _usual_s(self, run: Run) -> float:
        workspace = await self._parts.workspaces.get(run.workspace_id)
        return (await self._settings_of(workspace)).run.deadline_s

    async def _end(
        self,
        run_id: RunId,
        number: int,
        to: RunState,
        key: str,
        problem: Problem | None = None,
        answer: str | None = None,
    ) -> Run:
        """Ends the run in this round, unless it has come to rest by itself or was taken up again meanwhile."""
        try:
            return await self._ledger.move(run_id, to, key, problem=problem, answer=answer, in_round=number)
        except Conflict:
            return await self._ledger.run(run_id)

    # -- parts --------------------------------------------------------------------------------------------------

    async def _settings_of(self, workspace: Workspace) -> Settings:
        settings, _ = await asyncio.to_thread(for_workspace, self._settings, Path(workspace.root))
        return settings

    def _open_durable(self) -> DurableRuns:
        if self._durable is None:
            raise RuntimeError("RunService is made by RunService.open")
        return self._durable


_INTERRUPTED = Problem(
    code="internal",
    sentence="Tercet ended or was updated while this run was under way and could not resume it. Start it again.",
    retryable=True,
)
_BROKEN_DOWN = Problem(
    code="internal",
    sentence="Tercet itself broke down in this run; nothing of yours was changed. See `tercet daemon logs`.",
    retryable=False,
)


def _supersedes(newer: Target, older: Target) -> bool:
    """Whether a review takes the place of one that is not finished. Single tests were asked for by hand: only the same do."""
    if newer.is_single_tests or older.is_single_tests:
        return set(newer.tests) == set(older.tests)
    return newer.base == older.base


def _problem(error: TercetError) -> Problem:
    return Problem(code=error.code, sentence=error.sentence, retryable=error.retryable)


def _out_of_time(run: Run) -> Problem:
    allowed_s = (run.deadline_at - run.created_at).total_seconds()
    return Problem(
        code="deadline_exceeded",
        sentence=f"The run did not end within its {allowed_s:.0f} s. Name the failing test, or raise `run.deadline_s`.",
        retryable=True,
    )
