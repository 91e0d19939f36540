"""The fixes that a linter's rules offer for one text, as edits. Knows nothing of plans and candidates."""

from dataclasses import dataclass
from pathlib import Path

from tercet_shared.edits import Position, Range, TextEdit

from tercet_server.linters.linting import lint_with_own_rules
from tercet_server.linters.ruff import Place, RuffFinding, lint

MAX_TEXT = 2_000_000
"""Characters; a longer text has no fixes."""


@dataclass(frozen=True)
class RuleFix:
    """The fix of one finding. `safe`: ruff promises that the behaviour stays the same."""

    rule: str
    title: str
    range: Range
    edits: tuple[TextEdit, ...]
    safe: bool


async def rule_fixes(path: str, text: str, root: Path, select: str = "") -> list[RuleFix]:
    """The fixes for `text` as the file `path` of `root`, in order of the source, safe and unsafe.

    `select` names ruff's rules that count instead of the project's configuration; without it that one holds, or ruff's
    defaults if it is broken, and our own rules besides. Where ruff is missing or too slow there are none.
    """
    if len(text) > MAX_TEXT:
        return []
    if select:
        outcome = await lint(root, path, text, select=select, isolated=True)
    else:
        outcome = await lint_with_own_rules(root, path, text)
        outcome = await lint_with_own_rules(root, path, text, isolated=True) if outcome.problem else outcome
    return [fix for each in outcome.findings if (fix := _fix(each)) is not None]


def _fix(finding: RuffFinding) -> RuleFix | None:
    """None for a finding without a fix or without a rule (syntax errors)."""
    fix = finding.fix
    if fix is None or not finding.code or not fix.edits or fix.applicability == "display":
        return None
    edits = tuple(TextEdit(range=_range(each.location, each.end_location), new_text=each.content) for each in fix.edits)
    title = fix.message or finding.message
    return RuleFix(
        finding.code, title, _range(finding.location, finding.end_location), edits, fix.applicability == "safe"
    )


def _range(start: Place, end: Place) -> Range:
    return Range(start=_position(start), end=_position(end))


def _position(place: Place) -> Position:
    return Position(line=place.row - 1, character=place.column - 1)
