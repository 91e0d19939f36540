"""Which run a person means: an id, the beginning of one, or the last."""

from collections.abc import Callable
from pathlib import Path

from tercet_shared.errors import NotFound
from tercet_shared.ids import workspace_id
from tercet_shared.runs import END_STATES, Run, RunState

from tercet_server.cli import project
from tercet_server.cli.session import Session

LAST = "last"
NEWEST = 1000
"""How many runs are looked through for the last one that is meant."""


async def named(session: Session, name: str, workspace: Path | None, is_meant: Callable[[Run], bool]) -> Run:
    """The run of this id or unique beginning of one; `last` is the newest that can be meant, in this workspace.

    An editor starts a review with every save, which has nothing to apply: the newest run of all would rarely be meant.
    """
    if name != LAST:
        return await session.client.run(name)
    root = project.named_root(workspace)
    newest = await session.client.runs(workspace_id(root), NEWEST)
    if not newest:
        raise NotFound(f"There is no run in {root} yet. Start one with `tercet fix`.")
    return next((run for run in newest if is_meant(run)), newest[0])


def is_unfinished(run: Run) -> bool:
    """Whether it works, or waits for the user."""
    return run.state not in END_STATES | {RunState.PROPOSED}
