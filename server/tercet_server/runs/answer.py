"""The workflow of `explain`: a question that is answered and changes nothing, runs nothing and needs no trust."""

from tercet_shared.errors import Unsupported
from tercet_shared.runs import RunState

from tercet_server.agents import Question
from tercet_server.runs.job import Job
from tercet_server.runs.parts import AnswerRecord, RunParts


class AnswerWorkflow:
    """Carries a question from `queued` to `completed`."""

    def __init__(self, parts: RunParts) -> None:
        self._ledger = parts.ledger
        self._explainer = parts.explainer

    async def carry(self, job: Job) -> None:
        await self._ledger.move(job.run.id, RunState.PLANNING, job.key("planning"))
        record = await job.steps.step("answer", AnswerRecord, lambda: self._answer(job))
        await self._ledger.move(job.run.id, RunState.COMPLETED, job.key("completed"), answer=record.answer)

    async def _answer(self, job: Job) -> AnswerRecord:
        if self._explainer is None:
            raise Unsupported("This daemon was put together without an index of the code, so it cannot explain any.")
        question = Question(job.run, job.account(), job.remaining_s())
        return AnswerRecord(answer=await self._explainer.explain(question, job.progress))
