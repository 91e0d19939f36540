"""The `characterise` proposer: explores a module in the sandbox and offers tests of what it does today."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from tercet_shared.edits import ChangeSet, Range
from tercet_shared.errors import NotFound, TooLarge, Unsupported
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, Progress

from tercet_server.edits import file_edit
from tercet_server.linters.ruff import format_text
from tercet_server.ports import CallExample, Exploration, Explored, ExploredCase, Outcome, ProposerTask, ReportProgress
from tercet_server.proposers.characterise.examples import Examples, as_order
from tercet_server.proposers.characterise.mutants import mutants_of
from tercet_server.proposers.characterise.selection import chosen, without_places
from tercet_server.proposers.characterise.targets import definitions_of, is_test_file, module_names, subjects, test_file
from tercet_server.proposers.characterise.writing import write

EXPLORE_SHARE = 0.6
"""Of the step's time; the rest is for running what was written."""

MOST_EXPLORE_S = 120.0
MOST_FILES_READ = 500
MOST_MODULES = 5
"""Of a target that names no file."""


class CharacteriseProposer:
    """Serves the intent `test` for Python without a model; runs code only through the task's test session."""

    name = "characterise"
    cost = 5
    intents = frozenset({Intent.TEST})

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        """One candidate for each module of the target, whose tests have passed twice."""
        modules = await _modules(task)
        for number, (path, symbol, place) in enumerate(modules):
            share_s = task.deadline_s / max(1, len(modules))
            await progress(Progress(message=f"Running {path} to see what it does", percent=100 * number / len(modules)))
            candidate = await _characterise(task, path, symbol, place, share_s)
            if candidate is not None:
                yield candidate


async def _modules(task: ProposerTask) -> list[tuple[str, str | None, Range | None]]:
    """Path, symbol and range of what is to be characterised; without a path, the modules that define the symbol."""
    target = task.target
    if target.path is not None:
        return [(target.path, target.symbol, target.range)]
    if target.symbol is None:
        return [(path, None, None) for path in task.step.files[:MOST_MODULES]]
    found: list[tuple[str, str | None, Range | None]] = []
    for path in [each for each in await task.copy.files(".py") if not is_test_file(each)][:MOST_FILES_READ]:
        text = await _text(task, path)
        if text and target.symbol.rpartition(".")[2] in text and await asyncio.to_thread(_defines, text, target.symbol):
            found.append((path, target.symbol, None))
    return found[:MOST_MODULES]


def _places(task: ProposerTask) -> list[str]:
    """Folders that are on this machine alone: no test may say that they are what comes of a call."""
    return [str(each) for each in (task.copy.root, task.copy.original, Path.home()) if len(each.parts) > 1]


def _defines(text: str, symbol: str) -> bool:
    return any(name == symbol for name, _ in definitions_of(text))


async def _characterise(
    task: ProposerTask, path: str, symbol: str | None, place: Range | None, share_s: float
) -> Candidate | None:
    text = await _text(task, path) if path.endswith(".py") and not is_test_file(path) else None
    if text is None:
        return None
    files = await task.copy.files(".py")
    home = test_file(path, files)
    try:
        wanted = subjects(text, symbol, place)
        mutants = await asyncio.to_thread(mutants_of, text, wanted)
        examples = await _examples(task, path, text, files)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    exploration = Exploration(
        path=path,
        modules=module_names(path, files),
        deadline_s=min(MOST_EXPLORE_S, share_s * EXPLORE_SHARE),
        subjects=wanted,
        examples=examples,
        mutants=mutants,
        tests_folder=home.rpartition("/")[0] if any(each.startswith(home.rpartition("/")[0]) for each in files) else "",
    )
    explored = without_places(await task.tests.explore(exploration), _places(task))
    cases = await asyncio.to_thread(chosen, explored)
    return await _written(task, home, explored, cases) if cases else None


async def _written(
    task: ProposerTask, home: str, explored: Explored, cases: Sequence[ExploredCase]
) -> Candidate | None:
    """The candidate, if all of its tests pass twice, each time in another order."""
    text, count = write(explored, cases)
    text = await format_text(task.copy.root, home, text)
    change = ChangeSet(files=[file_edit(home, None, text)])
    tests = await _passing(task, home, change) if count else []
    if not tests:
        return None
    told = f", {len(explored.suspects)} calls look wrong" if explored.suspects else ""
    title = f"characterise {explored.module} by {count} case{'s' * (count != 1)}{told}"
    return Candidate(proposer=CharacteriseProposer.name, title=title, change_set=change, tests=tests)


async def _passing(task: ProposerTask, home: str, change: ChangeSet) -> list[str]:
    """The tests in the file, if all of them pass twice, the second time in reverse order; else none."""
    await task.copy.apply(change)
    try:
        forwards = await task.tests.run([home], per_test_s=task.per_test_s, deadline_s=task.deadline_s)
        tests = list(forwards.results)
        backwards = await task.tests.run(tests[::-1], per_test_s=task.per_test_s, deadline_s=task.deadline_s)
    finally:
        await task.copy.reset()
    reports = (forwards, backwards)
    passed = all(each.outcome is Outcome.PASSED for report in reports for each in report.results.values())
    return tests if passed and not any(report.failing() or report.not_run for report in reports) else []


async def _examples(
    task: ProposerTask, path: str, text: str, files: Sequence[str]
) -> Mapping[str, Sequence[CallExample]]:
    """Calls in the module's own docstrings and code, then in files that mention it."""
    names = module_names(path, files)
    examples = await asyncio.to_thread(Examples.of, text, names[0] if names else "")
    for other in [each for each in files if each != path][:MOST_FILES_READ]:
        read = await _text(task, other)
        if read is not None and examples.mentioned(read):
            await asyncio.to_thread(examples.take, read, "call site")
    return as_order(examples.found)


async def _text(task: ProposerTask, path: str) -> str | None:
    try:
        return await task.copy.read_text(path)
    except (NotFound, TooLarge, Unsupported):
        return None
