"""The workflow of all intents that change code: plan, work on each step, offer. Each part is one durable step.

A step that is done again after a crash writes under the same keys, so nothing appears twice.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

from tercet_shared.errors import TercetError
from tercet_shared.findings import Source
from tercet_shared.runs import Intent, Plan, PlanStep, Problem, RunState

from tercet_server.agents import Coder, Critique, Planned, Planner, PlanningRequest, plan_about_target
from tercet_server.ports import Outcome, ProposerTask, TestReport
from tercet_server.runs.job import Job
from tercet_server.runs.judging import MODEL, Judging
from tercet_server.runs.offering import Offering
from tercet_server.runs.parts import Accepted, CodeRecord, OfferRecord, PlanRecord, RunParts
from tercet_server.runs.policy import MOST_CANDIDATES, PLANNED_BY_MODEL, plan_waits, search_budget_s
from tercet_server.runs.risk import risks_of_plan

REASONS_KEPT = 5
PLANNING_SHARE = 0.25
"""Of the time left, what a model may take for a plan."""

QUICK_LOOK_SHARE = 0.1
"""Of the time left, what trying an earlier step's change on a later step's tests may take."""


@dataclass
class _Search:
    """What has come of the search of one step so far. `feedback` and `broken` are shared with the proposers."""

    step_id: str
    tried: int = 0
    feedback: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    accepted: Accepted | None = None
    by_model: bool = False
    out_of_time: bool = False

    def record(self) -> CodeRecord:
        return CodeRecord(
            step_id=self.step_id,
            accepted=self.accepted,
            by_model=self.by_model,
            tried=self.tried,
            out_of_time=self.out_of_time,
            reasons=self.feedback[-REASONS_KEPT:],
        )


class ChangeWorkflow:
    """Carries a run from `queued` to `proposed` or an honest end."""

    def __init__(self, parts: RunParts) -> None:
        self._ledger = parts.ledger
        self._board = parts.board
        self._learning = parts.learning
        self._planner = Planner(parts.context)
        self._model_planner = parts.planner
        self._coder = Coder(parts.proposers)
        self._judging = Judging(Critique(parts.checker), parts.reviewer)
        self._offering = Offering(self._judging)

    async def carry(self, job: Job) -> None:
        run_id = job.run.id
        await self._ledger.move(run_id, RunState.PLANNING, job.key("planning"))
        plan = await job.steps.step("plan", PlanRecord, lambda: self._plan(job))
        if plan.waits:
            await self._ledger.move(run_id, RunState.WAITING, job.key("waiting"), plan=plan.plan)
            return
        await self._ledger.move(run_id, RunState.CODING, job.key("coding"), plan=plan.plan)
        records: list[CodeRecord] = []
        for step in plan.plan.steps:
            records.append(await self._work_on(job, plan, step, records))
        if job.run.intent is Intent.FIX and _may_search_on(records):
            again = await self._work_on(job, plan, plan.plan.steps[0], records, again=True)
            records[0] = again.after(records[0])
        if not any(record.accepted for record in records):
            await self._ledger.move(
                run_id, RunState.NO_CANDIDATE, "no candidate", answer=_nothing_found(job.run.intent, plan.plan, records)
            )
            return
        offer = await job.steps.step("offer", OfferRecord, lambda: self._offering.offer(job, plan, records))
        if offer.proposal_id is None:
            problem = _moved_on(offer.moved_paths)
            await self._ledger.move(run_id, RunState.SUPERSEDED, "superseded", problem=problem)

    # -- plan ---------------------------------------------------------------------------------------------------

    async def _plan(self, job: Job) -> PlanRecord:
        copy = await job.copy()
        approved = job.run.plan if job.run.round else None
        if approved is not None or job.run.intent is not Intent.FIX:
            plan = approved or await self._plan_a_change(job)
            record = PlanRecord(plan=plan, per_test_s=job.settings.run.per_test_s, base_sha256=copy.base_sha256)
        else:
            planned = await self._planner.plan(await job.planning_task(), job.progress)
            self._show(job, planned)
            for step in planned.plan.steps:
                job.baselines[step.id] = planned.baseline
            record = PlanRecord(plan=planned.plan, per_test_s=planned.per_test_s, base_sha256=copy.base_sha256)
        waits = approved is None and plan_waits(job.run, record.plan, job.settings.run.approve)
        return record.model_copy(update={"waits": waits})

    async def _plan_a_change(self, job: Job) -> Plan:
        """A model's plan if there is one to ask and to pay; else one step."""
        run, planner, account = job.run, self._model_planner, job.account()
        if planner is None or account is None or run.intent not in PLANNED_BY_MODEL:
            return plan_about_target(run)
        try:
            learning = self._learning
            lessons = () if learning is None else (await learning.learned(job.workspace.id)).lessons
            asked = PlanningRequest(run, await job.copy(), account, job.remaining_s() * PLANNING_SHARE, lessons)
            plan = await planner.plan(asked, job.progress)
        except TercetError as error:
            plan = plan_about_target(run)
            plan = plan.model_copy(update={"risks": [f"Planned without a model: {error.sentence}"]})
        files = set(await (await job.copy()).files())
        confidence = (await self._confidence(job)).get(MODEL, 1.0)
        return plan.model_copy(update={"approval": risks_of_plan(plan, run, files, confidence)})

    def _show(self, job: Job, planned: Planned) -> None:
        """What planning saw of the tests is news for the editor as well."""
        ran = [*planned.survey.results, *(each.test for each in planned.survey.collection_errors)]
        for source, found in (
            (Source.TESTS, planned.test_findings),
            (Source.SUSPECT, planned.suspect_findings),
        ):
            self._board.renew(job.workspace.id, source, ran, found)

    # -- code and check -----------------------------------------------------------------------------------------

    async def _work_on(
        self, job: Job, plan: PlanRecord, step: PlanStep, done: Sequence[CodeRecord], *, again: bool = False
    ) -> CodeRecord:
        name = f"code {step.id} again" if again else f"code {step.id}"
        return await job.steps.step(name, CodeRecord, lambda: self._code(job, plan, step, done))

    async def _code(self, job: Job, plan: PlanRecord, step: PlanStep, done: Sequence[CodeRecord]) -> CodeRecord:
        if await self._is_done_already(job, plan, step, done):
            return CodeRecord(step_id=step.id, done_already=True)
        search = _Search(step.id)
        budget_s = search_budget_s(job.remaining_s(), len(plan.plan.steps) - len(done))
        try:
            async with asyncio.timeout(budget_s) as limit:
                await self._search(job, plan, step, search, limit, done)
        except TimeoutError:
            if not limit.expired():
                raise
            search.out_of_time = True
            search.feedback.append(f"The search ended after {budget_s:.0f} s.")
        return search.record()

    async def _search(
        self,
        job: Job,
        plan: PlanRecord,
        step: PlanStep,
        search: _Search,
        limit: asyncio.Timeout,
        done: Sequence[CodeRecord],
    ) -> None:
        task = await self._proposer_task(job, plan, step, search, _left_s(limit))
        task = replace(task, earlier=await self._earlier(job, done))
        async with aclosing(self._coder.candidates(task, job.progress, search.feedback.append)) as candidates:
            async for candidate in candidates:
                async with _paused(limit):
                    judgement = await self._judging.judge(job, plan, step, candidate)
                search.tried += 1
                if judgement.is_accepted:
                    search.accepted = Accepted.of(judgement)
                    search.by_model = candidate.proposer == MODEL or bool(task.near_misses)
                    return
                search.feedback += judgement.verdict.reasons
                known = {*step.tests, *search.broken}
                search.broken += [test for test in judgement.evidence.failed_tests if test not in known]
                if search.tried >= MOST_CANDIDATES:
                    return

    async def _proposer_task(
        self, job: Job, plan: PlanRecord, step: PlanStep, search: _Search, budget_s: float
    ) -> ProposerTask:
        baseline = job.baselines.get(step.id)
        if baseline is None:
            baseline = await self._baseline_anew(job, step)
            step = self._planner.relocate(step, baseline)
        return ProposerTask(
            workspace=job.workspace,
            copy=await job.copy(),
            interpreter=job.interpreter,
            step=step,
            baseline=baseline,
            tests=await job.session(),
            deadline_s=budget_s,
            per_test_s=plan.per_test_s,
            feedback=search.feedback,
            broken=search.broken,
            intent=job.run.intent,
            target=job.run.target,
            instructions=job.run.instructions,
            account=job.account(),
            confidence=await self._confidence(job),
        )

    async def _confidence(self, job: Job) -> dict[str, float]:
        """How far each proposer is trusted in this workspace."""
        learning = self._learning
        return {} if learning is None else await learning.confidence(job.workspace.id, job.run.intent)

    async def _earlier(self, job: Job, done: Sequence[CodeRecord]) -> dict[str, str]:
        """The texts where a step begins whose plan builds on the steps before it."""
        accepted = [record.accepted for record in done if record.accepted]
        if job.run.intent not in PLANNED_BY_MODEL or not accepted:
            return {}
        return {each.path: each.after for each in await job.texts(accepted[-1].candidate.change_set)}

    async def _baseline_anew(self, job: Job, step: PlanStep) -> TestReport:
        """After a restart the traces are gone, and the copy is a new one."""
        if not step.tests:
            return TestReport(results={})
        task = await job.planning_task(list(dict.fromkeys(test.partition("::")[0] for test in step.tests)))
        survey = await self._planner.survey(task, job.progress)
        return (await self._planner.localise(task, survey, job.progress)).baseline

    async def _is_done_already(self, job: Job, plan: PlanRecord, step: PlanStep, done: Sequence[CodeRecord]) -> bool:
        """Whether a change accepted for an earlier step makes this step's tests pass as well."""
        for record in done:
            if record.accepted is None or not step.tests:
                continue
            texts = {each.path: each.after for each in await job.texts(record.accepted.candidate.change_set)}
            deadline_s = job.remaining_s() * QUICK_LOOK_SHARE
            report = await (await job.session()).run(
                step.tests, per_test_s=plan.per_test_s, deadline_s=deadline_s, texts=texts, stop_at_failure=True
            )
            passed = any(each.outcome is Outcome.PASSED for each in report.results.values())
            if passed and not report.failing() and not report.not_run:
                return True
        return False


def _moved_on(paths: Sequence[str]) -> Problem:
    sentence = f"{', '.join(paths)} changed while the change was being worked out, so it no longer fits. Run it again."
    return Problem(code="stale_text", sentence=sentence, retryable=True)


@asynccontextmanager
async def _paused(limit: asyncio.Timeout) -> AsyncIterator[None]:
    """Lets a proof take its own time: what the search has left, it has left afterwards."""
    left_s = _left_s(limit)
    limit.reschedule(None)
    try:
        yield
    finally:
        limit.reschedule(asyncio.get_running_loop().time() + left_s)


def _left_s(limit: asyncio.Timeout) -> float:
    return (limit.when() or 0.0) - asyncio.get_running_loop().time()


def _may_search_on(records: Sequence[CodeRecord]) -> bool:
    """The first of several steps, which holds most tests, got but a share of the time, and nothing came of any of them."""
    return len(records) > 1 and records[0].out_of_time and not any(record.accepted for record in records)


def _nothing_found(intent: Intent, plan: Plan, records: Sequence[CodeRecord]) -> str:
    tried = sum(record.tried for record in records)
    reasons = [reason for record in records for reason in record.reasons]
    last = f" The last reason: {reasons[-1]}" if reasons else ""
    count = f"{tried} candidate{' was' if tried == 1 else 's were'} proved"
    wanted = "repair" if intent is Intent.FIX else "change"
    return f"No {wanted} was found that passes the checks: {count}. {plan.summary}{last}"
