"""Everything that comparing the texts before and after a change tells, as findings of the new text."""

import ast
import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tercet_shared.edits import FileTexts, line_range, text_sha256
from tercet_shared.findings import Finding, Severity, Source
from tercet_shared.ids import finding_id

from tercet_server.checks.findings import findings_of
from tercet_server.checks.review.complexity import complexity, functions
from tercet_server.checks.review.interface import breaks, interface
from tercet_server.checks.review.secrets import secrets_in
from tercet_server.edits.lines import added_lines

MUCH = 10
"""A function through which more ways lead is hard to test (McCabe's own limit)."""

TOOL = "tercet review"


async def remarks_on(root: Path, changes: Sequence[FileTexts]) -> list[Finding]:
    """New findings of syntax and lint, broken interfaces, growth, missing documentation, secrets: by path and line."""
    found: list[Finding] = []
    for each in changes:
        found += await _new_findings(root, each)
        found += await asyncio.to_thread(_all_compared, each)
    return sorted(found, key=lambda each: (each.path, each.range.start.as_tuple(), each.rule))


async def _new_findings(root: Path, change: FileTexts) -> list[Finding]:
    """Those that the text before did not have, wherever they stood."""
    known = Counter((each.rule, each.message) for each in await findings_of(root, change.path, change.before or ""))
    new = []
    for finding in await findings_of(root, change.path, change.after):
        key = (finding.rule, finding.message)
        if known[key]:
            known[key] -= 1
        else:
            new.append(finding)
    return new


def _all_compared(change: FileTexts) -> list[Finding]:
    return list(_compared(change))


def _compared(change: FileTexts) -> Iterator[Finding]:
    added = added_lines(change.before, change.after)
    for line, sentence in secrets_in(added):
        yield _remark(change, line, "secret", Severity.ERROR, sentence)
    if not change.path.endswith(".py"):
        return
    try:
        before, after = ast.parse(change.before or ""), ast.parse(change.after)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for line, sentence in breaks(interface(before), interface(after)):
        yield _remark(change, line, "interface", Severity.WARNING, sentence)
    yield from _growth(change, before, after)
    yield from _undocumented(change, before, after)


def _growth(change: FileTexts, before: ast.Module, after: ast.Module) -> Iterator[Finding]:
    old = {name: complexity(node) for name, node in functions(before).items()}
    for name, node in functions(after).items():
        now, then = complexity(node), old.get(name, 0)
        if now > MUCH and now > then:
            said = f"`{name}` has {now} ways through it{f', {then} before' if then else ''}: split it."
            yield _remark(change, node.lineno - 1, "complexity", Severity.INFO, said)


def _undocumented(change: FileTexts, before: ast.Module, after: ast.Module) -> Iterator[Finding]:
    """New public definitions without a docstring, in a file that documents most of its others."""
    offered, known = interface(after), interface(before)
    documented = sum(ast.get_docstring(each.node) is not None for each in known.values())
    if not known or 2 * documented < len(known):
        return
    for name, each in offered.items():
        if name not in known and "__" not in name and ast.get_docstring(each.node) is None:
            yield _remark(
                change, each.line, "documentation", Severity.INFO, f"`{name}` is new and says nothing of itself."
            )


def _remark(change: FileTexts, line: int, rule: str, severity: Severity, message: str) -> Finding:
    lines = change.after.splitlines()
    length = len(lines[line]) if line < len(lines) else 0
    return Finding(
        id=finding_id(change.path, rule, message, str(line)),
        path=change.path,
        range=line_range(min(line, max(0, len(lines) - 1)), 0, length),
        rule=rule,
        severity=severity,
        message=message,
        source=Source.LINT,
        tool=TOOL,
        text_sha256=text_sha256(change.after),
    )
