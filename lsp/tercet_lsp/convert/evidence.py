"""Findings, proposals and runs as Markdown for a person to read: in a hover, or in a document of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tercet_shared.costs import cost_words

if TYPE_CHECKING:
    from tercet_shared.daemon import DoctorReport
    from tercet_shared.findings import Finding
    from tercet_shared.proposals import Check, Evidence, Proposal
    from tercet_shared.runs import Plan, Run

_TESTS = ("target_tests", "tests")


def standing(evidence: Evidence) -> str:
    """In a few words, how well a change is proved: "verified: 31 tests", or "unverified: why"."""
    if not evidence.verified:
        return f"unverified: {evidence.unverified_reason or 'not every check was passed'}"
    tests = {test for check in evidence.checks if check.name in _TESTS for test in check.passed}
    return f"verified: {_count(len(tests), 'test')}" if tests else "verified"


def finding_markdown(finding: Finding) -> str:
    """A finding with where it comes from."""
    rule = f"[{finding.rule}]({finding.documentation_url})" if finding.documentation_url else f"`{finding.rule}`"
    lines = [f"**Tercet** · {rule} · {finding.tool}", "", _escaped(finding.message)]
    if finding.test:
        lines += ["", f"Failing test: `{finding.test}`"]
    if finding.fix_title:
        lines += ["", f"Quick fix: {_escaped(finding.fix_title)} (unverified)"]
    return "\n".join(lines)


def proposal_markdown(proposal: Proposal) -> str:
    """A proposal with its checks, its reasons and its diff."""
    evidence = proposal.evidence
    lines = [
        f"**Tercet proposes:** {_escaped(proposal.title)}",
        "",
        f"{standing(evidence).capitalize()} · by `{proposal.proposer}` · {proposal.state.value}",
        "",
        *_checks(evidence),
        "",
        f"Sandbox: {evidence.sandbox} ({evidence.isolated_by}) · Python: `{evidence.interpreter}`",
    ]
    if evidence.risks:
        lines += ["", *(f"- **Look closely:** {_escaped(risk)}" for risk in evidence.risks)]
    if proposal.verdict.reasons:
        lines += ["", *(f"- {_escaped(reason)}" for reason in proposal.verdict.reasons)]
    return "\n".join([*lines, "", *_fenced("diff", proposal.diff)])


def run_markdown(run: Run, proposal: Proposal | None) -> str:
    """A run: what was asked, how it ended, its plan, and its proposal if there is one."""
    lines = [f"# Tercet run `{run.id}`", "", f"{run.intent.value.capitalize()} · **{run.state.value}**"]
    if cost := cost_words(run.cost_usd, run.unpriced_calls):
        lines[-1] += f" · {_escaped(cost)}"
    if run.problem is not None:
        lines += ["", _escaped(run.problem.sentence)]
    if run.answer:
        lines += ["", run.answer]
    if run.plan is not None:
        lines += ["", *_plan(run.plan)]
    if proposal is not None:
        lines += ["", proposal_markdown(proposal)]
    return "\n".join(lines)


def doctor_markdown(report: DoctorReport) -> str:
    """The doctor's report as a table."""
    rows = [
        f"| {_cell(each.topic)} | {each.grade.value} | {_cell(each.found)} | {_cell(each.advice)} |"
        for each in report.diagnoses
    ]
    head = [f"# Tercet {report.version}", "", "| topic | grade | found | advice |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


# -- parts ------------------------------------------------------------------------------------------------------------


def _checks(evidence: Evidence) -> list[str]:
    rows = ["| check | tool | result | |", "|---|---|---|---|"]
    rows += [
        f"| {check.name.value} | {_cell(check.tool)} | {check.status.value} | {_cell(_summary(check))} |"
        for check in evidence.checks
    ]
    if not evidence.verified and evidence.unverified_reason:
        rows += ["", f"Unverified: {_escaped(evidence.unverified_reason)}"]
    return rows


def _summary(check: Check) -> str:
    left_out = f" ({_count(len(check.not_run), 'test')} not run)" if check.not_run else ""
    return f"{check.summary}{left_out}"


def _plan(plan: Plan) -> list[str]:
    steps = [f"1. {_escaped(step.title)}" for step in plan.steps]
    approval = ["", *(f"- **To be approved:** {_escaped(why)}" for why in plan.approval)] if plan.approval else []
    return ["## Plan", "", _escaped(plan.summary), "", *steps, *approval]


def _fenced(language: str, text: str) -> list[str]:
    """A code block that the text cannot close."""
    fence = "```"
    while fence in text:
        fence += "`"
    return [f"{fence}{language}", text.rstrip("\n"), fence]


def _escaped(text: str) -> str:
    """Text of tools and models, so that none of it is read as a link, an image or HTML."""
    for character in "\\`*_[]<>|":
        text = text.replace(character, "\\" + character)
    return text


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split()))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
