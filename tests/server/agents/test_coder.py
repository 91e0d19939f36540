"""The coder: cheapest first, time left for those that come after, and whoever gives up is heard."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
from tercet_server.agents import Coder
from tercet_server.edits import file_edit
from tercet_server.ports import ProposerTask, ReportProgress, TestReport
from tercet_shared.edits import ChangeSet
from tercet_shared.errors import BudgetExceeded, TercetError
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, PlanStep, Progress


class Offering:
    def __init__(self, name: str, cost: int, *texts: str, error: TercetError | None = None) -> None:
        self.name, self.cost = name, cost
        self.intents = frozenset({Intent.FIX})
        self.given_s = 0.0
        self.closed = False
        self._texts = texts
        self._error = error

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        self.given_s = task.deadline_s
        try:
            for text in self._texts:
                change = ChangeSet(files=[file_edit("a.py", "a", text)])
                yield Candidate(proposer=self.name, title=text, change_set=change)
            if self._error:
                raise self._error
        finally:
            self.closed = True


TASK = ProposerTask(
    workspace=cast("Any", None),
    copy=cast("Any", None),
    interpreter=cast("Any", None),
    step=PlanStep(id="1", title="x"),
    baseline=TestReport({}),
    tests=cast("Any", None),
    deadline_s=100.0,
    per_test_s=1.0,
)


async def no_progress(_: Progress) -> None:
    return None


async def test_the_cheapest_is_asked_first_and_each_change_is_offered_once():
    coder = Coder([Offering("model", 20, "b", "c"), Offering("rules", 1, "b")])
    found = [each async for each in coder.candidates(TASK, no_progress)]
    assert [(each.proposer, each.title) for each in found] == [("rules", "b"), ("model", "c")]


async def test_time_is_left_for_those_that_come_after():
    first, second, last = Offering("a", 1), Offering("b", 2), Offering("c", 3)
    _ = [each async for each in Coder([first, second, last]).candidates(TASK, no_progress)]
    assert first.given_s == pytest.approx(50.0, abs=0.5)
    assert second.given_s == pytest.approx(50.0, abs=0.5), "what the first did not use is not lost"
    assert last.given_s == pytest.approx(100.0, abs=0.5)


async def test_who_gives_up_says_why_and_the_others_go_on():
    heard: list[str] = []
    coder = Coder([Offering("a", 1, error=BudgetExceeded("No money is left.")), Offering("b", 2, "b")])
    found = [each.title async for each in coder.candidates(TASK, no_progress, heard.append)]
    assert (found, heard) == (["b"], ["No money is left."])


async def test_leaving_early_closes_the_proposer():
    offering = Offering("a", 1, "b", "c")
    candidates = Coder([offering]).candidates(TASK, no_progress)
    await anext(candidates)
    await candidates.aclose()
    assert offering.closed


async def test_only_who_serves_the_intent_is_asked():
    fixing, testing = Offering("fixing", 1, "1"), Offering("testing", 2, "2")
    testing.intents = frozenset({Intent.TEST})
    task = replace(TASK, intent=Intent.TEST)
    offered = [each async for each in Coder([fixing, testing]).candidates(task, no_progress)]
    assert [each.proposer for each in offered] == ["testing"]
