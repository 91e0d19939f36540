"""Progress of every active run of the session's workspaces, with cancel, and a message when one of its own runs ends.

What is shown follows the mirror: reports that come faster than they can be sent are left out, never queued.
"""

import asyncio
import logging

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tercet_shared.ids import RunId

from tercet_lsp.convert.evidence import run_markdown
from tercet_lsp.editor import Editor
from tercet_lsp.session.runs import RunView

REPORT_EVERY_S = 0.1

APPROVE = "Go on with this plan"
SHOW_PLAN = "Show the plan"
CANCEL_RUN = "Cancel the run"
MOST_CHARACTERS = 1000
"""Of a question in a message."""

_PREFIX = "tercet/"
_NAMES = {
    "fix": "repairing",
    "implement": "implementing",
    "test": "writing tests",
    "document": "documenting",
    "review": "checking",
    "explain": "explaining",
    "refactor": "refactoring",
    "optimise": "optimising",
    "secure": "securing",
}

logger = logging.getLogger(__name__)


def register(ls: Editor) -> None:
    reporter = _Reporter(ls)
    ls.session.mirror.on_run.append(reporter.changed)
    ls.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)(cancelled)


def cancelled(ls: Editor, params: types.WorkDoneProgressCancelParams) -> None:
    """The user pressed "cancel" at a run's progress."""
    token = str(params.token)
    if token.startswith(_PREFIX):
        run_id = RunId(token.removeprefix(_PREFIX).partition("/")[0])
        ls.in_background(ls.session.ask(lambda daemon: daemon.cancel_run(run_id)))


class _Reporter:
    """One task for each active run, woken by every change of it."""

    def __init__(self, ls: Editor) -> None:
        self._ls = ls
        self._changes: dict[RunId, asyncio.Event] = {}
        self._begun = 0

    def changed(self, before: RunView | None, run: RunView) -> None:
        if run.id in self._changes:
            self._changes[run.id].set()
        elif run.is_active and self._ls.abilities.shows_progress:
            self._changes[run.id] = asyncio.Event()
            self._ls.session.spawn(self._report(run.id))
        if before is not None and before.is_active and not run.is_active:
            _announce(self._ls, run)

    async def _report(self, run_id: RunId) -> None:
        self._begun += 1
        token = f"{_PREFIX}{run_id}/{self._begun}"  # a run that rested and goes on is shown anew
        try:
            await self._ls.reply(self._ls.work_done_progress.create_async(token))
        except (TimeoutError, JsonRpcException) as error:
            logger.info("the editor shows no progress: %s", error)
        else:
            await self._follow(run_id, token)
        finally:
            del self._changes[run_id]
            self._ls.work_done_progress.tokens.pop(token, None)

    async def _follow(self, run_id: RunId, token: str) -> None:
        progress = self._ls.work_done_progress
        run = self._ls.session.mirror.run(run_id)
        title = _title(run) if run else "Tercet"
        progress.begin(token, types.WorkDoneProgressBegin(title=title, cancellable=True, percentage=0))
        while (run := self._ls.session.mirror.run(run_id)) is not None and run.is_active:
            report = types.WorkDoneProgressReport(
                message=run.message or run.state, percentage=None if run.percent is None else int(run.percent)
            )
            progress.report(token, report)
            await self._changes[run_id].wait()
            self._changes[run_id].clear()
            await asyncio.sleep(REPORT_EVERY_S)
        progress.end(token, types.WorkDoneProgressEnd(message=run.state if run else None))


def _announce(ls: Editor, run: RunView) -> None:
    """Says how a run of this editor's user ended; what other editors do shows in its proposals alone."""
    if run.client_id != ls.session.client_id:
        return
    title = _title(run)
    if run.state == "waiting":
        ls.in_background(_ask_approval(ls, run, title))
    elif run.intent == "review":
        if run.state == "failed":
            ls.session.tell(f"{title}: {run.sentence}")
    elif run.state == "completed" and run.intent == "explain":
        ls.in_background(ls.present(run.sentence, f"{title}: {run.sentence}"))
    else:
        _say_end(ls, run, title)


def _say_end(ls: Editor, run: RunView, title: str) -> None:
    if run.state == "proposed":
        ls.show(f"{title}: {_offer(ls, run)}")
    elif run.state == "no_candidate":
        ls.show(f"{title}: {run.sentence or 'no change was found that passes the tests.'}", types.MessageType.Warning)
    elif run.state == "failed":
        ls.show(f"{title}: {run.sentence or 'the run failed.'}", types.MessageType.Error)
    elif run.state in ("completed", "cancelled", "superseded"):
        ls.show(f"{title}: {run.sentence or run.state}.")


def _offer(ls: Editor, run: RunView) -> str:
    """What waits, as proved as it is, and how to take it: new files have no place in an editor yet."""
    offered = next((each for each in ls.session.mirror.offered() if each.id == run.proposal_id), None)
    standing = (
        "a change" if offered is None else "a proved change" if offered.evidence.verified else "an unverified change"
    )
    if offered is None or any(file.base_sha256 is not None for file in offered.change_set.files):
        return f"{standing} is ready. Apply it from the light bulb at the marked place."
    paths = ", ".join(offered.change_set.paths)
    return f"{standing} is ready, which adds {paths}. See it with `tercet show {run.id}`, apply it with `tercet apply {run.id}`."


async def _ask_approval(ls: Editor, run: RunView, title: str) -> None:
    """Shows what the run waits with. Whoever closes the question answers later, by `tercet.approve` or `tercet.cancel`."""
    waiting = await ls.session.ask(lambda daemon: daemon.run(run.id))
    plan = waiting.plan
    steps = "; ".join(step.title for step in plan.steps) if plan else ""
    why = " ".join(plan.approval) if plan else ""
    question = " ".join(f"{title} waits for you. {why} {plan.summary if plan else run.message} {steps}".split())
    choice = await ls.choose(question[:MOST_CHARACTERS], [APPROVE, SHOW_PLAN, CANCEL_RUN])
    if choice == SHOW_PLAN:
        await ls.present(run_markdown(waiting, None), question)
        choice = await ls.choose(f"{title}: go on with this plan?", [APPROVE, CANCEL_RUN])
    if choice == APPROVE:
        await ls.session.ask(lambda daemon: daemon.approve_run(run.id), repeatable=False)
    elif choice == CANCEL_RUN:
        await ls.session.ask(lambda daemon: daemon.cancel_run(run.id))


def _title(run: RunView) -> str:
    name = f"Tercet: {_NAMES.get(run.intent, run.intent)}"
    return f"{name} {run.target}" if run.target else name
