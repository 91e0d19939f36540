"""Findings on the wire: something wrong or improvable at a range. Shown as a Diagnostic by the language server."""

from enum import StrEnum

from pydantic import Field

from tercet_shared.edits import ChangeSet, Range, RelativePath, Sha256
from tercet_shared.ids import FindingId
from tercet_shared.wire import Wire


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    HINT = "hint"


class Source(StrEnum):
    """The tool family that found it; also the language server's switch for showing it."""

    SYNTAX = "syntax"
    LINT = "lint"
    TESTS = "tests"
    SUSPECT = "suspect"


class RelatedLocation(Wire):
    path: RelativePath
    range: Range
    message: str


class Finding(Wire):
    """`text_sha256` names the text whose positions these are; `test` is the node id of the failing test, where one failed.

    `fix` is a deterministic, instant and *unverified* edit for this finding alone; proved changes come as proposals.
    """

    id: FindingId
    path: RelativePath
    range: Range
    rule: str
    severity: Severity
    message: str
    source: Source
    tool: str
    text_sha256: Sha256
    documentation_url: str | None = None
    test: str | None = None
    fix_title: str | None = None
    fix: ChangeSet | None = None
    related: list[RelatedLocation] = Field(default_factory=list)


class FileFindings(Wire):
    """All findings of one file; `revision` grows with every change, so a client can tell old from new."""

    path: RelativePath
    revision: int
    findings: list[Finding]
