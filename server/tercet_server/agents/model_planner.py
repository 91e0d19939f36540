"""The planner with a model: a plan in an agreed form, from the request and the code that it may be about. Edits nothing."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from tercet_shared.context import MAX_WORDS
from tercet_shared.edits import RelativePath
from tercet_shared.errors import TercetError
from tercet_shared.runs import Plan, PlanStep, Progress, Run

from tercet_server.agents.structured import structured
from tercet_server.ports import (
    Account,
    CodeBase,
    Duty,
    Message,
    Model,
    ModelRequest,
    PrivateCopy,
    ReportProgress,
    Speaker,
)
from tercet_server.prompts import fenced, is_confidential, project_rules, render, role_text

LOG = logging.getLogger(__name__)

CODE_TOKENS, RULES_TOKENS = 8_000, 1_500
MOST_OUTPUT_TOKENS = 4_096
LONGEST_ANSWER_S = 180.0
SHOWN_LESSONS = 8


def _openly(path: str) -> str:
    if is_confidential(path):
        raise ValueError("a file for secrets is never part of a plan")
    return path


Sentence = Annotated[str, Field(min_length=1, max_length=500)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True)


class StepForm(_Form):
    """One step as a model writes it."""

    id: str = Field(min_length=1, max_length=20)
    title: Sentence
    files: list[Annotated[RelativePath, AfterValidator(_openly)]] = Field(default=[], max_length=30)
    depends_on: list[str] = Field(default=[], max_length=20)


class PlanForm(_Form):
    """A plan as a model writes it; steps in the order in which they are done."""

    summary: Sentence
    steps: list[StepForm] = Field(min_length=1, max_length=8)
    assumptions: list[Sentence] = Field(default=[], max_length=10)
    risks: list[Sentence] = Field(default=[], max_length=10)
    alternatives: list[Sentence] = Field(default=[], max_length=5)
    high_risk: bool = False
    estimate_minutes: float | None = Field(default=None, ge=0, le=10_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        done: set[str] = set()
        for step in self.steps:
            if step.id in done:
                raise ValueError(f"two steps are called {step.id}")
            unknown = [each for each in step.depends_on if each not in done]
            if unknown:
                raise ValueError(f"step {step.id} needs {', '.join(unknown)}, which is no earlier step")
            done.add(step.id)
        return self


@dataclass(frozen=True)
class PlanningRequest:
    """What is to be planned, on which texts, and who pays. `lessons`: sentences about what became of earlier changes."""

    run: Run
    copy: PrivateCopy
    account: Account
    deadline_s: float
    lessons: Sequence[str] = ()


class ModelPlanner:
    """Plans what no failing test explains."""

    def __init__(self, model: Model, code: CodeBase | None) -> None:
        self._model = model
        self._code = code

    async def plan(self, asked: PlanningRequest, progress: ReportProgress) -> Plan:
        """Raises what the model raises: no budget, no key, no answer of the agreed form."""
        await progress(Progress(message="asking a model for a plan"))
        request = ModelRequest(
            await self._messages(asked),
            Duty.PLANNER,
            asked.account,
            most_output_tokens=min(MOST_OUTPUT_TOKENS, asked.account.allowance.output_tokens),
            deadline_s=min(LONGEST_ANSWER_S, asked.deadline_s),
        )
        form, _ = await structured(self._model, request, PlanForm)
        return _plan(form)

    async def _messages(self, asked: PlanningRequest) -> tuple[Message, ...]:
        run = asked.run
        paths = [run.target.path] if run.target.path else []
        lessons = "\n".join(asked.lessons[:SHOWN_LESSONS])
        rules, code = await project_rules(asked.copy, RULES_TOKENS), await self._section(asked)

        def written() -> tuple[Message, ...]:
            system = render("planner_system", role=role_text(Duty.PLANNER, run.intent, paths))
            text = render(
                "planner_request",
                intent=run.intent.value,
                instructions=run.instructions or "no more was said",
                target=_target(run),
                rules=rules,
                lessons=fenced("lessons", lessons, of="earlier changes here") if lessons else "",
                code=code,
            )
            return Message(Speaker.SYSTEM, system), Message(Speaker.USER, text)

        return await asyncio.to_thread(written)

    async def _section(self, asked: PlanningRequest) -> str:
        """The code that the words may be about; none where the code base cannot be searched."""
        if self._code is None:
            return ""
        run, target = asked.run, asked.run.target
        tokens = min(CODE_TOKENS, asked.account.allowance.context_tokens)
        words = " ".join(each for each in (run.instructions, target.symbol, target.path) if each)[:MAX_WORDS]
        try:
            section = await self._code.section(run.workspace_id, words or run.intent.value, tokens, run.client_id)
        except TercetError as error:
            LOG.info("planning without the code base: %s", error.sentence)
            return ""
        secret = any(is_confidential(each.path) for each in section.files)
        return "" if secret or not section.text else fenced("code", section.text)


def _target(run: Run) -> str:
    target = run.target
    place = f" in {target.path}" if target.path else ""
    lines = f", lines {target.range.start.line + 1} to {target.range.end.line + 1}" if target.range else ""
    what = f"`{target.symbol}`" if target.symbol else "what stands there"
    return f"It is about {what}{place}{lines}." if place or target.symbol else "It is about the whole workspace."


def _plan(form: PlanForm) -> Plan:
    return Plan(
        summary=form.summary,
        steps=[
            PlanStep(id=each.id, title=each.title, files=each.files, depends_on=each.depends_on) for each in form.steps
        ],
        assumptions=form.assumptions,
        risks=form.risks,
        alternatives=form.alternatives,
        estimate_s=None if form.estimate_minutes is None else form.estimate_minutes * 60,
        approval=["The planner calls it risky."] if form.high_risk else [],
    )
