"""The last step of a `fix`: what was accepted becomes one proposal, proved as one, on texts that have not moved."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tercet_shared.edits import ChangeSet, text_sha256
from tercet_shared.errors import EditRefused, TercetError
from tercet_shared.findings import Finding
from tercet_shared.proposals import Evidence
from tercet_shared.runs import PlanStep

from tercet_server.edits import unified_diff
from tercet_server.runs.combining import combine
from tercet_server.runs.job import Job
from tercet_server.runs.judging import Judging
from tercet_server.runs.parts import Accepted, CodeRecord, OfferRecord, PlanRecord
from tercet_server.runs.policy import PLANNED_BY_MODEL
from tercet_server.runs.risk import risks_of_change

NAMED_TESTS = 5
NAMED_PATHS = 3


class Offering:
    """Stores the proposal, unless a changed file has moved on meanwhile."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging

    async def offer(self, job: Job, plan: PlanRecord, records: Sequence[CodeRecord]) -> OfferRecord:
        """At least one of `records` has an accepted change."""
        best = await self._together(job, plan, records)
        change_set = best.candidate.change_set
        moved = await _moved(job, change_set)
        if moved:
            return OfferRecord(moved_paths=moved)
        diff = unified_diff(await job.texts(change_set))
        evidence = await _of_this_snapshot(job, best.evidence)
        if job.settings.run.approve != "asked" and any(record.by_model for record in records):
            evidence = await _with_risks(job, best, evidence)
        key = job.key("offer")
        proposal = await job.parts.ledger.offer(job.run.id, best.candidate, evidence, best.verdict, diff, key)
        return OfferRecord(proposal_id=proposal.id)

    async def _together(self, job: Job, plan: PlanRecord, records: Sequence[CodeRecord]) -> Accepted:
        """All accepted changes as one, if they are proved together; else the first, saying what it leaves undone."""
        if job.run.intent in PLANNED_BY_MODEL:
            return _last(plan, records)
        solved = {record.step_id for record in records if record.accepted or record.done_already}
        step_id, accepted = next((record.step_id, record.accepted) for record in records if record.accepted)
        if len(solved) > 1:
            joint = await self._proved_jointly(job, plan, records, solved)
            if joint is not None:
                return _with_rest(joint, plan, solved)
        return _with_rest(accepted, plan, {step_id})

    async def _proved_jointly(
        self, job: Job, plan: PlanRecord, records: Sequence[CodeRecord], solved: set[str]
    ) -> Accepted | None:
        candidates = [record.accepted.candidate for record in records if record.accepted]
        change_sets = [candidate.change_set for candidate in candidates]
        bases = {path: await job.base_text(path) for change_set in change_sets for path in change_set.paths}
        try:
            change_set = combine(change_sets, bases)
        except EditRefused:
            return None
        title = "; ".join(dict.fromkeys(candidate.title for candidate in candidates))
        added = [test for candidate in candidates for test in candidate.tests]
        joint = candidates[0].model_copy(update={"title": title, "change_set": change_set, "tests": added})
        tests = [test for step in plan.plan.steps if step.id in solved for test in step.tests]
        judgement = await self._judging.judge(job, plan, PlanStep(id="joint", title=title, tests=tests), joint)
        return Accepted.of(judgement) if judgement.is_accepted else None


def _last(plan: PlanRecord, records: Sequence[CodeRecord]) -> Accepted:
    """The change of the last step that came to one: it holds those of the steps before, and was proved with them."""
    accepted = [record.accepted for record in records if record.accepted][-1]
    done = {record.step_id for record in records if record.accepted or record.done_already}
    left = [f"Not done: {step.title}." for step in plan.plan.steps if step.id not in done]
    verdict = accepted.verdict.model_copy(update={"reasons": [*accepted.verdict.reasons, *left]})
    return accepted.model_copy(update={"verdict": verdict})


async def _with_risks(job: Job, best: Accepted, evidence: Evidence) -> Evidence:
    """What is risky in what a model wrote, or what was found from there."""
    texts = await job.texts(best.candidate.change_set)
    remarks: list[Finding] = []
    unknown = []
    try:
        remarks = await job.parts.checker.remarks(Path(job.workspace.root), texts)
    except TercetError as error:
        unknown = [f"What callers rely on was not compared: {error.sentence}"]
    risks = [*await asyncio.to_thread(risks_of_change, texts, job.run.intent, remarks), *unknown]
    return evidence.model_copy(update={"risks": risks})


async def _of_this_snapshot(job: Job, evidence: Evidence) -> Evidence:
    """Evidence that is of other texts than the workspace has now proves nothing of them, and says so."""
    copy = await job.copy()
    moved = await copy.moved_paths()
    if not evidence.verified or (not moved and copy.base_sha256 == evidence.base_sha256):
        return evidence
    named = f" ({', '.join(moved[:NAMED_PATHS])})" if moved else ""
    reason = f"The workspace changed after the proof{named}: run it again to have it proved on the present texts."
    return evidence.model_copy(update={"verified": False, "unverified_reason": reason})


async def _moved(job: Job, change_set: ChangeSet) -> list[str]:
    """The changed files whose text is another by now, in the workspace or, after a restart, in the new copy."""
    moved = set(await (await job.copy()).moved_paths()) & set(change_set.paths)
    for edit in change_set.files:
        text = await job.base_text(edit.path)
        if (None if text is None else text_sha256(text)) != edit.base_sha256:
            moved.add(edit.path)
    return sorted(moved)


def _with_rest(accepted: Accepted, plan: PlanRecord, solved: set[str]) -> Accepted:
    left = [test for step in plan.plan.steps if step.id not in solved for test in step.tests]
    if not left:
        return accepted
    more = f" and {len(left) - NAMED_TESTS} more" if len(left) > NAMED_TESTS else ""
    reason = f"Still failing afterwards, from another cause: {', '.join(left[:NAMED_TESTS])}{more}."
    verdict = accepted.verdict.model_copy(update={"reasons": [*accepted.verdict.reasons, reason]})
    return accepted.model_copy(update={"verdict": verdict})
