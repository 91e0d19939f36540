"""Has a candidate judged, and records it: the run's states and the event, under keys that a repetition finds again."""

import hashlib
from dataclasses import replace
from typing import Any

from tercet_shared.events import EventType
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, PlanStep, RunState

from tercet_server.agents import Critique, Judgement, Reviewer, ReviewTask
from tercet_server.edits import unified_diff
from tercet_server.ports import ProofTask
from tercet_server.runs.job import Job
from tercet_server.runs.parts import PlanRecord
from tercet_server.runs.policy import REVIEWED_BY_MODEL, asked_for, gates_of, proof_budget_s

MODEL = "model"
"""The proposer whose changes a model reviews."""

REVIEW_SHARE = 0.3
"""Of the time left, what a review may take."""


class Judging:
    """The critique, with a memory."""

    def __init__(self, critique: Critique, reviewer: Reviewer | None = None) -> None:
        self._critique = critique
        self._reviewer = reviewer

    async def judge(self, job: Job, plan: PlanRecord, step: PlanStep, candidate: Candidate) -> Judgement:
        """The run is `checking` meanwhile, and `coding` again unless the candidate is accepted."""
        ledger, key = job.parts.ledger, job.key(f"{step.id}/{_digest(candidate)}")
        wanted = list(dict.fromkeys((*step.tests, *candidate.tests)))
        await ledger.move(job.run.id, RunState.CHECKING, f"checking/{key}")
        proof = ProofTask(
            change_set=candidate.change_set,
            target_tests=wanted,
            deadline_s=proof_budget_s(job.remaining_s(), job.settings.run.regression_s),
            per_test_s=plan.per_test_s,
            brought_tests=[each for each in candidate.tests if each not in step.tests],
            resolves_finding=job.run.intent is Intent.FIX and step.range is not None and not wanted,
            asked_for=asked_for(job.run),
            gates=gates_of(job.settings.gates),
        )
        judgement = await self._critique.judge(candidate, await job.copy(), job.interpreter, proof, job.progress)
        judgement = await self._reviewed(job, step, judgement)
        await ledger.append(job.run.id, EventType.CANDIDATE_CHECKED, _event_data(judgement), f"checked/{key}")
        if not judgement.is_accepted:
            await ledger.move(job.run.id, RunState.CODING, f"coding after/{key}")
        return judgement

    async def _reviewed(self, job: Job, step: PlanStep, judgement: Judgement) -> Judgement:
        """After the evidence, where a model wrote what no failing test asked for: a model's objections."""
        account, by_model = job.account(), judgement.candidate.proposer == MODEL
        wanted = judgement.is_accepted and by_model and job.run.intent in REVIEWED_BY_MODEL
        if self._reviewer is None or account is None or not wanted:
            return judgement
        diff = unified_diff(await job.texts(judgement.candidate.change_set))
        task = ReviewTask(job.run.intent, job.run.instructions, step, diff, account, job.remaining_s() * REVIEW_SHARE)
        verdict = await self._reviewer.reviewed(task, judgement.evidence, judgement.verdict, job.progress)
        return replace(judgement, verdict=verdict)


def _digest(candidate: Candidate) -> str:
    """Names a candidate by what it changes, so that the same one has the same keys when a step is done again."""
    return hashlib.sha256(candidate.change_set.model_dump_json().encode()).hexdigest()[:16]


def _event_data(judgement: Judgement) -> dict[str, Any]:
    return {
        "title": judgement.candidate.title,
        "proposer": judgement.candidate.proposer,
        "verdict": judgement.verdict.model_dump(mode="json"),
        "checks": {check.name.value: check.status.value for check in judgement.evidence.checks},
    }
