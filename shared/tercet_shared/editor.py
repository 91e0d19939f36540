"""The language server's own methods (`tercet/…`) on the wire: what an editor's views of runs and proposals need.

Documented in docs/editors.md. `PROTOCOL` grows when something is taken away or means something else.
"""

from enum import StrEnum

from pydantic import Field

from tercet_shared.ids import ProposalId, RunId
from tercet_shared.proposals import Proposal
from tercet_shared.runs import Run
from tercet_shared.wire import Wire
from tercet_shared.workspaces import Workspace

PROTOCOL = 1


class LinkState(StrEnum):
    CONNECTING = "connecting"
    """It is looked for, or being started, for the first time."""
    CONNECTED = "connected"
    LOST = "lost"
    """It went away or cannot be started; `problem` says why, and it is tried again."""


class EditorDaemon(Wire):
    """The daemon as the language server sees it: the parameters of `tercet/daemon`."""

    state: LinkState = LinkState.CONNECTING
    version: str | None = None
    pid: int | None = None
    problem: str | None = None


class Snapshot(Wire):
    """The answer to `tercet/snapshot`: how everything stands in the editor's folders, from memory while the daemon is away."""

    protocol: int = PROTOCOL
    daemon: EditorDaemon
    workspaces: list[Workspace]
    runs: list[Run]
    """Newest first, the latest of each workspace."""
    proposals: list[Proposal]
    """Those that are offered or claimed, and those that were applied while this editor ran; oldest first."""


class ProposalParams(Wire):
    """The parameters of `tercet/changes`."""

    proposal: ProposalId


class ChangedText(Wire):
    """One file before and after a proposal; `before` is null where it is created, `after` where it is deleted."""

    uri: str
    path: str
    before: str | None
    after: str | None


class ProposalChanges(Wire):
    """The answer to `tercet/changes`: whole texts, for an editor's own comparison."""

    files: list[ChangedText]


class RunEventsParams(Wire):
    """The parameters of `tercet/runEvents`: the events of a run whose `seq` is greater than `after`."""

    run: RunId
    after: int = Field(default=0, ge=0)
