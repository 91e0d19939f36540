"""Has a candidate judged, and records it: the run's states and the event, under keys that a repetition finds again."""

import hashlib
from typing import Any

from tercet_shared.events import EventType
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, PlanStep, RunState

from tercet_server.agents import Critique, Judgement
from tercet_server.ports import ProofTask
from tercet_server.runs.job import Job
from tercet_server.runs.parts import PlanRecord
from tercet_server.runs.policy import asked_for, proof_budget_s


class Judging:
    """The critique, with a memory."""

    def __init__(self, critique: Critique) -> None:
        self._critique = critique

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
            resolves_finding=job.run.intent is Intent.FIX and step.range is not None and not wanted,
            asked_for=asked_for(job.run),
        )
        judgement = await self._critique.judge(candidate, await job.copy(), job.interpreter, proof, job.progress)
        await ledger.append(job.run.id, EventType.CANDIDATE_CHECKED, _event_data(judgement), f"checked/{key}")
        if not judgement.is_accepted:
            await ledger.move(job.run.id, RunState.CODING, f"coding after/{key}")
        return judgement


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
