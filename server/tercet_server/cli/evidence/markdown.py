"""Evidence as GitHub's Markdown, to be pasted into a pull request. Pure.

What comes from a workspace, a tool or a model is escaped: it can neither close a block, nor link, nor mention anybody.
"""

import re
import shlex
from collections.abc import Iterator, Sequence

from tercet_shared.evidence import EvidenceDocument
from tercet_shared.proposals import Check, CheckName, CheckStatus, OnFailure

from tercet_server.cli.render import CHECK_TITLES
from tercet_server.cli.terminal import printable

_MARKS = {
    CheckStatus.PASSED: "✅ passed",
    CheckStatus.FAILED: "❌ failed",
    CheckStatus.SKIPPED: "➖ skipped",
    CheckStatus.ERROR: "❗ error",
    CheckStatus.WARNED: "⚠️ warned",
}
_CONSEQUENCES = {OnFailure.REPORT: "reported", OnFailure.ASK: "unverified", OnFailure.REJECT: "turned down"}
_TESTS = (CheckName.TARGET_TESTS, CheckName.TESTS)
_NAMED = 20
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&$]")
_REFERENCE = re.compile(r"([@#])(?=\w)|(:)(?=//)|(www)(?=\.)", re.IGNORECASE)
"""GitHub makes links of these, and tells who is mentioned; a comment in between prevents it."""


def markdown(document: EvidenceDocument) -> str:
    """Ends with a line end."""
    blocks = [
        f"### {text(document.title)}",
        _standing(document),
        "\n".join(f"- Look closely: {text(risk)}" for risk in document.evidence.risks),
        "\n".join(_table(document.evidence.checks)),
        "\n".join(_left_out(document.evidence.checks)),
        _folded("How to repeat it", fenced("sh", "\n".join(_commands(document)))),
        _folded("The change", fenced("diff", document.diff)),
        _origin(document),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _standing(document: EvidenceDocument) -> str:
    evidence = document.evidence
    if not evidence.verified:
        return f"**Unverified:** {text(evidence.unverified_reason or 'not every check could run')}"
    tests = {test for check in evidence.checks if check.name in _TESTS for test in check.passed}
    sandbox = f"{text(evidence.sandbox)}: {text(evidence.isolated_by)}"
    return f"**Verified** with {_count(len(tests), 'test')}, in a sandbox ({sandbox})."


def _table(checks: Sequence[Check]) -> Iterator[str]:
    yield "| check | result | found | measured | seconds |"
    yield "|---|---|---|---|--:|"
    for check in checks:
        found = f"{text(check.summary)} ({text(check.tool)})"
        measured = _measured(check)
        yield f"| {CHECK_TITLES[check.name]} | {_MARKS[check.status]} | {found} | {measured} | {check.duration_s:.1f} |"


def _measured(check: Check) -> str:
    gate = check.gate
    if gate is None:
        return ""
    bound = "at least" if check.name is CheckName.COVERAGE else "at most"
    figure = "?" if gate.figure is None else f"{gate.figure:g}"
    return f"{figure} {text(gate.unit)}; {bound} {gate.threshold:g}, else {_CONSEQUENCES[gate.on_failure]}"


def _left_out(checks: Sequence[Check]) -> Iterator[str]:
    left_out = [test for check in checks for test in check.not_run]
    if left_out:
        yield "Not run:"
        yield ""
        yield from (f"- {text(test)}" for test in left_out[:_NAMED])
    if len(left_out) > _NAMED:
        yield f"- and {len(left_out) - _NAMED} more"


def _commands(document: EvidenceDocument) -> Iterator[str]:
    yield f"# in the project, with the change applied (`{document.apply_with}`)"
    yield from (shlex.join(anywhere(check.command)) for check in document.evidence.checks if check.command)


def anywhere(command: Sequence[str]) -> list[str]:
    """A program by its name alone: where it lies on one machine is of no use on another, and nobody else's business."""
    return [re.split(r"[/\\]", command[0])[-1], *command[1:]]


def _origin(document: EvidenceDocument) -> str:
    return (
        f"<sub>Tercet {text(document.tercet_version)}, run {document.run_id}, by {text(document.proposer)}, "
        f"base {document.evidence.base_sha256[:12]}</sub>"
    )


def _folded(title: str, content: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{content}\n\n</details>"


def fenced(language: str, content: str) -> str:
    """A code block that its content cannot close."""
    runs = re.findall(r"`{3,}", content)
    fence = "`" * max(3, *(len(each) + 1 for each in runs), 3)
    return f"{fence}{language}\n{printable(content).rstrip()}\n{fence}"


def text(words: str) -> str:
    """Words of a tool as plain text on one line."""
    escaped = _SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(printable(words).split()))
    return _REFERENCE.sub(r"\g<0><!-- -->", escaped)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
