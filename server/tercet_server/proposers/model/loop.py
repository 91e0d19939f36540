"""The coder's loop with a model about one step: it looks things up, edits a draft, hears what the tests say, and tries again.

Bounded by answers, attempts, time, and by going round in circles; money is the account's to bound.
"""

import hashlib
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from tercet_shared.edits import ChangeSet
from tercet_shared.errors import EditRefused, TooLarge
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Progress

from tercet_server.edits import holds_edits
from tercet_server.ports import Allowance, CodeBase, Finish, Model, ProposerTask, Reply, ReportProgress
from tercet_server.prompts import fenced
from tercet_server.proposers.model.circles import Circles, Deed
from tercet_server.proposers.model.draft import Draft
from tercet_server.proposers.model.material import gather
from tercet_server.proposers.model.permit import Permit
from tercet_server.proposers.model.talk import Talk, system_text
from tercet_server.proposers.model.toolbox import EDIT, Toolbox
from tercet_server.proposers.model.trial import try_tests
from tercet_server.proposers.model.wording import FORMS_MIXED, title_of

NAME = "model"
MOST_ANSWERS = 24
"""Of a model about one step, tools and all."""

MOST_ATTEMPTS = 6
"""Edits that were tried or refused, and answers without any. What a model has not understood after these, more will not tell it."""

PRIOR = 0.6

PYTEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")
"""By pytest's own naming."""

ALREADY_THERE = "already_applied"
"""The edit engine's reason for an edit that shows once more what was done."""

RESET = "The copy is back as it was before: send edits for the code as it was first shown to you."
KEPT = "The draft still holds your edits: change them, or start over."


@dataclass
class _Turn:
    """What came of one answer. `by_text`: its edits stood in the text, so they are a whole attempt."""

    edited: bool = False
    by_text: bool = False
    done: bool = False


class Loop:
    """One conversation about one step."""

    def __init__(
        self, task: ProposerTask, talk: Talk, draft: Draft, code: CodeBase | None, *, with_tools: bool
    ) -> None:
        self._task = task
        self._talk = talk
        self._draft = draft
        self._ends = time.monotonic() + task.deadline_s
        self._toolbox = Toolbox(task, draft, code, self._left_s)
        self._tools = self._toolbox.tools if with_tools else ()
        self._circles = Circles()
        self._attempts = 0
        self._tried: set[str] = set()
        """The drafts that failed."""
        self._title = ""

    @classmethod
    async def begin(
        cls, model: Model, task: ProposerTask, code: CodeBase | None, allowance: Allowance, *, with_tools: bool
    ) -> "Loop | None":
        """None if there is nothing to talk about, or nobody to pay."""
        material = await gather(task, code, allowance.context_tokens)
        if material is None or task.account is None:
            return None
        permit = Permit(task.intent, frozenset(await task.copy.files()))
        paths = list(material.shown) or task.step.files
        system = await system_text(task.intent, paths, permit.in_words(), with_tools=with_tools)
        talk = Talk(model, system, material.request, task.account, allowance.output_tokens)
        draft = Draft(task.copy, permit, material.shown)
        await draft.begin_with(task.earlier)
        return cls(task, talk, draft, code, with_tools=with_tools)

    async def candidates(self, progress: ReportProgress) -> AsyncGenerator[Candidate, None]:
        """Drafts that are complete and, where the step has tests, make them pass. Raises what the model raises."""
        for number in range(1, MOST_ANSWERS + 1):
            if self._left_s() <= 0 or self._attempts >= MOST_ATTEMPTS or self._circles.hopeless:
                return
            await progress(Progress(message=f"asking a model (answer {number}, attempt {self._attempts + 1})"))
            reply = await self._talk.answer(self._tools, self._left_s())
            turn = await self._take(reply)
            change = self._draft.change_set()
            if change is None:
                continue
            if turn.done and not turn.edited and _digest(change) in self._tried:
                return  # it has nothing to add to what has failed
            if not await self._is_ready(turn, change):
                continue
            heard = len(self._task.feedback)
            yield self._candidate(change)
            reasons = "\n".join(self._task.feedback[heard:]) or "It was not accepted."
            self._failed(change, fenced("reasons", reasons), by_text=turn.by_text)

    def _left_s(self) -> float:
        return self._ends - time.monotonic()

    # -- one answer -----------------------------------------------------------------------------------------------

    async def _take(self, reply: Reply) -> _Turn:
        if reply.finish is Finish.LENGTH:
            return self._refused(reply, "Your answer was cut off at its greatest length. Send shorter edits.")
        if reply.tool_calls:
            return await self._take_calls(reply)
        if not holds_edits(reply.text) and self._draft.change_set() is not None:
            return _Turn(done=True)
        try:
            change = await self._draft.land(reply.text)
        except (EditRefused, TooLarge) as error:
            if error.data.get("reason") == ALREADY_THERE and self._draft.change_set() is not None:
                return _Turn(done=True)
            return self._refused(reply, fenced("reason", error.sentence))
        self._title = title_of(reply.text, change)
        return _Turn(edited=True, by_text=True, done=True)

    async def _take_calls(self, reply: Reply) -> _Turn:
        """Every call is answered, whatever is wrong with it."""
        turn = _Turn()
        if any(call.name == EDIT for call in reply.tool_calls) and holds_edits(reply.text):
            return self._refused(reply, FORMS_MIXED)
        for call in reply.tool_calls:
            if call.name != EDIT:
                self._talk.tell_result(
                    call, await self._asked_again(call.name, call.arguments) or await self._toolbox.answer(call)
                )
                continue
            try:
                change = await self._draft.land(call.arguments)
            except (EditRefused, TooLarge) as error:
                self._attempts += not turn.edited
                self._circles.again(Deed.FAILURE, error.sentence)
                self._talk.tell_result(call, f"Not applied, nothing has changed: {error.sentence}")
                continue
            turn.edited, self._title = True, title_of(reply.text, change)
            self._talk.tell_result(call, f"Done: {', '.join(change.paths)}.")
        return turn

    async def _asked_again(self, name: str, arguments: str) -> str:
        """What to say instead of answering the same question about the same draft once more; empty for a new one."""
        state = self._draft.change_set()
        known = f"{name} {arguments} {_digest(state) if state else ''}"
        if self._circles.again(Deed.CALL, known):
            return "You asked for just that before and nothing has changed since: the answer stands above."
        return ""

    def _refused(self, reply: Reply, reason: str) -> _Turn:
        self._attempts += 1
        self._circles.again(Deed.FAILURE, reason)
        for call in reply.tool_calls:
            self._talk.tell_result(call, "Not done.")
        self._talk.tell("coder_refused", reason=reason)
        return _Turn()

    # -- a draft ----------------------------------------------------------------------------------------------------

    async def _is_ready(self, turn: _Turn, change: ChangeSet) -> bool:
        """Whether the draft is worth a proof. With tests to satisfy they say so; without, the model does."""
        tests = self._task.step.tests
        if not tests or self._draft.creates():
            return turn.done
        if not turn.edited:
            return False
        if self._circles.again(Deed.EDIT, _digest(change)):
            self._failed(change, "You have sent this edit before, and it failed as it did then.", by_text=turn.by_text)
            return False
        failure = await try_tests(self._task, tests, self._draft.texts(), self._left_s())
        if failure:
            self._circles.again(Deed.FAILURE, failure)
            self._failed(change, failure, by_text=turn.by_text)
        return not failure

    def _candidate(self, change: ChangeSet) -> Candidate:
        """Tests that the change brings or rewrites must pass with it."""
        tests = [path for path in change.paths if PYTEST_FILE.search(path)]
        return Candidate(proposer=NAME, title=self._title, change_set=change, prior=PRIOR, tests=tests)

    def _failed(self, change: ChangeSet, reasons: str, *, by_text: bool) -> None:
        self._attempts += 1
        self._tried.add(_digest(change))
        if change not in self._task.near_misses:
            self._task.near_misses.append(change)
        if by_text:
            self._draft.start_over()
        self._talk.tell("coder_failed", reasons=reasons, state=RESET if by_text else KEPT)


def _digest(change: ChangeSet) -> str:
    return hashlib.sha256(change.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()
