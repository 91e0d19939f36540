"""A run as an editor asks for it, and as it sees it: small, and kept up to date from the events alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tercet_shared.events import Event
    from tercet_shared.ids import ClientId, ProposalId, RunId, WorkspaceId
    from tercet_shared.runs import Run

RESTING = frozenset(
    {
        "applied",
        "undone",
        "discarded",
        "superseded",
        "completed",
        "no_candidate",
        "failed",
        "cancelled",
        "proposed",
        "waiting",
    }
)
"""`tercet_shared.runs.RESTING_STATES`, without loading it before `initialize` is answered (a test compares them)."""


RangeTuple = tuple[tuple[int, int], tuple[int, int]]
"""Start and end, each a line and a character (code points) from zero."""


Choice = dict[str, list[int] | None]
"""Some of a proposal's edits: by path, their places in the file's list; None: all of the file's."""


@dataclass(frozen=True)
class Aim:
    """What a run is to be about; nothing: the whole workspace."""

    path: str | None = None
    range: RangeTuple | None = None
    tests: Sequence[str] = ()
    base: str | None = None
    instructions: str = ""
    plan_first: bool = False


@dataclass(frozen=True)
class RunView:
    """What progress, status and messages need of a run."""

    id: RunId
    workspace_id: WorkspaceId
    intent: str
    target: str
    """The tests or the file it is about; empty for the whole workspace."""
    client_id: ClientId | None
    state: str
    updated_at: datetime
    message: str = ""
    percent: float | None = None
    sentence: str = ""
    """The problem or the answer it ended with."""
    proposal_id: ProposalId | None = None

    @property
    def is_active(self) -> bool:
        """Whether there is work to wait for; applying is done before anybody could look."""
        return self.state not in RESTING and self.state != "applying"


def view_of(run: Run) -> RunView:
    """A stored run."""
    return RunView(
        id=run.id,
        workspace_id=run.workspace_id,
        intent=run.intent.value,
        target=_target(run.target.model_dump()),
        client_id=run.client_id,
        state=run.state.value,
        updated_at=run.updated_at,
        message=run.progress.message if run.progress else "",
        percent=run.progress.percent if run.progress else None,
        sentence=run.problem.sentence if run.problem else run.answer or "",
        proposal_id=run.proposal_id,
    )


def created(event: Event) -> RunView:
    """The run that a `run.created` event tells of."""
    return RunView(
        id=event.run_id,
        workspace_id=event.workspace_id,
        intent=str(event.data.get("intent", "")),
        target=_target(event.data.get("target") or {}),
        client_id=event.data.get("client_id"),
        state="queued",
        updated_at=event.at,
    )


def after(view: RunView, event: Event) -> RunView:
    """The run once `event` has happened; an event that the view knows of already changes nothing."""
    if event.at < view.updated_at:
        return view
    data = event.data
    if event.type == "run.state":
        problem = data.get("problem") or {}
        sentence = problem.get("sentence") or data.get("answer") or ""
        return replace(view, state=data["state"], sentence=sentence, updated_at=event.at)
    if event.type == "run.progress":
        return replace(view, message=data.get("message", ""), percent=data.get("percent"), updated_at=event.at)
    if event.type == "proposal.offered":
        return replace(view, proposal_id=data.get("proposal_id"), updated_at=event.at)
    return view


def _target(target: dict[str, Any]) -> str:
    tests = target.get("tests") or []
    if tests:
        return tests[0] if len(tests) == 1 else f"{len(tests)} tests"
    return target.get("path") or ""
