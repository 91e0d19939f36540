"""A review of changes: what changed since a revision, which of its lines no test runs, and the report with its verdict."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tercet_shared.edits import FileTexts, line_range, text_sha256
from tercet_shared.errors import TercetError
from tercet_shared.findings import Finding, Severity, Source
from tercet_shared.ids import finding_id
from tercet_shared.runs import Progress

from tercet_server.edits.lines import added_lines
from tercet_server.files.changes import changed_since
from tercet_server.languages.statements import line_spans, statement_lines
from tercet_server.ports import Outcome
from tercet_server.runs.job import Job

TRACE_SHARE = 0.3
"""Of the time left, what finding untested lines may take."""

MOST_SHOWN = 100
AGAINST = "Not as it is"
DOUBTFUL = "Look again"
NOTHING_AGAINST = "Nothing speaks against it"


async def changes_since(job: Job, base: str) -> list[FileTexts]:
    """Texts then and now, of the target's file or of all. Raises InvalidRequest, Unsupported, DeadlineExceeded."""
    changed = await asyncio.to_thread(changed_since, Path(job.workspace.root), base)
    copy = await job.copy()
    found = []
    for path, before in changed.before.items():
        if job.run.target.path not in {None, path}:
            continue
        try:
            after = await copy.read_text(path)
        except TercetError:
            after = ""  # gone, or no text
        after = after.replace("\r\n", "\n")
        if (before or "") != after:
            found.append(FileTexts(path, before, after))
    return found


async def untested_lines(job: Job, changes: Sequence[FileTexts], passing: Sequence[str]) -> list[Finding]:
    """Added lines in functions that none of the passing tests runs; nothing where tests could not be traced."""
    python = [each for each in changes if each.path.endswith(".py")]
    wanted = {each.path: lines for each in python if (lines := await asyncio.to_thread(_statements, each))}
    if not wanted or not passing:
        return []
    await job.progress(Progress(message="looking which of the changed lines the tests run"))
    deadline_s = job.remaining_s() * TRACE_SHARE
    per_test_s = job.settings.run.per_test_s
    traced = await (await job.session()).run(passing, per_test_s=per_test_s, deadline_s=deadline_s, trace=True)
    if traced.not_run or any(each.outcome is Outcome.ERROR for each in traced.results.values()):
        return []
    covered: dict[str, set[int]] = {}
    for result in traced.results.values():
        for path, run in result.covered.items():
            covered.setdefault(path, set()).update(run)
    texts = {each.path: each.after for each in changes}
    return [
        _untested(path, texts[path], first, last)
        for path, lines in wanted.items()
        for first, last in line_spans(sorted(lines - covered.get(path, set())))
    ]


def _statements(change: FileTexts) -> set[int]:
    """The added lines (from zero) on which a statement inside a function begins."""
    return statement_lines(change.after) & added_lines(change.before, change.after).keys()


def _untested(path: str, text: str, first: int, last: int) -> Finding:
    place = f"Line {first + 1}" if first == last else f"Lines {first + 1} to {last + 1}"
    message = f"{place}: changed, and no test runs {'it' if first == last else 'them'}."
    return Finding(
        id=finding_id(path, "untested", str(first), str(last)),
        path=path,
        range=line_range(first),
        rule="untested",
        severity=Severity.WARNING,
        message=message,
        source=Source.LINT,
        tool="tercet review",
        text_sha256=text_sha256(text),
    )


def report(base: str, changes: Sequence[FileTexts], found: Sequence[Finding], failing: int, tests: str) -> str:
    """Markdown: the verdict, what was looked at, and each finding with its place. Pure."""
    errors = [each for each in found if each.severity is Severity.ERROR]
    warnings = [each for each in found if each.severity is Severity.WARNING]
    verdict = AGAINST if errors or failing else DOUBTFUL if warnings else NOTHING_AGAINST
    files = f"{len(changes)} file{'s' * (len(changes) != 1)}"
    head = f"**{verdict}.** {files} changed since `{base}`. {tests}"
    order = {severity: number for number, severity in enumerate(Severity)}
    ordered = sorted(found, key=lambda each: (order[each.severity], each.path, each.range.start.as_tuple()))
    lines = [
        f"- {each.severity}: `{each.path}:{each.range.start.line + 1}` {each.message} ({each.rule})"
        for each in ordered[:MOST_SHOWN]
    ]
    more = [f"- and {len(ordered) - MOST_SHOWN} more."] if len(ordered) > MOST_SHOWN else []
    return "\n".join([head, "", *lines, *more]).rstrip()
