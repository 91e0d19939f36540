"""The critique's second look, by a model: after the evidence, for what no check can see. It may object, never upgrade."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from tercet_shared.errors import TercetError
from tercet_shared.proposals import Decision, Evidence, Verdict
from tercet_shared.runs import Intent, PlanStep, Progress

from tercet_server.agents.structured import structured
from tercet_server.ports import Account, Duty, Message, Model, ModelRequest, ReportProgress, Speaker
from tercet_server.prompts import fenced, render, role_text

BYTES_PER_TOKEN = 3
CHANGE_TOKENS = 12_000
MOST_OUTPUT_TOKENS = 2_048
LONGEST_ANSWER_S = 120.0


class Concern(StrEnum):
    CORRECTNESS = "correctness"
    TESTS = "tests"
    SECURITY = "security"
    STYLE = "style"
    """Said, but never a reason to turn a change down."""


class Objection(BaseModel):
    """One reason against a change."""

    model_config = ConfigDict(frozen=True)

    about: Concern
    place: Annotated[str, Field(max_length=300)] = ""
    what: Annotated[str, Field(min_length=1, max_length=600)]


class Review(BaseModel):
    """A review as a model writes it."""

    model_config = ConfigDict(frozen=True)

    decision: Decision
    objections: list[Objection] = Field(default=[], max_length=10)


@dataclass(frozen=True)
class ReviewTask:
    """What is reviewed: the change as a diff, with what was asked for, and who pays."""

    intent: Intent
    instructions: str
    step: PlanStep
    diff: str
    account: Account
    deadline_s: float


class Reviewer:
    """A model that looks at what the checks let through."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def reviewed(
        self, task: ReviewTask, evidence: Evidence, verdict: Verdict, progress: ReportProgress
    ) -> Verdict:
        """The verdict after the review. A model that does not answer leaves it as it was, and that is said.

        Raises nothing of the model's: the proof stands without it.
        """
        if verdict.decision is not Decision.ACCEPT:
            return verdict
        await progress(Progress(message="asking a model to review the change"))
        try:
            review = await self._review(task, evidence)
        except TercetError as error:
            return _with(verdict, f"No model reviewed it: {error.sentence}")
        return weighed(verdict, review)

    async def _review(self, task: ReviewTask, evidence: Evidence) -> Review:
        messages = await asyncio.to_thread(_messages, task, evidence)
        request = ModelRequest(
            messages,
            Duty.CRITIQUE,
            task.account,
            most_output_tokens=min(MOST_OUTPUT_TOKENS, task.account.allowance.output_tokens),
            deadline_s=min(LONGEST_ANSWER_S, task.deadline_s),
        )
        return (await structured(self._model, request, Review))[0]


def weighed(verdict: Verdict, review: Review) -> Verdict:
    """Pure. What the proof did not accept stays so; what it accepted falls by an objection that is more than style."""
    grave = [each for each in review.objections if each.about is not Concern.STYLE]
    if verdict.decision is not Decision.ACCEPT:
        return verdict
    if review.decision is Decision.ACCEPT or not grave:
        return _with(verdict, *map(_sentence, review.objections))
    return Verdict(decision=review.decision, reasons=[_sentence(each) for each in grave])


def _with(verdict: Verdict, *reasons: str) -> Verdict:
    return verdict.model_copy(update={"reasons": [*verdict.reasons, *reasons]})


def _sentence(objection: Objection) -> str:
    place = f" ({objection.place})" if objection.place else ""
    return f"review, {objection.about}{place}: {objection.what}"


def _messages(task: ReviewTask, evidence: Evidence) -> tuple[Message, ...]:
    most = min(CHANGE_TOKENS, task.account.allowance.context_tokens) * BYTES_PER_TOKEN
    diff = task.diff if len(task.diff) <= most else f"{task.diff[:most]}\n[the rest of the change is left out]"
    checks = "\n".join(f"{each.name}: {each.status}. {each.summary}" for each in evidence.checks)
    state = (
        "verified" if evidence.verified else f"not verified: {evidence.unverified_reason or 'the proof is not whole'}"
    )
    text = render(
        "critique_request",
        intent=task.intent.value,
        instructions=task.instructions or "no more was said",
        step=task.step.title,
        checks=fenced("checks", f"{checks}\n{state}"),
        change=fenced("change", diff),
    )
    paths = task.step.files
    system = render("critique_system", role=role_text(Duty.CRITIQUE, task.intent, paths))
    return Message(Speaker.SYSTEM, system), Message(Speaker.USER, text)
