"""The sandboxes on the wire: what this machine offers, and the long work on them (building images, trying attacks)."""

from enum import StrEnum

from pydantic import Field

from tercet_shared.wire import Wire


class BackEnd(Wire):
    """One way to isolate project code, as found on this machine."""

    name: str
    isolation: str
    """What it isolates, in its own words: "container", "namespaces", "reduced", "not isolated"."""
    available: bool
    used: bool
    advice: str = ""
    """What to do, or to know."""


class SandboxReport(Wire):
    """The back ends, strongest first."""

    back_ends: list[BackEnd]


class BuildRequest(Wire):
    runtimes: list[str] = Field(default=["host"], max_length=20)
    """`host` (this machine's own programs, shown read-only), or runtimes of the Dockerfile."""


class WorkKind(StrEnum):
    NONE = "none"
    BUILD = "build"
    TEST = "test"


class SandboxWork(Wire):
    """The last long work on the sandboxes; one at a time."""

    kind: WorkKind = WorkKind.NONE
    running: bool = False
    lines: list[str] = Field(default=[])
    """What came of it so far, one line each; the last 500."""
    failed: int = 0
    """Attacks that were not contained, or images that were not built."""
