"""What is found in one text by ruff, with the project's settings, and by Tercet's own rules. Runs no code of the workspace."""

import asyncio
from dataclasses import replace
from pathlib import Path

from tercet_server.linters.ruff import LintOutcome, RuffFinding, lint
from tercet_server.linters.rules import RULES, own_findings

_RUFF_CODES = {rule.code: rule.ruff for rule in RULES}


async def lint_with_own_rules(root: Path, path: str, text: str, *, isolated: bool = False) -> LintOutcome:
    """ruff's outcome, with our findings among its own. What both tell is told once: by us where we alone have a fix."""
    outcome = await lint(root, path, text, isolated=isolated)
    own = await asyncio.to_thread(own_findings, text, path)
    return replace(outcome, findings=tuple(_merged(outcome.findings, own))) if own else outcome


def _merged(told: tuple[RuffFinding, ...], own: list[RuffFinding]) -> list[RuffFinding]:
    by_place = {(_RUFF_CODES.get(each.code or "", ""), each.location.row): each for each in own}
    merged: list[RuffFinding] = []
    for finding in told:
        same = by_place.get((finding.code or "", finding.location.row))
        if same is None:
            merged.append(finding)
        elif finding.fix is not None or same.fix is None:
            merged.append(finding)
            own = [each for each in own if each is not same]
    return sorted([*merged, *own], key=lambda each: (each.location.row, each.location.column))


def is_own(code: str | None) -> bool:
    """Whether a rule is one of ours, by its code."""
    return code in _RUFF_CODES
