"""The lint check of changed files that are not Python: what the catalogue's tools say with the change and not without it. Pure."""

from collections import Counter
from collections.abc import Sequence

from tercet_shared.findings import Severity
from tercet_shared.proposals import Check, CheckName, CheckStatus

from tercet_server.checks.outputs import ToolFinding
from tercet_server.checks.tool_findings import ToolRun

_DETAILS_CHARACTERS = 4000


def tools_ran(before: Sequence[ToolRun], after: Sequence[ToolRun], must_improve: bool, duration_s: float) -> Check:
    """Fails if the change brings an error of a tool whose errors mean broken code; other new findings are listed.

    `must_improve`: the change is there for a finding, so one must be gone and none may be new.
    """
    told = [run for run in after if not run.problem]
    tool = ", ".join(dict.fromkeys(run.tool.name for run in told or after)) or "linters"
    known = Counter(_identity(run, found) for run in before for found in run.findings)
    new = _new(told, known)
    gone = sum(known.values()) + len(new) - sum(len(run.findings) for run in told)
    fatal = [found for run, found in new if run.tool.blocks and found.severity is Severity.ERROR]
    failed = bool(fatal) or (must_improve and (bool(new) or gone <= 0))
    if not told:
        return Check(
            name=CheckName.LINT, tool=tool, status=CheckStatus.SKIPPED, summary=_nothing(after), duration_s=duration_s
        )
    return Check(
        name=CheckName.LINT,
        tool=tool,
        status=CheckStatus.FAILED if failed else CheckStatus.PASSED,
        summary=_summary(fatal or [found for _, found in new], gone, must_improve),
        command=list(told[0].command),
        exit_code=max(run.exit_code or 0 for run in told),
        duration_s=duration_s,
        details="\n".join(_line(found) for _, found in new)[:_DETAILS_CHARACTERS],
    )


def _new(runs: Sequence[ToolRun], known: Counter[tuple[str, ...]]) -> list[tuple[ToolRun, ToolFinding]]:
    left, new = Counter(known), []
    for run in runs:
        for found in run.findings:
            key = _identity(run, found)
            if left[key]:
                left[key] -= 1
            else:
                new.append((run, found))
    return new


def _identity(run: ToolRun, found: ToolFinding) -> tuple[str, ...]:
    return (run.tool.name, found.path, found.rule, found.message)


def _summary(new: Sequence[ToolFinding], gone: int, must_improve: bool) -> str:
    if new:
        return f"{len(new)} new finding{'s' * (len(new) > 1)}: {_line(new[0])}"
    if must_improve and gone <= 0:
        return "The finding is still there."
    return f"No new finding{f', {gone} gone' if gone > 0 else ''}."


def _line(found: ToolFinding) -> str:
    column = "" if found.column is None else f":{found.column + 1}"
    return f"{found.path}:{found.line + 1}{column}: {found.rule} {found.message}"


def _nothing(runs: Sequence[ToolRun]) -> str:
    return runs[0].problem if runs else "No linter that knows the changed files is installed."
