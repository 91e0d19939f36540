"""The `model` proposer: a language model as the coder, for every intent that changes code. Knows no message and no file."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from tercet_shared.errors import ContextTooLong, ModelRejected
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent

from tercet_server.ports import Allowance, CodeBase, Model, ProposerTask, ReportProgress
from tercet_server.proposers.model.loop import NAME, Loop

REFUSES_TOOLS = frozenset({400, 404, 405, 422})
"""With these, servers refuse a request with tools for a model that cannot use any."""


class ModelProposer:
    """Asks a model where a task has an account to pay for it. Where tests are to pass, offers only what makes them."""

    name = NAME
    intents = frozenset(Intent) - {Intent.REVIEW, Intent.EXPLAIN}

    def __init__(self, model: Model, code: CodeBase | None = None, *, preferred: bool = False) -> None:
        """`preferred`: asked before repairs are searched for, instead of after. `code`: what its tools search in."""
        self.cost = 5 if preferred else 20
        self._model = model
        self._code = code

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        """Candidates as they are found. Raises what the model raises: no budget, no answer, no key."""
        if task.account is None or (task.intent is Intent.FIX and not (task.step.tests or task.step.range)):
            return
        ends = time.monotonic() + task.deadline_s
        allowance, with_tools = task.account.allowance, True
        while True:
            left = replace(task, deadline_s=ends - time.monotonic())
            try:
                async with aclosing(self._talk(left, progress, allowance, with_tools)) as candidates:
                    async for candidate in candidates:
                        yield candidate
                return
            except ContextTooLong:
                if allowance is not task.account.allowance:
                    raise
                allowance = allowance.shorter()
            except ModelRejected as error:
                if not with_tools or not _is_about_tools(error):
                    raise
                with_tools = False

    async def _talk(
        self, task: ProposerTask, progress: ReportProgress, allowance: Allowance, with_tools: bool
    ) -> AsyncGenerator[Candidate, None]:
        loop = await Loop.begin(self._model, task, self._code, allowance, with_tools=with_tools)
        if loop is not None:
            async with aclosing(loop.candidates(progress)) as candidates:
                async for candidate in candidates:
                    yield candidate


def _is_about_tools(error: ModelRejected) -> bool:
    """Servers of local models say that a model has no tools, and mean that they will not be asked with any."""
    words = error.sentence.casefold()
    return error.data.get("status") in REFUSES_TOOLS and ("tool" in words or "function" in words)
