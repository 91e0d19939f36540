"""The checks that need no sandbox: syntax, and lint compared with the text before. They run no code of the workspace."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tercet_shared.edits import FileTexts
from tercet_shared.proposals import Check, CheckName, CheckStatus

from tercet_server.checks.findings import is_fatal
from tercet_server.checks.origins import is_python
from tercet_server.languages import errors_of_change, language_of
from tercet_server.linters.linting import lint_with_own_rules
from tercet_server.linters.ruff import LintOutcome

_DETAILS_CHARACTERS = 4000


async def check_syntax(texts: Sequence[FileTexts]) -> Check:
    """Fails if a changed file has a syntax error after the change."""
    started = time.monotonic()
    judged = {
        each.path: await asyncio.to_thread(errors_of_change, each.path, each.before, each.after) for each in texts
    }
    read = [path for path, errors in judged.items() if errors is not None]
    python = [path for path in read if is_python(path)]  # no command of an installation judges the others
    problems = [
        f"{path}:{error.range.start.line + 1}: {error.message}"
        for path, errors in judged.items()
        for error in errors or ()
    ]
    return Check(
        name=CheckName.SYNTAX,
        tool="python, tree-sitter",
        status=CheckStatus.FAILED if problems else CheckStatus.PASSED,
        summary=_syntax_summary(problems, read),
        command=["python", "-m", "py_compile", *python] if python else [],
        exit_code=1 if problems else 0,
        duration_s=time.monotonic() - started,
        details="\n".join(problems)[:_DETAILS_CHARACTERS],
    )


def _linted(texts: Sequence[FileTexts]) -> list[FileTexts]:
    return [each for each in texts if (language := language_of(each.path)) is not None and language.linter == "ruff"]


def _syntax_summary(problems: list[str], read: list[str]) -> str:
    if problems:
        return f"Syntax error: {problems[0]}"
    return (
        f"{_files(len(read))} parsed without a syntax error."
        if read
        else "The syntax of no changed file could be judged."
    )


async def check_lint(root: Path, texts: Sequence[FileTexts], must_improve: bool) -> Check:
    """Fails if the change brings a finding that means broken code; other new findings are listed.

    `must_improve`: the change is there for a finding, so one must be gone and none may be new.
    """
    started = time.monotonic()
    linted = await asyncio.to_thread(_linted, texts)
    if not linted:
        return Check(
            name=CheckName.LINT, tool="ruff", status=CheckStatus.SKIPPED, summary="No linter knows the changed files."
        )
    outcomes = [await lint_with_own_rules(root, each.path, each.after) for each in linted]
    before = [await lint_with_own_rules(root, each.path, each.before or "") for each in linted]
    problem = next((each.problem for each in (*outcomes, *before) if each.problem), None)
    command = [*outcomes[0].command[:-1], *(each.path for each in linted)]
    if problem is not None:
        return Check(
            name=CheckName.LINT,
            tool="ruff",
            status=CheckStatus.SKIPPED,
            summary=problem,
            command=command,
            duration_s=time.monotonic() - started,
        )
    new = new_findings(linted, before, outcomes)
    gone = sum(len(each.findings) for each in before) + len(new) - sum(len(each.findings) for each in outcomes)
    failed = any(is_fatal(rule) for _, rule in new) or (must_improve and (bool(new) or not gone))
    return Check(
        name=CheckName.LINT,
        tool="ruff",
        status=CheckStatus.FAILED if failed else CheckStatus.PASSED,
        summary=_lint_summary(new, gone, must_improve),
        command=command,
        exit_code=max(each.exit_code or 0 for each in outcomes),
        duration_s=time.monotonic() - started,
        details="\n".join(line for line, _ in new)[:_DETAILS_CHARACTERS],
    )


def new_findings(
    texts: Sequence[FileTexts], before: Sequence[LintOutcome], after: Sequence[LintOutcome]
) -> list[tuple[str, str]]:
    """The findings that the file did not have before (line numbers aside): a line for a person, and the rule."""
    found = []
    for each, old, new in zip(texts, before, after, strict=True):
        known = Counter((finding.rule, finding.message) for finding in old.findings)
        for finding in new.findings:
            key = (finding.rule, finding.message)
            if known[key]:
                known[key] -= 1
                continue
            place = f"{each.path}:{finding.location.row}:{finding.location.column}"
            found.append((f"{place}: {finding.rule} {finding.message}", finding.rule))
    return found


def _lint_summary(new: list[tuple[str, str]], gone: int, must_improve: bool) -> str:
    if new:
        worst = next((line for line, rule in new if is_fatal(rule)), new[0][0])
        return f"{len(new)} new finding{'s' * (len(new) > 1)}: {worst}"
    if must_improve and not gone:
        return "The finding is still there."
    return f"No new finding{f', {gone} gone' if gone else ''}."


def _files(count: int) -> str:
    return f"{count} changed file{'s' * (count != 1)}"
