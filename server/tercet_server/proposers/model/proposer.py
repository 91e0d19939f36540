"""The conversation with a model about one step: ask, apply its edits, try them, tell it what is wrong; in bounded rounds."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from tercet_shared.edits import ChangeSet
from tercet_shared.errors import ContextTooLong, EditRefused, TooLarge
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Progress

from tercet_server.edits import apply_edits, from_reply
from tercet_server.ports import (
    Duty,
    Finish,
    Message,
    Model,
    ModelRequest,
    Outcome,
    ProposerTask,
    Reply,
    ReportProgress,
    Speaker,
    TestReport,
    ask,
)
from tercet_server.prompts import fenced, render
from tercet_server.proposers.model.material import gather, reports, system_prompt

MOST_ROUNDS = 4
"""Answers of a model about one step. What it has not understood after these, more will not tell it."""

LONGEST_ANSWER_S = 240.0
TRIAL_REPORT_TOKENS = 1500
TITLE_LIMIT = 100


@dataclass(frozen=True)
class Allowance:
    """What one request may carry and bring back, in tokens."""

    context_tokens: int = 24_000
    output_tokens: int = 8192

    def shorter(self) -> "Allowance":
        """For a model that cannot read so much."""
        return replace(self, context_tokens=self.context_tokens // 4)


class ModelProposer:
    """Asks a model where a task has an account to pay for it. Offers only edits that make the failing tests pass."""

    name = "model"

    def __init__(self, model: Model, allowance: Allowance | None = None, *, preferred: bool = False) -> None:
        """`preferred`: asked before repairs are searched for, instead of after."""
        self.cost = 5 if preferred else 20
        self._model = model
        self._allowance = allowance or Allowance()

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        """Candidates as they are found. Raises what the model raises: no budget, no answer, no key."""
        if task.account is None or not (task.step.tests or task.step.range):
            return
        ends = time.monotonic() + task.deadline_s
        for allowance in (self._allowance, self._allowance.shorter()):
            try:
                left = replace(task, deadline_s=ends - time.monotonic())
                async with aclosing(self._converse(left, allowance, progress)) as candidates:
                    async for candidate in candidates:
                        yield candidate
                return
            except ContextTooLong:
                if allowance is not self._allowance:
                    raise

    async def _converse(
        self, task: ProposerTask, allowance: Allowance, progress: ReportProgress
    ) -> AsyncGenerator[Candidate, None]:
        conversation = await _Conversation.begin(self._model, task, allowance)
        if conversation is None:
            return
        for round_ in range(MOST_ROUNDS):
            if conversation.left_s() <= 0:
                return
            await progress(Progress(message=f"asking a model (answer {round_ + 1} of at most {MOST_ROUNDS})"))
            change = await conversation.next_change(progress)
            if change is None:
                continue
            if conversation.has_seen(change):
                return
            trial = await conversation.tried(change)
            if trial is not None:
                conversation.tell_failure(trial)
                continue
            heard = len(task.feedback)
            yield Candidate(proposer=self.name, title=conversation.title, change_set=change, prior=0.6)
            conversation.tell_failure("\n".join(task.feedback[heard:]) or "It was not accepted.")


class _Conversation:
    """The messages so far, and the files that they are about."""

    def __init__(self, model: Model, task: ProposerTask, request: ModelRequest, editable: Mapping[str, str]) -> None:
        self.title = ""
        self._model = model
        self._task = task
        self._request = request
        self._editable = editable
        self._ends = time.monotonic() + task.deadline_s
        self._seen: set[str] = set()

    @classmethod
    async def begin(cls, model: Model, task: ProposerTask, allowance: Allowance) -> "_Conversation | None":
        system = await asyncio.to_thread(system_prompt)
        material = await gather(task, allowance.context_tokens)
        if material is None or task.account is None:
            return None
        messages = (Message(Speaker.SYSTEM, system), Message(Speaker.USER, material.request))
        request = ModelRequest(messages, Duty.CODER, task.account, most_output_tokens=allowance.output_tokens)
        return cls(model, task, request, material.editable)

    def left_s(self) -> float:
        return self._ends - time.monotonic()

    async def next_change(self, progress: ReportProgress) -> ChangeSet | None:
        """What the model asks to change; None if that cannot be done, of which it is then told."""
        reply = await self._answer()
        self._request = self._request.with_messages(Message(Speaker.ASSISTANT, reply.text))
        if reply.finish is Finish.LENGTH:
            self._tell("fix_refused", reason="Your answer was cut off at its greatest length. Send shorter edits.")
            return None
        try:
            landed = await asyncio.to_thread(from_reply, reply.text, self._editable)
        except (EditRefused, TooLarge) as error:
            await progress(Progress(message=f"the model's edit does not fit: {error.sentence[:200]}"))
            self._tell("fix_refused", reason=fenced("reason", error.sentence))
            return None
        foreign = [path for path in landed.changes.paths if path not in self._editable]
        if foreign:
            names = ", ".join(foreign)
            self._tell("fix_refused", reason=f"It changes {names}, and only files marked editable can be changed.")
            return None
        self.title = _title(reply.text, landed.changes)
        return landed.changes

    def has_seen(self, change: ChangeSet) -> bool:
        """Whether the model goes round in circles."""
        key = change.model_dump_json()
        known = key in self._seen
        self._seen.add(key)
        return known

    async def tried(self, change: ChangeSet) -> str | None:
        """What the failing tests say of the change; None if they pass, or if there are none to ask."""
        tests = self._task.step.tests
        if not tests:
            return None
        texts = {each.path: apply_edits(self._editable[each.path], each.edits) for each in change.files}
        report = await self._task.tests.run(
            tests,
            per_test_s=self._task.per_test_s,
            deadline_s=max(1.0, self.left_s()),
            texts=texts,
            stop_at_failure=True,
        )
        return None if _all_pass(report, tests) else reports(report, tests, TRIAL_REPORT_TOKENS) or "No test was run."

    def tell_failure(self, reasons: str) -> None:
        self._tell("fix_failed", reasons=reasons)

    async def _answer(self) -> Reply:
        """Raises what the model raises."""
        return await ask(self._model, replace(self._request, deadline_s=min(LONGEST_ANSWER_S, self.left_s())))

    def _tell(self, name: str, **values: str) -> None:
        self._request = self._request.with_messages(Message(Speaker.USER, render(name, **values)))


def _all_pass(report: TestReport, tests: Sequence[str]) -> bool:
    passed = all(
        (result := report.results.get(test)) is not None and result.outcome is Outcome.PASSED
        for test in tests
        if "::" in test
    )
    return passed and not report.failing() and not report.not_run


def _title(reply: str, change: ChangeSet) -> str:
    """The model's first sentence, if it wrote one before its edits."""
    first = next((line.strip() for line in reply.splitlines() if line.strip()), "")
    files = ", ".join(change.paths)
    if not first or first in change.paths or first.startswith(("<", "-", "*", "`", "{")):
        return f"edit {files}"
    return first if len(first) <= TITLE_LIMIT else f"{first[: TITLE_LIMIT - 3]}..."
