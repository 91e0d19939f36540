"""Gathers what a model is shown of a task: failing tests' reports, the tests, the suspicious source; or the code that the step
is about. Edits nothing."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tercet_shared.context import MAX_WORDS
from tercet_shared.errors import NotFound, TercetError, TooLarge, Unsupported
from tercet_shared.runs import Intent

from tercet_server.languages import outline
from tercet_server.ports import CodeBase, ProposerTask, TestReport, TestResult
from tercet_server.prompts import fenced, fenced_file, is_confidential, project_rules, render
from tercet_server.proposers.model.excerpts import BYTES_PER_TOKEN, excerpt
from tercet_server.proposers.suspicion import suspicious_lines

LOG = logging.getLogger(__name__)

REPORTS_SHARE, TESTS_SHARE, RULES_SHARE = 0.25, 0.2, 0.1
"""Of the tokens that may be used; the rest is for source code."""

LEAST_SECTION_TOKENS = 500

MOST_REPORTS = 3
"""Failing tests shown in full; of others the names."""

MOST_FILES = 6


@dataclass(frozen=True)
class Material:
    """`shown`: path → whole text of the files that are shown, at least in part, as those to change."""

    request: str
    shown: Mapping[str, str]


async def gather(task: ProposerTask, code: CodeBase | None, most_tokens: int) -> Material | None:
    """None if there is nothing that a repair could change. Other steps may begin with no file at all."""
    weights = _weights(task)
    texts = await _read(task, list(weights)[:MOST_FILES])
    if not texts and task.intent is Intent.FIX:
        return None
    shown_tests = await asyncio.to_thread(_shown, await _test_lines(task), "no", int(most_tokens * TESTS_SHARE))
    reports_tokens = int(most_tokens * REPORTS_SHARE) if task.step.tests else 0
    left = most_tokens - reports_tokens - len(shown_tests) // BYTES_PER_TOKEN
    sources = {path: (text, weights[path]) for path, text in texts.items()}
    shown = await asyncio.to_thread(_shown, sources, "yes", left)
    left -= len(shown) // BYTES_PER_TOKEN
    request = await asyncio.to_thread(
        render,
        "coder_request",
        what=_what(task),
        instructions=f"The user says: {task.instructions}" if task.instructions else "",
        rules=await project_rules(task.copy, int(most_tokens * RULES_SHARE)),
        reports=reports(task.baseline, task.step.tests, reports_tokens) if task.step.tests else "",
        tests=shown_tests,
        sources="\n\n".join(each for each in (shown, await _surroundings(task, code, left)) if each),
    )
    return Material(request, texts)


async def _surroundings(task: ProposerTask, code: CodeBase | None, most_tokens: int) -> str:
    """Of a step that no failing test explains: further code that its words may be about."""
    if code is None or task.step.tests or task.step.range or most_tokens < LEAST_SECTION_TOKENS:
        return ""
    words = f"{task.step.title}\n{task.instructions}"[:MAX_WORDS]
    try:
        section = await code.section(task.workspace.id, words, most_tokens, None)
    except TercetError as error:
        LOG.info("no code could be searched for a step: %s", error.sentence)
        return ""
    secret = any(is_confidential(each.path) for each in section.files)
    return "" if secret or not section.text else fenced("code", section.text, about="what the step may touch")


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
    if step.tests and task.intent is Intent.FIX:
        count = "This test fails" if len(step.tests) == 1 else f"These {len(step.tests)} tests fail"
        return f"{count}. Find the cause in the source code and correct it."
    lines = f" (lines {step.range.start.line + 1} to {step.range.end.line + 1})" if step.range else ""
    if task.intent is Intent.FIX:
        return f"Correct what the finding below says about {step.files[0]}{lines}.\n\n{fenced('finding', step.title)}"
    about = f"\n\nIt is about {step.files[0]}{lines}." if step.files else ""
    symbol = f" The definition meant is `{task.target.symbol}`." if task.target.symbol else ""
    return f"Your step: {step.title}{about}{symbol}"


def _weights(task: ProposerTask) -> dict[str, dict[int, float]]:
    """path → line → weight, the most suspicious file first."""
    step = task.step
    if step.range is not None and step.files:
        return {step.files[0]: dict.fromkeys(range(step.range.start.line, step.range.end.line + 1), 1.0)}
    if task.intent is not Intent.FIX:
        return {path: {0: 1.0} for path in step.files}
    return suspicious_lines(task)


async def _read(task: ProposerTask, paths: Sequence[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in paths:
        if is_confidential(path):
            continue
        try:
            texts[path] = task.earlier[path] if path in task.earlier else await task.copy.read_text(path)
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
