"""Turns failing tests and suspicious lines into findings that an editor can show. Runs nothing."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tercet_shared.edits import Position, Range, text_sha256
from tercet_shared.errors import TercetError
from tercet_shared.findings import Finding, RelatedLocation, Severity, Source
from tercet_shared.ids import finding_id
from tercet_shared.runs import Suspect

from tercet_server.agents.survey import test_file
from tercet_server.ports import Frame, Outcome, PrivateCopy, TestResult

SHOWN_SUSPECTS = 5
SHOWN_SUSPICION = 0.5
"""Lines below this score are noise in an editor."""

_RULES = {Outcome.FAILED: "test-failed", Outcome.TIMEOUT: "test-timeout", Outcome.ERROR: "test-error"}
MESSAGE_LIMIT = 500

ByPath = Mapping[str, Sequence[Finding]]


@dataclass
class _Lines:
    """The lines of the copy's files, read once each; none of a file that cannot be read as text."""

    copy: PrivateCopy
    texts: dict[str, str | None] = field(default_factory=dict)

    async def text(self, path: str) -> str | None:
        if path not in self.texts:
            try:
                self.texts[path] = await self.copy.read_text(path)
            except TercetError:
                self.texts[path] = None
        return self.texts[path]

    async def span(self, path: str, line: int) -> Range | None:
        """The line's text without its indentation, or None if there is no such line."""
        text = await self.text(path)
        lines = [] if text is None else text.split("\n")
        if not 0 <= line < max(1, len(lines)) or text is None:
            return None
        content = lines[line].rstrip("\r")
        start = len(content) - len(content.lstrip())
        return Range(start=Position(line=line, character=start), end=Position(line=line, character=len(content)))


async def findings_of_failures(
    copy: PrivateCopy, failing: Sequence[TestResult], tool: str = "pytest"
) -> dict[str, list[Finding]]:
    """One finding a failing test, at the innermost line of the test's own file that its failure passed through."""
    lines = _Lines(copy)
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for result in failing:
        finding = await _test_finding(lines, result, tool)
        if finding is not None:
            by_path[finding.path].append(finding)
    return dict(by_path)


async def findings_of_suspects(
    copy: PrivateCopy, suspects: Sequence[Suspect], failing: Sequence[str]
) -> dict[str, list[Finding]]:
    """Hints at the lines that most probably cause the failure of these tests."""
    lines = _Lines(copy)
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for suspect in [each for each in suspects if each.score >= SHOWN_SUSPICION][:SHOWN_SUSPECTS]:
        span, text = await lines.span(suspect.path, suspect.line), await lines.text(suspect.path)
        if span is None or text is None or not failing:
            continue
        by_path[suspect.path].append(
            Finding(
                id=finding_id(suspect.path, "suspect", suspect.line, failing[0]),
                path=suspect.path,
                range=span,
                rule="suspicious-line",
                severity=Severity.HINT,
                message=_suspicion(suspect, failing),
                source=Source.SUSPECT,
                tool="tercet",
                text_sha256=text_sha256(text),
                test=failing[0],
            )
        )
    return dict(by_path)


async def _test_finding(lines: _Lines, result: TestResult, tool: str) -> Finding | None:
    path = test_file(result.test)
    text = await lines.text(path)
    if text is None:
        return None
    line = _line_of(result, path, text)
    span = await lines.span(path, line) or await lines.span(path, 0)
    if span is None:
        return None
    rule = _RULES[result.outcome]
    return Finding(
        id=finding_id(path, rule, result.test),
        path=path,
        range=span,
        rule=rule,
        severity=Severity.ERROR,
        message=_message(result),
        source=Source.TESTS,
        tool=tool,
        text_sha256=text_sha256(text),
        test=result.test,
        related=await _related(lines, result, path),
    )


def _line_of(result: TestResult, path: str, text: str) -> int:
    own = [frame.line for frame in result.frames if frame.path == path]
    if own:
        return own[-1]
    if not path.endswith(".py"):
        return text.count("\n", 0, max(0, text.find(result.test.rpartition("::")[2].rpartition(" > ")[2])))
    function = result.test.rpartition("::")[2].partition("[")[0]
    definition = re.search(rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{re.escape(function)}\b", text, re.MULTILINE)
    return text.count("\n", 0, definition.start()) if definition else 0


async def _related(lines: _Lines, result: TestResult, path: str) -> list[RelatedLocation]:
    """Where the failure passed through source files, innermost first."""
    places: dict[tuple[str, int], Frame] = {
        (frame.path, frame.line): frame for frame in reversed(result.frames) if frame.path != path
    }
    related = []
    for frame in places.values():
        span = await lines.span(frame.path, frame.line)
        if span is not None:
            related.append(RelatedLocation(path=frame.path, range=span, message=f"in {frame.function}"))
    return related


def _message(result: TestResult) -> str:
    if result.outcome is Outcome.TIMEOUT:
        return f"{result.test} did not end within {result.duration_s:.0f} s."
    first = result.message.strip().splitlines() or [f"{result.test} {result.outcome}"]
    return first[0][:MESSAGE_LIMIT]


def _suspicion(suspect: Suspect, failing: Sequence[str]) -> str:
    name = failing[0].rpartition("::")[2]
    tests = name if len(failing) == 1 else f"{name} and {len(failing) - 1} more"
    return f"This line may be why {tests} fails (suspicion {suspect.score:.0%})."
