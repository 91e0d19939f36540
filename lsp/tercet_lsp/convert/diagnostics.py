"""Findings and proposals as diagnostics. What is shown, and when, is the features' affair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.evidence import standing
from tercet_lsp.convert.positions import Encoding, to_editor_range
from tercet_lsp.convert.texts import Text

if TYPE_CHECKING:
    from tercet_shared.findings import Finding
    from tercet_shared.proposals import Proposal

SOURCE = "tercet"
PROPOSAL_CODE = "proposal"

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}


@dataclass(frozen=True)
class Page:
    """The file that diagnostics are made for, as the editor sees it."""

    path: str
    text: Text
    encoding: Encoding
    uri_of: Callable[[str], str]
    """The URI of a path in the same folder."""
    shows_related: bool


def finding_diagnostic(finding: Finding, page: Page) -> types.Diagnostic:
    """`data` is the finding's id: what code actions and commands name it by."""
    url = finding.documentation_url
    return types.Diagnostic(
        range=to_editor_range(finding.range, page.text, page.encoding),
        message=finding.message,
        severity=_SEVERITIES[finding.severity],
        code=finding.rule,
        code_description=types.CodeDescription(href=url) if url else None,
        source=SOURCE,
        related_information=_related(finding, page) or None,
        data=str(finding.id),
    )


def proposal_diagnostics(proposal: Proposal, page: Page) -> list[types.Diagnostic]:
    """A hint at each place that the proposal would change; `data` is the proposal's id."""
    edits = next((file.edits for file in proposal.change_set.files if file.path == page.path), [])
    return [
        types.Diagnostic(
            range=to_editor_range(edit.range, page.text, page.encoding),
            message=f"Tercet proposes: {proposal.title} ({standing(proposal.evidence)})",
            severity=types.DiagnosticSeverity.Hint,
            code=PROPOSAL_CODE,
            source=SOURCE,
            data=str(proposal.id),
        )
        for edit in edits
    ]


def _related(finding: Finding, page: Page) -> list[types.DiagnosticRelatedInformation]:
    if not page.shows_related:
        return []
    return [
        types.DiagnosticRelatedInformation(
            location=types.Location(
                uri=page.uri_of(each.path),
                range=to_editor_range(each.range, page.text, page.encoding)
                if each.path == page.path
                else _whole_lines(each.range.start.line, each.range.end.line),
            ),
            message=each.message,
        )
        for each in finding.related
    ]


def _whole_lines(first: int, last: int) -> types.Range:
    """In another file, whose text is not at hand to count columns in, the lines are exact."""
    return types.Range(types.Position(first, 0), types.Position(last + 1, 0))
