"""Evidence in the Static Analysis Results Interchange Format (SARIF 2.1.0, OASIS): for code scanning and viewers. Pure.

The change is the first result, with itself as the fix; then one result for each check. Lines and columns count from one, columns
in code points, as ours do from zero.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tercet_shared.edits import FileEdit, Range
from tercet_shared.evidence import EvidenceDocument
from tercet_shared.proposals import Check, CheckStatus

from tercet_server.cli.evidence.markdown import anywhere
from tercet_server.cli.render import CHECK_TITLES

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_PROPOSAL = "proposal"

_KIND_AND_LEVEL = {
    CheckStatus.PASSED: ("pass", "none"),
    CheckStatus.FAILED: ("fail", "error"),
    CheckStatus.WARNED: ("fail", "warning"),
    CheckStatus.SKIPPED: ("notApplicable", "none"),
    CheckStatus.ERROR: ("open", "none"),
}
"""SARIF 2.1.0, 3.27.9 and 3.27.10: only what fails has a level."""

Object = dict[str, Any]


def sarif(document: EvidenceDocument) -> Object:
    """One run of one tool, to be written as JSON."""
    evidence = document.evidence
    rules = [_PROPOSAL, *dict.fromkeys(check.name.value for check in evidence.checks)]
    run = {
        "tool": {"driver": _driver(document.tercet_version, rules)},
        "automationDetails": {"id": f"tercet/{document.intent}/{document.run_id}"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the workspace."}}},
        "artifacts": [_artifact(each) for each in document.change_set.files],
        "invocations": [_invocation(check) for check in evidence.checks if check.command],
        "results": [_proposal(document), *(_result(document, check, rules) for check in evidence.checks)],
        "properties": {
            "verified": evidence.verified,
            "unverifiedReason": evidence.unverified_reason or "",
            "sandbox": evidence.sandbox,
            "isolation": evidence.isolation,
            "images": evidence.images,
            "interpreter": anywhere([evidence.interpreter])[0],
            "baseSha256": evidence.base_sha256,
            "applyWith": document.apply_with,
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(version: str, rules: list[str]) -> Object:
    titles: Mapping[str, str] = {name.value: title for name, title in CHECK_TITLES.items()}
    return {
        "name": "Tercet",
        "version": version,
        "rules": [{"id": each, "shortDescription": {"text": titles.get(each, "a proposed change")}} for each in rules],
    }


def _artifact(edit: FileEdit) -> Object:
    return {"location": _location(edit), "roles": ["added" if edit.base_sha256 is None else "modified"]}


def _invocation(check: Check) -> Object:
    ran = check.status not in {CheckStatus.SKIPPED, CheckStatus.ERROR}
    exit_code = {} if check.exit_code is None else {"exitCode": check.exit_code}
    return {
        "executionSuccessful": ran,
        "executableLocation": {"uri": quote(anywhere(check.command)[0])},
        "arguments": check.command[1:],
        "workingDirectory": {"uriBaseId": _ROOT},
        **exit_code,
        "properties": {"check": check.name.value, "seconds": check.duration_s},
    }


def _proposal(document: EvidenceDocument) -> Object:
    return {
        "ruleId": _PROPOSAL,
        "ruleIndex": 0,
        "kind": "review",
        "level": "none",
        "message": {"text": document.title},
        "locations": _places(document),
        "fixes": [
            {
                "description": {"text": document.title},
                "artifactChanges": [_artifact_change(each) for each in document.change_set.files],
            }
        ],
        "properties": {"proposer": document.proposer, "state": document.state.value},
    }


def _result(document: EvidenceDocument, check: Check, rules: list[str]) -> Object:
    kind, level = _KIND_AND_LEVEL[check.status]
    gate = {} if check.gate is None else {"gate": check.gate.model_dump(mode="json")}
    return {
        "ruleId": check.name.value,
        "ruleIndex": rules.index(check.name.value),
        "kind": kind,
        "level": level,
        "message": {"text": check.summary or check.status.value},
        "locations": _places(document),
        "properties": {
            "tool": check.tool,
            "details": check.details,
            "passed": check.passed,
            "failed": check.failed,
            "notRun": check.not_run,
            **gate,
        },
    }


def _places(document: EvidenceDocument) -> list[Object]:
    """Where each changed file is changed first: what a check says, it says of the change."""
    return [
        {"physicalLocation": {"artifactLocation": _location(each), "region": _region(each.edits[0].range)}}
        for each in document.change_set.files
    ]


def _artifact_change(edit: FileEdit) -> Object:
    return {
        "artifactLocation": _location(edit),
        "replacements": [
            {"deletedRegion": _region(each.range), "insertedContent": {"text": each.new_text}} for each in edit.edits
        ],
    }


def _location(edit: FileEdit) -> Object:
    return {"uri": quote(edit.path), "uriBaseId": _ROOT}


def _region(place: Range) -> Object:
    return {
        "startLine": place.start.line + 1,
        "startColumn": place.start.character + 1,
        "endLine": place.end.line + 1,
        "endColumn": place.end.character + 1,
    }
