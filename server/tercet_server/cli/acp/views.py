"""Plans, proofs and proposals in the protocol's terms, what others wrote in them as mere text.

Reads the files that a proposal changes, for their diffs.
"""

from collections.abc import Iterable
from pathlib import Path

from acp import plan_entry, start_tool_call, text_block, tool_content, tool_diff_content, update_plan
from acp.schema import AgentPlanUpdate, FileEditToolCallContent, PlanEntryStatus, ToolCallLocation, ToolCallStart
from tercet_shared.errors import TercetError
from tercet_shared.events import Event
from tercet_shared.findings import FileFindings, Source
from tercet_shared.proposals import Check, CheckStatus, Decision, Proposal
from tercet_shared.runs import Plan

from tercet_server.cli.acp.markup import escaped, quoted
from tercet_server.edits import apply_file_edit, decode

FINDINGS_LISTED = 50


def plan(the_plan: Plan, done: int) -> AgentPlanUpdate:
    """The plan's steps, of which the first `done` are done and the next is under way."""
    return update_plan(plan_entry(quoted(step.title), status=_status(n, done)) for n, step in enumerate(the_plan.steps))


def _status(number: int, done: int) -> PlanEntryStatus:
    if number == done:
        return "in_progress"
    return "completed" if number < done else "pending"


def candidate(event: Event) -> ToolCallStart:
    """A `candidate.checked` event: what was tried and how its checks came out."""
    accepted = event.data["verdict"]["decision"] == Decision.ACCEPT.value
    lines = [f"- {name}: {status}" for name, status in event.data["checks"].items()]
    lines += [f"- {escaped(str(reason))}" for reason in event.data["verdict"]["reasons"]]
    return start_tool_call(
        f"{event.run_id}/{event.n}",
        f"Prove: {quoted(str(event.data['title']))}",
        kind="execute",
        status="completed" if accepted else "failed",
        content=[tool_content(text_block("\n".join(lines)))],
    )


def check(proposal: Proposal, number: int, the_check: Check) -> ToolCallStart:
    """One check of a proposal's evidence."""
    return start_tool_call(
        f"{proposal.id}/{number}",
        f"Check {the_check.name.value} ({quoted(the_check.tool)}): {the_check.status.value}",
        kind="execute",
        status="completed" if the_check.status in (CheckStatus.PASSED, CheckStatus.SKIPPED) else "failed",
        content=[tool_content(text_block(escaped(the_check.summary)))],
    )


def standing(proposal: Proposal) -> str:
    """The proposal's title, and what is proved of it."""
    evidence = proposal.evidence
    proved = "verified" if evidence.verified else f"unverified: {escaped(str(evidence.unverified_reason))}"
    risks = "".join(f"\n- Look closely: {escaped(risk)}" for risk in evidence.risks)
    return f"{quoted(proposal.title)} ({proved}){risks}"


def waiting(the_plan: Plan) -> str:
    """A plan that is to be approved, as a list, and why."""
    steps = [f"{number}. {escaped(step.title)}" for number, step in enumerate(the_plan.steps, 1)]
    risks = [f"- Risk: {escaped(risk)}" for risk in the_plan.risks]
    return "\n".join(
        [escaped(the_plan.summary), "", *steps, "", *(f"- {escaped(why)}" for why in the_plan.approval), *risks]
    )


def places(root: Path, proposal: Proposal) -> list[ToolCallLocation]:
    """Where each file of the proposal is changed first; lines from one."""
    return [
        ToolCallLocation(path=str(root / file.path), line=file.edits[0].range.start.line + 1)
        for file in proposal.change_set.files
    ]


def diffs(root: Path, proposal: Proposal) -> list[FileEditToolCallContent]:
    """Whole texts before and after, for the editor's own comparison; a file that has moved on has none. Blocks."""
    found = []
    for edit in proposal.change_set.files:
        path = root / edit.path
        try:
            current = decode(path.read_bytes()).text if edit.base_sha256 is not None else None
            texts = apply_file_edit(edit, current)
        except (OSError, ValueError, TercetError):
            continue
        found.append(tool_diff_content(str(path), texts.after, texts.before))
    return found


def findings(files: Iterable[FileFindings]) -> str:
    """The findings as a list, suspicions left out, at most `FINDINGS_LISTED`."""
    lines = [
        f"- {quoted(f'{file.path}:{each.range.start.line + 1}')} {each.severity.value}: {escaped(each.message)}"
        for file in files
        for each in file.findings
        if each.source is not Source.SUSPECT
    ]
    more = [f"- … and {len(lines) - FINDINGS_LISTED} more"] if len(lines) > FINDINGS_LISTED else []
    return "\n".join([*lines[:FINDINGS_LISTED], *more])
