"""How plans, evidence, diffs, runs and reports look to a person. Pure: models in, rich renderables out."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from tercet_shared.costs import cost_words
from tercet_shared.daemon import Diagnosis, DoctorReport, Grade
from tercet_shared.findings import Finding, Severity
from tercet_shared.proposals import Check, CheckName, CheckStatus, Evidence, Proposal, ProposalState
from tercet_shared.runs import Plan, Run, RunState, Suspect

from tercet_server.cli.terminal import printable

SUSPECTS_SHOWN = 5

CHECK_TITLES = {
    CheckName.SYNTAX: "syntax",
    CheckName.LINT: "lint",
    CheckName.TYPES: "types",
    CheckName.TARGET_TESTS: "failing tests",
    CheckName.TESTS: "all tests",
    CheckName.SECURITY: "security",
    CheckName.COVERAGE: "coverage",
    CheckName.COMPLEXITY: "complexity",
    CheckName.SECRETS: "secrets",
    CheckName.DEPENDENCIES: "dependencies",
}

_STATUS = {
    CheckStatus.PASSED: ("✓ passed", "green"),
    CheckStatus.FAILED: ("✗ failed", "red"),
    CheckStatus.SKIPPED: ("– skipped", "yellow"),
    CheckStatus.ERROR: ("! error", "red"),
    CheckStatus.WARNED: ("! warned", "yellow"),
}

_GRADE = {Grade.OK: ("✓", "green"), Grade.WARNING: ("!", "yellow"), Grade.MISSING: ("✗", "red")}

_SEVERITY_STYLE = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue", Severity.HINT: "dim"}

_STATE_STYLE = {
    RunState.PROPOSED: "bold green",
    RunState.APPLIED: "green",
    RunState.COMPLETED: "green",
    RunState.FAILED: "red",
    RunState.NO_CANDIDATE: "yellow",
    RunState.WAITING: "yellow",
    RunState.CANCELLED: "dim",
    RunState.DISCARDED: "dim",
    RunState.SUPERSEDED: "dim",
    RunState.UNDONE: "dim",
}


def heading(title: str) -> Text:
    return Text(f"\n{title}", style="bold")


def plan(the_plan: Plan) -> RenderableType:
    parts: list[RenderableType] = [heading("Plan"), _indented(Text(printable(the_plan.summary)))]
    for number, step in enumerate(the_plan.steps, 1):
        parts.append(_indented(Text(f"{number}. {printable(step.title)}")))
        if step.suspects:
            parts.append(_indented(_suspects(step.suspects), 5))
    parts += [_indented(Text(f"Risk: {printable(risk)}", style="yellow")) for risk in the_plan.risks]
    parts += [_indented(Text(f"To be approved: {printable(why)}", style="yellow")) for why in the_plan.approval]
    return Group(*parts)


def _suspects(suspects: Sequence[Suspect]) -> Text:
    shown = Text("most suspicious: ", style="dim")
    shown.append(", ".join(f"{printable(each.path)}:{each.line + 1}" for each in suspects[:SUSPECTS_SHOWN]))
    if len(suspects) > SUSPECTS_SHOWN:
        shown.append(f" and {len(suspects) - SUSPECTS_SHOWN} more lines")
    return shown


def evidence(the_evidence: Evidence) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for column in ("check", "status", "duration"):
        table.add_column(column, no_wrap=True, justify="right" if column == "duration" else "left")
    table.add_column("summary", overflow="fold")
    for check in the_evidence.checks:
        label, style = _STATUS[check.status]
        summary = Text(printable(check.summary))
        summary.append(f"  ({printable(check.tool)})", style="dim")
        table.add_row(CHECK_TITLES[check.name], Text(label, style=style), f"{check.duration_s:.1f} s", summary)
    risks = [_indented(Text(f"Look closely: {printable(risk)}", style="yellow")) for risk in the_evidence.risks]
    left_out = _left_out(the_evidence.checks)
    return Group(heading("Evidence"), _indented(table), _indented(_where(the_evidence)), *left_out, *risks)


def _where(the_evidence: Evidence) -> Text:
    sandbox = f"{the_evidence.sandbox} ({the_evidence.isolated_by})"
    place = f"in a private copy, sandbox {sandbox}, {the_evidence.interpreter}"
    if the_evidence.verified:
        return Text("Verified ", style="bold green").append(printable(place), style="not bold default")
    shown = Text("Unverified: ", style="bold yellow")
    return shown.append(
        printable(f"{the_evidence.unverified_reason or 'not every check could run'}; {place}"), style="not bold default"
    )


def _left_out(checks: Iterable[Check]) -> list[RenderableType]:
    left_out = [test for check in checks for test in check.not_run]
    if not left_out:
        return []
    more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
    return [_indented(Text(f"Not run: {', '.join(map(printable, left_out[:3]))}{more}", style="yellow"))]


def diff(unified: str) -> RenderableType:
    shown = Text()
    for line in printable(unified).splitlines():
        shown.append(line + "\n", style=_diff_style(line))
    shown.rstrip()
    return Group(heading("Change"), shown)


def _diff_style(line: str) -> str:
    if line.startswith(("+++", "---", "diff ")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")


def proposal(the_proposal: Proposal) -> RenderableType:
    title = Text(f"{printable(the_proposal.title)}  ", style="bold")
    title.append(f"found by {the_proposal.proposer}", style="not bold dim")
    return Group(evidence(the_proposal.evidence), diff(the_proposal.diff), Text(), title)


def outcome(run: Run, the_proposal: Proposal | None) -> RenderableType:
    """One closing line: how the run stands, and what to do next."""
    short = run.id
    if run.state is RunState.PROPOSED and the_proposal is not None:
        return Text.assemble(
            "Apply it with ",
            (f"tercet apply {short}", "bold cyan"),
            ", drop it with ",
            (f"tercet discard {short}", "cyan"),
            ".",
        )
    if run.state is RunState.APPLIED or (the_proposal is not None and the_proposal.state is ProposalState.APPLIED):
        return Text.assemble(("Applied. ", "bold green"), "Undo it with ", (f"tercet undo {short}", "cyan"), ".")
    if run.state is RunState.WAITING:
        return Text.assemble(
            "The plan waits. Let it go on with ",
            (f"tercet approve {short}", "bold cyan"),
            ", change it with ",
            (f'tercet steer {short} "..."', "cyan"),
            ", drop it with ",
            (f"tercet cancel {short}", "cyan"),
            ".",
        )
    if run.answer:
        return Text(printable(run.answer))
    if run.problem is not None:
        return Text(printable(run.problem.sentence), style="yellow" if run.state is RunState.NO_CANDIDATE else "red")
    return Text(f"The run is {state_name(run.state)}.")


def state_name(state: RunState) -> str:
    return state.value.replace("_", " ")


def runs(the_runs: Sequence[Run], now: datetime | None = None) -> RenderableType:
    if not the_runs:
        return Text("No runs yet. Start one with `tercet fix`.")
    now = now or datetime.now(UTC)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("run", "state", "intent", "age"):
        table.add_column(column, no_wrap=True)
    table.add_column("cost", overflow="fold")
    table.add_column("about", overflow="fold")
    for run in the_runs:
        state = Text(state_name(run.state), style=_STATE_STYLE.get(run.state, "cyan"))
        row = (run.id, state, run.intent.value, age((now - run.created_at).total_seconds()), _cost(run) or "–")
        table.add_row(*row, Text(_about(run)))
    return table


def _cost(run: Run) -> str:
    return cost_words(run.cost_usd, run.unpriced_calls)


def _about(run: Run) -> str:
    if run.problem is not None:
        return printable(run.problem.sentence)
    if run.plan is not None:
        return printable(run.plan.summary)
    return printable(", ".join(run.target.tests) or run.target.path or "the whole workspace")


def age(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} s"


def run_header(run: Run) -> RenderableType:
    state = Text(state_name(run.state), style=_STATE_STYLE.get(run.state, "cyan"))
    cost = _cost(run)
    return Text.assemble(
        (run.id, "bold"),
        f"  {run.intent.value}  ",
        state,
        f"  {run.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
        f"  {cost}" if cost else "",
    )


def finding(each: Finding) -> RenderableType:
    where = f"{printable(each.path)}:{each.range.start.line + 1}:{each.range.start.character + 1}"
    message = printable(each.message).splitlines() or [""]
    return Text.assemble(
        (where, "bold"), ": ", (each.severity.value, _SEVERITY_STYLE[each.severity]), f" [{each.rule}] {message[0]}"
    )


def doctor(report: DoctorReport) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column("grade", no_wrap=True)
    table.add_column("topic", no_wrap=True)
    table.add_column("found", overflow="fold")
    for each in report.diagnoses:
        mark, style = _GRADE[each.grade]
        table.add_row(Text(mark, style=style), each.topic, _diagnosis(each))
    return Group(Text(f"Tercet {report.version}", style="bold"), table)


def _diagnosis(each: Diagnosis) -> Text:
    shown = Text(printable(each.found))
    if each.advice:
        shown.append(f"\n→ {printable(each.advice)}", style="cyan")
    return shown


def _indented(part: RenderableType, columns: int = 2) -> Padding:
    return Padding(part, (0, 0, 0, columns))
