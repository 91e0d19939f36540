"""Gathers what a model is shown of a task: the failing tests' reports, the tests, the suspicious source. Edits nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tercet_shared.errors import NotFound, TooLarge, Unsupported

from tercet_server.edits import ELISION
from tercet_server.languages import outline
from tercet_server.ports import ProposerTask, TestReport, TestResult
from tercet_server.prompts import fenced, fenced_file, is_confidential, render
from tercet_server.proposers.model.excerpts import BYTES_PER_TOKEN, excerpt
from tercet_server.proposers.suspicion import suspicious_lines

REPORTS_SHARE, TESTS_SHARE = 0.25, 0.2
"""Of the tokens that may be used; the rest is for source code."""

MOST_REPORTS = 3
"""Failing tests shown in full; of others the names."""

MOST_FILES = 6


@dataclass(frozen=True)
class Material:
    """`editable`: path → whole text of the files that an edit may change, all of which are shown at least in part."""

    request: str
    editable: Mapping[str, str]


def system_prompt() -> str:
    return render("fix_system", elision=ELISION)


async def gather(task: ProposerTask, most_tokens: int) -> Material | None:
    """None if there is nothing that an edit could change."""
    weights = _weights(task)
    texts = await _read(task, list(weights)[:MOST_FILES])
    if not texts:
        return None
    test_lines = await _test_lines(task)
    tests_tokens, reports_tokens = int(most_tokens * TESTS_SHARE), int(most_tokens * REPORTS_SHARE)
    shown_tests = await asyncio.to_thread(_shown, test_lines, "no", tests_tokens)
    spent = len(shown_tests) // BYTES_PER_TOKEN
    sources = {path: (text, weights[path]) for path, text in texts.items()}
    shown = await asyncio.to_thread(_shown, sources, "yes", most_tokens - reports_tokens - spent)
    request = render(
        "fix_request",
        what=_what(task),
        instructions=f"The user adds: {task.instructions}" if task.instructions else "",
        reports=reports(task.baseline, task.step.tests, reports_tokens),
        tests=shown_tests,
        sources=shown,
    )
    return Material(request, texts)


def reports(report: TestReport, tests: Sequence[str], most_tokens: int) -> str:
    """What pytest said of these tests, fenced: the end of a report is what matters, so it is kept."""
    failing = [each for each in report.failing() if each.test in tests] or report.failing()
    most = most_tokens * BYTES_PER_TOKEN // max(1, min(len(failing), MOST_REPORTS))
    full = [_report(each, most) for each in failing[:MOST_REPORTS]]
    others = [each.test for each in failing[MOST_REPORTS:]]
    return "\n\n".join([*full, *([fenced("list", "\n".join(others), of="further failing tests")] if others else [])])


def _report(result: TestResult, most_characters: int) -> str:
    text = result.report or result.message or f"{result.outcome}"
    cut = text if len(text) <= most_characters else f"[...]\n{text[-most_characters:]}"
    return fenced("report", cut, test=result.test)


def _what(task: ProposerTask) -> str:
    step = task.step
    if step.tests:
        count = "This test fails" if len(step.tests) == 1 else f"These {len(step.tests)} tests fail"
        return f"{count}. Find the cause in the source code and correct it."
    lines = f" (lines {step.range.start.line + 1} to {step.range.end.line + 1})" if step.range else ""
    return f"Correct what the finding below says about {step.files[0]}{lines}.\n\n{fenced('finding', step.title)}"


def _weights(task: ProposerTask) -> dict[str, dict[int, float]]:
    """path → line → weight, the most suspicious file first."""
    step = task.step
    if step.range is not None and step.files:
        return {step.files[0]: dict.fromkeys(range(step.range.start.line, step.range.end.line + 1), 1.0)}
    return suspicious_lines(task)


async def _read(task: ProposerTask, paths: Sequence[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in paths:
        if is_confidential(path):
            continue
        try:
            texts[path] = await task.copy.read_text(path)
        except (NotFound, TooLarge, Unsupported):
            continue
    return texts


async def _test_lines(task: ProposerTask) -> dict[str, tuple[str, dict[int, float]]]:
    """The files of the failing tests, with the lines of the tests themselves."""
    wanted: dict[str, set[str]] = {}
    for test in task.step.tests:
        path, _, name = test.partition("::")
        wanted.setdefault(path, set()).add(name.partition("[")[0].replace("::", "."))
    found = {}
    for path, text in (await _read(task, list(wanted)[:MOST_FILES])).items():
        symbols = await asyncio.to_thread(outline, path, text)
        lines = {each.range.start.line: 1.0 for each in symbols if each.name in wanted[path]}
        found[path] = (text, lines or {0: 1.0})
    return found


def _shown(files: Mapping[str, tuple[str, dict[int, float]]], editable: str, most_tokens: int) -> str:
    """Every file gets an even share of what is left, so that a long one takes nothing from those after it."""
    parts, left = [], most_tokens
    for number, (path, (text, weights)) in enumerate(files.items()):
        share = left // (len(files) - number) if number else max(left // 2, left // len(files))
        piece = excerpt(path, text, weights, share)
        if piece:
            parts.append(fenced_file(path, piece, editable=editable))
            left -= len(piece.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN
    return "\n\n".join(parts)
