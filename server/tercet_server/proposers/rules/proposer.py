"""The `rules` proposer: a linter's deterministic fixes, for a finding or for the suspicious lines of a failing test."""

from collections.abc import AsyncIterator, Sequence

from tercet_shared.edits import ChangeSet, Range
from tercet_shared.errors import EditRefused, NotFound, TooLarge, Unsupported
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, Progress

from tercet_server.edits import apply_edits, file_edit
from tercet_server.ports import ProposerTask, ReportProgress
from tercet_server.proposers.judge import Judge, Judgement
from tercet_server.proposers.rules.fixes import RuleFix, rule_fixes
from tercet_server.proposers.rules.hardening import hardened, touch
from tercet_server.proposers.suspicion import suspicious_lines

BUG_RULES = "F,E7,B,PLE,PLW,RUF,C4,DTZ,ASYNC"
"""Families whose findings are often bugs; the rest is style, which makes no failing test pass."""

MAX_TRIED = 30
"""Fixes run against the failing tests: each is one test run."""

DEADLINE_SHARE = 0.3
"""Of the step's time that trying fixes may take; dearer proposers come after this one."""


class RulesProposer:
    """Fixes a finding as its rule says (the critique proves it); for failing tests only fixes that make them pass."""

    name = "rules"
    intents = frozenset({Intent.FIX, Intent.SECURE})
    cost = 1

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        """Each fix as a candidate of its own: safe ones first, then those that only a proof makes safe."""
        if task.intent is Intent.SECURE:
            async for candidate in hardened(task, progress):
                yield candidate
        elif task.step.range is not None and task.step.files:
            for candidate in await self._for_finding(task, task.step.files[0], task.step.range):
                yield candidate
        elif task.step.tests:
            async for candidate in self._for_tests(task, progress):
                yield candidate

    async def _for_finding(self, task: ProposerTask, path: str, range_: Range) -> list[Candidate]:
        text = await _text(task, path)
        if text is None:
            return []
        fixes = [each for each in await rule_fixes(path, text, task.copy.root) if touch(each.range, range_)]
        fixes.sort(key=lambda each: (not each.safe, each.range.start.as_tuple()))
        return [each for each in (_candidate(path, text, fix) for fix in fixes) if each is not None]

    async def _for_tests(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        judge = Judge.of(task)
        fixes = await self._on_suspects(task)
        for at, (path, text, fix) in enumerate(fixes):
            await progress(Progress(message=f"Trying ruff's fix of {fix.rule}", percent=100 * at / len(fixes)))
            candidate = _candidate(path, text, fix)
            if candidate is None:
                continue
            share = task.deadline_s * DEADLINE_SHARE / len(fixes)
            mutated = apply_edits(text, candidate.change_set.files[0].edits)
            if await judge.judge(path, mutated, 0, share) is Judgement.PLAUSIBLE:
                yield candidate

    async def _on_suspects(self, task: ProposerTask) -> list[tuple[str, str, RuleFix]]:
        """Most suspicious line first, safe before unsafe."""
        found: list[tuple[float, bool, str, str, RuleFix]] = []
        for path, lines in suspicious_lines(task).items():
            text = await _text(task, path)
            for fix in await rule_fixes(path, text, task.copy.root, BUG_RULES) if text is not None else []:
                score = _highest(lines, fix)
                if score:
                    found.append((-score, not fix.safe, path, text or "", fix))
        found.sort(key=lambda each: (*each[:3], each[4].range.start.as_tuple()))
        return [each[2:] for each in found[:MAX_TRIED]]


async def _text(task: ProposerTask, path: str) -> str | None:
    if not path.endswith((".py", ".pyi")):
        return None
    try:
        return await task.copy.read_text(path)
    except (NotFound, TooLarge, Unsupported):
        return None


def _highest(lines: dict[int, float], fix: RuleFix) -> float:
    """The suspicion of the finding's and its edits' lines; a function's header is fixed with its first lines."""
    spans: Sequence[Range] = (fix.range, *(each.range for each in fix.edits))
    touched = {line for span in spans for line in range(span.start.line, span.end.line + 1)}
    return max((lines.get(line, 0.0) for line in touched), default=0.0)


def _candidate(path: str, text: str, fix: RuleFix) -> Candidate | None:
    """None for a fix that does not fit the text or changes nothing."""
    try:
        edit = file_edit(path, text, apply_edits(text, fix.edits))
    except EditRefused:
        return None
    return Candidate(
        proposer=RulesProposer.name,
        title=f"{fix.rule}: {fix.title}",
        change_set=ChangeSet(files=[edit]),
        prior=0.8 if fix.safe else 0.5,
    )
