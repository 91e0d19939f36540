"""What makes a plan, or a model's change, one that its user should see first: measured from files, sizes and outcomes. Pure.

A planner's own opinion is one more reason and takes none of these away.
"""

from collections.abc import Collection, Sequence

from tercet_shared.edits import FileTexts
from tercet_shared.findings import Finding
from tercet_shared.runs import Intent, Plan, Run

from tercet_server.edits.lines import added_lines
from tercet_server.files.purposes import Purpose, purpose_of
from tercet_server.proposers.suspicion import serves_tests

MOST_FILES = 5
"""A change of more is hard to take in at once."""

MUCH_REMOVED = 50
"""Lines; a change that removes more, and more than it adds, takes something away."""

LOW_CONFIDENCE = 0.5
"""Of a model's changes in this workspace, the share expected to be kept."""

WRITES_TESTS = frozenset({Intent.TEST, Intent.IMPLEMENT})
"""Intents for which new tests are to be expected."""

INTERFACE = "interface"
"""The rule of remarks on what callers can no longer rely on."""

NAMED = 3


def risks_of_plan(plan: Plan, run: Run, files: Collection[str], confidence: float) -> list[str]:
    """Sentences; none: it need not be approved. `files` are those that there are; `confidence`: see LOW_CONFIDENCE."""
    named = [*(path for step in plan.steps for path in step.files), *([run.target.path] if run.target.path else [])]
    found = [*plan.approval, *_of_paths(list(dict.fromkeys(named)), run.intent, files)]
    if confidence < LOW_CONFIDENCE:
        found.append(
            "By what became of earlier ones, a model's change of this kind is more likely discarded than kept in this workspace."
        )
    return found


def risks_of_change(texts: Sequence[FileTexts], intent: Intent, remarks: Sequence[Finding]) -> list[str]:
    """Sentences about what a change does. `remarks` are those that comparing the texts brought. CPU-bound."""
    existed = [each for each in texts if each.before is not None]
    found = _of_paths([each.path for each in texts], intent, {each.path for each in existed})
    emptied = [each.path for each in existed if each.before and each.before.strip() and not each.after.strip()]
    if emptied:
        found.append(f"It empties {_listed(emptied)}.")
    removed, added = _size(texts)
    if removed > MUCH_REMOVED and removed > added:
        found.append(f"It removes {removed} lines and adds {added}.")
    broken = [each.message for each in remarks if each.rule == INTERFACE]
    more = len(broken) - NAMED
    return [
        *found,
        *broken[:NAMED],
        *([f"Callers of {more} more public definitions break as well."] if more > 0 else []),
    ]


def _of_paths(paths: Sequence[str], intent: Intent, files: Collection[str]) -> list[str]:
    found = [f"It changes {len(paths)} files (more than {MOST_FILES})."] if len(paths) > MOST_FILES else []
    tests = [path for path in paths if serves_tests(path)]
    changed = [path for path in tests if path in files or intent not in WRITES_TESTS]
    if changed and intent is not Intent.TEST:
        found.append(f"It changes tests: {_listed(changed)}.")
    by_purpose: dict[Purpose, list[str]] = {}
    for path in paths:
        purpose = None if path in tests else purpose_of(path)
        if purpose is not None:
            by_purpose.setdefault(purpose, []).append(path)
    return [*found, *(f"It touches {purpose}: {_listed(named)}." for purpose, named in by_purpose.items())]


def _size(texts: Sequence[FileTexts]) -> tuple[int, int]:
    """Lines that are removed, and added."""
    added = sum(len(added_lines(each.before, each.after)) for each in texts)
    removed = sum(len(added_lines(each.after, each.before or "")) for each in texts)
    return removed, added


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - NAMED
    return ", ".join(paths[:NAMED]) + (f" and {more} more" if more > 0 else "")
