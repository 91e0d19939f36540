"""The fixes of the security rules for a file, a range or a whole workspace: all of a file at once, then each alone."""

from collections.abc import AsyncIterator, Sequence

from tercet_shared.edits import ChangeSet, Range
from tercet_shared.errors import EditRefused, NotFound, TooLarge, Unsupported
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Progress

from tercet_server.edits import apply_edits, file_edit
from tercet_server.linters.rules import SECURITY_CODES
from tercet_server.ports import ProposerTask, ReportProgress
from tercet_server.proposers.rules.fixes import RuleFix, rule_fixes

MOST_FILES = 500
MOST_ROUNDS = 30
"""Fixes of one file that are put together: the next one is worked out on the text that the last one left."""


async def hardened(task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
    """Candidates for the target's files; the one with everything first."""
    paths = [task.target.path] if task.target.path else (await task.copy.files(".py"))[:MOST_FILES]
    together: dict[str, tuple[str, str, int]] = {}
    for number, path in enumerate(paths):
        await progress(Progress(message=f"Looking for risks in {path}", percent=100 * number / len(paths)))
        text = await _text(task, path)
        fixed, count = (text, 0) if text is None else await _all_fixed(task, path, text)
        if count and text is not None and fixed is not None:
            together[path] = (text, fixed, count)
    if together:
        yield _candidate(together, sum(count for *_, count in together.values()))
    for path, (text, _, count) in together.items():
        if count > 1 or len(together) > 1:
            for fix in await _fixes(task, path, text):
                yield _candidate({path: (text, apply_edits(text, fix.edits), 1)}, 1, fix.title)


async def _all_fixed(task: ProposerTask, path: str, text: str) -> tuple[str, int]:
    """The text with every fix that can be made, and how many these were."""
    count = 0
    while count < MOST_ROUNDS:
        fixes = await _fixes(task, path, text)
        if not fixes:
            break
        try:
            text = apply_edits(text, fixes[-1].edits)  # from behind, so that a range in front stays where it is
        except EditRefused:
            break
        count += 1
    return text, count


async def _fixes(task: ProposerTask, path: str, text: str) -> Sequence[RuleFix]:
    place = task.target.range if task.target.path else None
    found = [each for each in await rule_fixes(path, text, task.copy.root) if each.rule in SECURITY_CODES]
    return [each for each in found if place is None or touch(each.range, place)]


def touch(one: Range, other: Range) -> bool:
    """Whether two ranges have a position in common, their ends included."""
    return one.start.as_tuple() <= other.end.as_tuple() and other.start.as_tuple() <= one.end.as_tuple()


async def _text(task: ProposerTask, path: str) -> str | None:
    if not path.endswith(".py"):
        return None
    try:
        return await task.copy.read_text(path)
    except (NotFound, TooLarge, Unsupported):
        return None


def _candidate(texts: dict[str, tuple[str, str, int]], count: int, title: str = "") -> Candidate:
    edits = [file_edit(path, before, after) for path, (before, after, _) in texts.items()]
    said = title or f"mend {count} risk{'s' * (count != 1)} in {', '.join(texts)}"
    return Candidate(proposer="rules", title=said, change_set=ChangeSet(files=edits), prior=0.7)
