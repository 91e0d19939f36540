"""Syntax and lint findings of one text, with ruff's safe fixes as change sets. Runs no code of the workspace."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

from tercet_shared.edits import ChangeSet, FileEdit, Position, Range, TextEdit, text_sha256
from tercet_shared.findings import Finding, Severity, Source
from tercet_shared.ids import finding_id

from tercet_server.checks.outputs import ToolFinding
from tercet_server.edits.lines import split_lines
from tercet_server.languages import SyntaxProblem, language_of, syntax_errors
from tercet_server.linters.linting import is_own, lint_with_own_rules
from tercet_server.linters.ruff import Place, RuffFinding, RuffFix

TEXT_CHARACTERS = 2_000_000
_FINDINGS_SHOWN = 1000
MATTERS_OF_TASTE = {"TC204", "TC205", "TC206", "TC301", "TC303"}
"""Habits that many projects live with: they are shown without pressing."""

_WRONG_SYNTAX = {"invalid-syntax", "E999"}


async def syntax_findings_of(path: str, text: str) -> list[Finding]:
    """What is wrong with the syntax alone, in the order of the text: quick enough for every keystroke."""
    return await asyncio.to_thread(lambda: _findings(path, text, syntax_errors(path, text), ()))


async def findings_of(root: Path, path: str, text: str, told: Sequence[tuple[str, ToolFinding]] = ()) -> list[Finding]:
    """In the order of the text; nothing for an unknown language or more than 2 million characters.

    `told` is what other tools, by name, say of the text.
    """
    if len(text) > TEXT_CHARACTERS:
        return []
    language = await asyncio.to_thread(language_of, path)
    problems = await asyncio.to_thread(syntax_errors, path, text)
    linted = (
        (await lint_with_own_rules(root, path, text)).findings
        if language is not None and language.linter == "ruff"
        else ()
    )
    new = [each for each in told if not (problems and each[1].rule == "syntax")]  # said already, by the grammar
    return await asyncio.to_thread(_findings, path, text, problems, linted, new)


def _findings(
    path: str,
    text: str,
    problems: list[SyntaxProblem],
    linted: tuple[RuffFinding, ...],
    told: Sequence[tuple[str, ToolFinding]] = (),
) -> list[Finding]:
    made = _Maker(path, text)
    found = [made.of_syntax(problem) for problem in problems]
    said = _WRONG_SYNTAX if problems else set()  # in Python's own words
    found += [made.of_lint(each) for each in linted[:_FINDINGS_SHOWN] if each.rule not in said]
    found += [made.of_tool(name, each) for name, each in told[:_FINDINGS_SHOWN] if each.path == path]
    return sorted(found, key=lambda each: (each.range.start.as_tuple(), each.rule))


class _Maker:
    """Makes findings for one text; the same finding has the same id as long as its line says the same."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._sha256 = text_sha256(text)
        self._lines = split_lines(text)
        if not self._lines or self._lines[-1].endswith(("\n", "\r")):
            self._lines.append("")
        self._seen: dict[tuple[str, ...], int] = {}

    def of_syntax(self, problem: SyntaxProblem) -> Finding:
        return Finding(
            id=finding_id(*self._identity("syntax-error", problem.message, problem.range)),
            path=self._path,
            range=problem.range,
            rule="syntax-error",
            severity=Severity.ERROR,
            message=problem.message,
            source=Source.SYNTAX,
            tool="python",
            text_sha256=self._sha256,
        )

    def of_lint(self, found: RuffFinding) -> Finding:
        wrong_syntax = found.rule in _WRONG_SYNTAX
        place = Range(start=self._position(found.location), end=self._position(found.end_location))
        offered = found.fix is not None and (found.fix.applicability == "safe" or is_own(found.code))
        fix = self._fix(found.fix) if found.fix is not None and offered else None
        return Finding(
            id=finding_id(*self._identity(found.rule, found.message, place)),
            path=self._path,
            range=place,
            rule=found.rule,
            severity=_severity(found.rule),
            message=found.message,
            source=Source.SYNTAX if wrong_syntax else Source.LINT,
            tool="tercet" if is_own(found.code) else "ruff",
            text_sha256=self._sha256,
            documentation_url=found.url,
            fix_title=(found.fix.message or f"Fix {found.rule}") if fix is not None and found.fix is not None else None,
            fix=fix,
        )

    def of_tool(self, tool: str, found: ToolFinding) -> Finding:
        """A tool that names no column means the line; one that names no end, what follows in it."""
        line = min(found.line, len(self._lines) - 1)
        end_line = min(max(line, found.end_line if found.end_line is not None else line), len(self._lines) - 1)
        start = 0 if found.column is None else min(found.column, self._length(line))
        end = self._length(end_line) if found.end_column is None else min(found.end_column, self._length(end_line))
        place = Range(
            start=Position(line=line, character=start),
            end=Position(line=end_line, character=max(end, start) if end_line == line else end),
        )
        return Finding(
            id=finding_id(*self._identity(found.rule, found.message, place)),
            path=self._path,
            range=place,
            rule=found.rule,
            severity=found.severity,
            message=found.message or found.rule,
            source=Source.LINT,
            tool=tool,
            text_sha256=self._sha256,
        )

    def _identity(self, rule: str, message: str, place: Range) -> tuple[str, ...]:
        """What makes it the same finding after edits elsewhere: its line's text and which of several alike it is."""
        line = hashlib.sha256(self._lines[place.start.line].strip().encode("utf-8", "surrogatepass")).hexdigest()
        alike = (self._path, rule, message, line)
        self._seen[alike] = self._seen.get(alike, -1) + 1
        return (*alike, str(self._seen[alike]))

    def _position(self, place: Place) -> Position:
        """Within the text, whatever ruff says: it may point behind the last line."""
        line = max(0, place.row - 1)
        if line >= len(self._lines):
            line = len(self._lines) - 1
            return Position(line=line, character=self._length(line))
        return Position(line=line, character=min(max(0, place.column - 1), self._length(line)))

    def _length(self, line: int) -> int:
        return len(self._lines[line].rstrip("\r\n"))

    def _fix(self, fix: RuffFix) -> ChangeSet | None:
        edits = [
            TextEdit(
                range=Range(start=self._position(each.location), end=self._position(each.end_location)),
                new_text=each.content,
            )
            for each in fix.edits
        ]
        if not edits:
            return None
        return ChangeSet(files=[FileEdit(path=self._path, base_sha256=self._sha256, edits=edits)])


def _severity(rule: str) -> Severity:
    if rule in _WRONG_SYNTAX or is_fatal(rule):
        return Severity.ERROR
    return Severity.HINT if rule in MATTERS_OF_TASTE else Severity.WARNING


def is_fatal(rule: str) -> bool:
    """Whether a rule means that the code is broken when it runs, rather than untidy: no syntax, undefined names,
    impossible formats and comparisons. Unused imports and variables, and star imports, are untidy.
    """
    untidy = {"F401", "F403", "F405", "F541", "F811", "F841", "F842"}
    return (
        rule in _WRONG_SYNTAX
        or rule.startswith("E9")
        or (rule.startswith("F") and rule[1:].isdigit() and rule not in untidy)
    )
