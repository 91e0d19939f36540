"""Commands that start and steer runs ask the daemon for just that, and a run that waits with its plan asks its user."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tercet_lsp.convert.arguments import MOST_INSTRUCTIONS
from tercet_lsp.features.progress import APPROVE, CANCEL_RUN, SHOW_PLAN
from tercet_lsp.session.link import Link
from tercet_lsp.session.runs import RunView
from tercet_shared.context import Coverage, DefinitionAnswer, FoundBy, ReferencesAnswer, Symbol, Usage
from tercet_shared.edits import ChangeSet
from tercet_shared.free_text import MOST_WORDS, Understood, UnderstoodBy
from tercet_shared.ids import RunId
from tercet_shared.runs import Intent, Plan, PlanStep, RunState, Target

from tests.lsp.test_features import CAPABILITIES, URI, Shown, W, proposal, span

COVERAGE = Coverage(complete=True, files_done=1, files_total=1)
HERE = {"textDocument": {"uri": URI}, "position": {"line": 2, "character": 14}}


class Recorder:
    """The link and the daemon at its end: remembers what it is asked for."""

    def __init__(self, shown: Shown) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.current = self
        shown.session._link = cast("Link", self)
        shown.session._linked.set()

    async def ask(self, question: Any, *, repeatable: bool = True) -> Any:
        return await question(self)

    async def put_overlay(self, *_: object) -> None: ...

    async def start_run(self, workspace_id: str, intent: str, aim: Any) -> Any:
        self.asked.append(("start", intent, aim))
        return SimpleNamespace(id="r1")

    async def run_words(self, workspace_id: str, aim: Any) -> Any:
        self.asked.append(("words", aim))
        target = Target(path=aim.path, symbol="name")
        understood = Understood(
            intent=Intent.REFACTOR, target=target, instructions=aim.instructions, by=UnderstoodBy.RULE, because="So."
        )
        return SimpleNamespace(id="r1"), understood

    async def run_again(self, run_id: str, instructions: str) -> Any:
        self.asked.append(("again", run_id, instructions))
        return SimpleNamespace(id="r2")

    async def approve_run(self, run_id: str) -> None:
        self.asked.append(("approve", run_id))

    async def steer_run(self, run_id: str, instructions: str) -> None:
        self.asked.append(("steer", run_id, instructions))

    async def cancel_run(self, run_id: str) -> None:
        self.asked.append(("cancel", run_id))

    async def run(self, run_id: str) -> Any:
        steps = [PlanStep(id="1", title="write it"), PlanStep(id="2", title="test it")]
        plan = Plan(summary="Two steps.", steps=steps, approval=["It touches what is installed: a.lock."])
        waiting = {"intent": Intent.IMPLEMENT, "state": RunState.WAITING, "cost_usd": 0.0, "unpriced_calls": 0}
        return SimpleNamespace(id=run_id, plan=plan, problem=None, answer=None, **waiting)

    async def definition(self, *_: object) -> DefinitionAnswer:
        symbol = Symbol(path="shop.py", name="y", kind="variable", range=span(1, 0, 1), name_range=span(1, 0, 1))
        return DefinitionAnswer(name="y", definitions=[symbol], found_by=FoundBy.NAMES, coverage=COVERAGE)

    async def references(self, *_: object) -> ReferencesAnswer:
        usage = Usage(path="shop.py", range=span(2, 13, 14))
        return ReferencesAnswer(name="y", references=[usage], found_by=FoundBy.NAMES, coverage=COVERAGE)


async def answer(shown: Shown, method: str, **params: Any) -> Any:
    before = len(shown.wire.sent)
    shown.wire.say(id=7, method=method, params=params)
    async with asyncio.timeout(30):
        while not (found := [each for each in shown.wire.sent[before:] if each.get("id") == 7]):
            await asyncio.sleep(0.005)
    return found[0]


async def run(shown: Shown, command: str, **arguments: Any) -> Any:
    return await answer(shown, "workspace/executeCommand", command=command, arguments=[arguments])


async def test_free_text_is_planned_first_if_asked_to():
    shown = Shown(CAPABILITIES)
    daemon = Recorder(shown)
    place = {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 14}}
    done = await run(shown, "tercet.plan", instructions="Add a name", uri=URI, range=place)
    sentence = "Understood as: refactor, name in shop.py (So)"
    assert done["result"] == {"run": "r1", "understood": [sentence]}
    assert sentence in [
        each["params"]["message"] for each in shown.wire.sent if each.get("method") == "window/showMessage"
    ]
    _, aim = daemon.asked[0]
    assert (aim.instructions, aim.plan_first) == ("Add a name", True)
    assert (aim.path, aim.range) == ("shop.py", ((2, 0), (2, 13)))  # in code points
    await run(shown, "tercet.run", intent="test", uri=URI)
    assert daemon.asked[1][1] == "test"
    assert daemon.asked[1][2].plan_first is False
    for words in ("  ", "x" * (MOST_INSTRUCTIONS + 1)):
        assert (await run(shown, "tercet.run", instructions=words))["error"]["code"] == -32602
    assert MOST_INSTRUCTIONS == MOST_WORDS


async def test_a_review_is_of_everything_or_of_what_has_changed_since_a_revision():
    shown = Shown(CAPABILITIES)
    daemon = Recorder(shown)
    await run(shown, "tercet.review")
    await run(shown, "tercet.review", uri=URI, base="HEAD")
    assert [(intent, aim.base) for _, intent, aim in daemon.asked] == [("review", None), ("review", "HEAD")]
    for base in ("", "x" * 501, 3):
        assert (await run(shown, "tercet.review", base=base))["error"]["code"] == -32602


async def test_a_run_is_steered_approved_and_done_again():
    shown = Shown(CAPABILITIES)
    daemon = Recorder(shown)
    assert (await run(shown, "tercet.steer", run="r1", instructions="Use ints"))["result"] == {"run": "r1"}
    assert (await run(shown, "tercet.approve", run="r1"))["result"] == {"run": "r1"}
    assert (await run(shown, "tercet.retry", run="r1"))["result"] == {"run": "r2"}
    assert daemon.asked == [("steer", "r1", "Use ints"), ("approve", "r1"), ("again", "r1", "")]
    for command, arguments in (("tercet.steer", {"run": "r1"}), ("tercet.approve", {}), ("tercet.retry", {})):
        assert (await run(shown, command, **arguments))["error"]["code"] == -32602


@pytest.mark.parametrize(
    ("verified", "is_new", "said"),
    [
        (True, False, "a proved change is ready. Apply it from the light bulb"),
        (False, False, "an unverified change is ready. Apply it from the light bulb"),
        (True, True, "a proved change is ready, which adds shop.py. See it with `tercet show r9`"),
    ],
)
async def test_what_is_offered_is_called_as_proved_as_it_is(verified: bool, is_new: bool, said: str):
    shown = Shown(CAPABILITIES)
    offered = proposal(span(0, 0, 1), verified=verified)
    if is_new:
        files = [each.model_copy(update={"base_sha256": None}) for each in offered.change_set.files]
        offered = offered.model_copy(update={"change_set": ChangeSet(files=files)})
    shown.session.mirror.put_proposal(offered)
    view = RunView(
        id=RunId("r9"), workspace_id=W, intent="test", target="", client_id=shown.session.client_id,
        state="checking", updated_at=datetime(2030, 1, 1, tzinfo=UTC), proposal_id=offered.id,
    )  # fmt: skip
    shown.session.mirror.put_run(view)
    shown.session.mirror.put_run(RunView(**{**vars(view), "state": "proposed"}))
    messages = [each["params"]["message"] for each in shown.wire.sent if each.get("method") == "window/showMessage"]
    assert [said in each for each in messages] == [True], messages


@pytest.mark.parametrize(
    ("choices", "asked"),
    [
        ([APPROVE], [("approve", "r9")]),
        ([SHOW_PLAN, APPROVE], [("approve", "r9")]),
        ([CANCEL_RUN], [("cancel", "r9")]),
        ([None], []),
    ],
)
async def test_a_run_that_waits_asks_whether_to_go_on(choices: list[str | None], asked: list[Any]):
    shown = Shown(CAPABILITIES)
    daemon = Recorder(shown)
    view = RunView(
        id=RunId("r9"), workspace_id=W, intent="implement", target="", client_id=shown.session.client_id,
        state="planning", updated_at=datetime(2030, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    shown.session.mirror.put_run(view)
    shown.session.mirror.put_run(RunView(**{**vars(view), "state": "waiting"}))
    for choice in choices:
        async with asyncio.timeout(30):
            while not (
                found := [each for each in shown.wire.sent if each.get("method") == "window/showMessageRequest"]
            ):
                await asyncio.sleep(0.005)
        shown.wire.sent.remove(found[0])
        if choice == choices[0]:
            assert "waits for you. It touches what is installed: a.lock. Two steps." in found[0]["params"]["message"]
        shown.wire.say(id=found[0]["id"], result=None if choice is None else {"title": choice})
    async with asyncio.timeout(30):
        while daemon.asked != asked:
            await asyncio.sleep(0.005)


async def test_definitions_and_references_are_answered_only_if_asked_for():
    assert not Shown(CAPABILITIES).wire.server.protocol.server_capabilities.definition_provider
    shown = Shown(CAPABILITIES, navigation={"enabled": True})
    Recorder(shown)
    (defined,) = (await answer(shown, "textDocument/definition", **HERE))["result"]
    assert defined == {"uri": URI, "range": {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 1}}}
    context = {"includeDeclaration": True}
    found = (await answer(shown, "textDocument/references", **HERE, context=context))["result"]
    assert [each["range"]["start"] for each in found] == [
        {"line": 1, "character": 0},
        {"line": 2, "character": 14},
    ]
    other = {**HERE, "textDocument": {"uri": "untitled:x"}}
    assert (await answer(shown, "textDocument/definition", **other))["result"] == []
