"""One run at work: its workspace, settings, deadline, progress, private copy and warm tests. Decides nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Protocol, TypeVar

from pydantic import BaseModel
from tercet_shared.edits import ChangeSet, FileTexts
from tercet_shared.errors import NotFound, TercetError
from tercet_shared.events import EventType
from tercet_shared.ids import RunId, WorkspaceId
from tercet_shared.runs import Progress, Run, RunRequest
from tercet_shared.workspaces import Interpreter, Workspace

from tercet_server.agents import PlanningTask
from tercet_server.config import Settings
from tercet_server.edits import apply_file_edit
from tercet_server.ports import Account, Allowance, Caps, Clock, Ledger, Opening, PrivateCopy, TestReport, TestSession
from tercet_server.runs.parts import RunParts
from tercet_server.runs.policy import interpreter_of

Model = TypeVar("Model", bound=BaseModel)

PROGRESS_INTERVAL_S = 0.2


class Steps(Protocol):
    """Does a step once and remembers its result; see `durable`."""

    async def step(self, name: str, model: type[Model], work: Callable[[], Awaitable[Model]]) -> Model: ...


def account_of(settings: Settings, run_id: RunId, workspace_id: WorkspaceId) -> Account | None:
    """What may be spent by these settings; None where they forbid models."""
    if not settings.models.allowed:
        return None
    budget, models = settings.budget, settings.models
    caps = Caps(budget.run_usd, budget.day_usd, budget.workspace_day_usd, budget.run_tokens)
    return Account(run_id, workspace_id, caps, Allowance(models.context_tokens, models.most_output_tokens))


class ThrottledProgress:
    """Writes progress to the ledger, at most one message in 0.2 s; of those that come sooner, the latest when that time is over.

    So what a run does for long is told even if it began just after something else.
    """

    def __init__(self, ledger: Ledger, clock: Clock, run_id: RunId) -> None:
        self._ledger = ledger
        self._clock = clock
        self._run_id = run_id
        self._attempt = token_hex(4)
        self._count = 0
        self._last: float | None = None
        self._held: Progress | None = None
        self._later: asyncio.Task[None] | None = None

    async def __call__(self, progress: Progress) -> None:
        left_s = 0.0 if self._last is None else self._last + PROGRESS_INTERVAL_S - self._clock.monotonic()
        self._held = progress
        if left_s <= 0:
            await self._write()
        elif self._later is None or self._later.done():
            self._later = asyncio.create_task(self._write_after(left_s))

    async def aclose(self) -> None:
        """What is still held is dropped: the run is over."""
        self._held = None
        if self._later is not None:
            self._later.cancel()
            await asyncio.gather(self._later, return_exceptions=True)

    async def _write_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with suppress(TercetError):  # a full disk stops the run itself, with its sentence
            await self._write()

    async def _write(self) -> None:
        progress, self._held = self._held, None
        if progress is None:
            return
        self._last = self._clock.monotonic()
        self._count += 1
        key = f"progress/{self._attempt}/{self._count}"
        await self._ledger.append(self._run_id, EventType.RUN_PROGRESS, progress.model_dump(mode="json"), key)
        self._last = self._clock.monotonic()  # however long the ledger took


@dataclass
class Job:
    """Copy and session are made on first use and left with `resources`."""

    run: Run
    workspace: Workspace
    settings: Settings
    parts: RunParts
    steps: Steps
    resources: AsyncExitStack
    progress: ThrottledProgress
    baselines: dict[str, TestReport] = field(default_factory=dict)
    """By step of the plan: what planning learnt, as long as this process lives."""
    _copy: PrivateCopy | None = None
    _session: TestSession | None = None

    def key(self, name: str) -> str:
        """The key of an event that there is once in each round of the run."""
        return f"{name}/round {self.run.round}" if self.run.round else name

    @property
    def interpreter(self) -> Interpreter:
        """Raises NotTrusted, NoInterpreter."""
        return interpreter_of(self.workspace)

    def remaining_s(self) -> float:
        return max(0.0, (self.run.deadline_at - self.parts.clock.now()).total_seconds())

    def account(self) -> Account | None:
        """Who pays for language models, up to which caps; None where the workspace or its user forbids them."""
        return account_of(self.settings, self.run.id, self.workspace.id)

    async def copy(self) -> PrivateCopy:
        if self._copy is None:
            opening = self.parts.workspaces.private_copy(self.workspace.id, self.run.client_id)
            self._copy = await self.resources.enter_async_context(opening)
        return self._copy

    async def session(self) -> TestSession:
        if self._session is None:
            workers = self.settings.run.workers
            about = [*self.run.target.tests, *([self.run.target.path] if self.run.target.path else [])]
            copy, opening = await self.copy(), Opening(self.remaining_s(), self.progress)
            session = self.parts.tests.session(copy, self.interpreter, workers, about, opening)
            self._session = await self.resources.enter_async_context(session)
        return self._session

    async def planning_task(self, tests: Sequence[str] = ()) -> PlanningTask:
        """What the planner works on; `tests` instead of the request's own target."""
        target = self.run.target.model_copy(update={"tests": list(tests)}) if tests else self.run.target
        return PlanningTask(
            request=RunRequest(workspace_id=self.workspace.id, intent=self.run.intent, target=target),
            copy=await self.copy(),
            session=await self.session(),
            targets=self.settings.tests.targets,
            per_test_s=self.settings.run.per_test_s,
            deadline_s=self.remaining_s(),
        )

    async def base_text(self, path: str) -> str | None:
        """A file's text in the private copy; None if there is no such file."""
        try:
            return await (await self.copy()).read_text(path)
        except NotFound:
            return None

    async def texts(self, change_set: ChangeSet) -> list[FileTexts]:
        """Before and after the change. Raises StaleText if the copy holds other texts than the change was made for."""
        return [apply_file_edit(edit, await self.base_text(edit.path)) for edit in change_set.files]
