"""Workspaces, overlays, interpreters and trust on the wire."""

from enum import StrEnum

from pydantic import Field

from tercet_shared.edits import RelativePath, Sha256
from tercet_shared.ids import ClientId, WorkspaceId
from tercet_shared.wire import Wire


class Trust(StrEnum):
    """Whether anything of a workspace may run. `UNKNOWN` has not been asked yet and means no."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"


class Interpreter(Wire):
    """The Python that runs the workspace's tests, and where it was found (setting, venv, poetry, ..., "tercet")."""

    path: str
    source: str
    note: str = ""


class Workspace(Wire):
    """A folder that an editor has open. `root` is absolute and resolved."""

    id: WorkspaceId
    root: str
    name: str
    trust: Trust
    interpreter: Interpreter | None = None
    problems: list[str] = Field(default_factory=list)
    """Sentences about what is wrong with its configuration; everything else still works."""


class WorkspaceRequest(Wire):
    """Registers a workspace. `trust` is what the editor knows; left out, the stored answer stands.
    `interpreter` is the editor's choice."""

    root: str = Field(min_length=1)
    trust: Trust | None = None
    interpreter: str | None = None


class TrustRequest(Wire):
    trusted: bool


class OverlayRequest(Wire):
    """The unsaved text of a document in one client. `version` is the LSP version and must grow."""

    client_id: ClientId
    path: RelativePath
    version: int
    text: str


class OverlayReceipt(Wire):
    path: RelativePath
    version: int
    text_sha256: Sha256
