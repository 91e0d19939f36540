"""The `repair` proposer: searches the mutations of suspicious lines for those that make the failing tests pass."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing

from tercet_shared.edits import ChangeSet
from tercet_shared.errors import NotFound, TooLarge, Unsupported
from tercet_shared.proposals import Candidate
from tercet_shared.runs import Intent, Progress

from tercet_server.edits import file_edit
from tercet_server.ports import PrivateCopy, ProposerTask, ReportProgress
from tercet_server.proposers.judge import Judge
from tercet_server.proposers.repair.behaviour import likeliest_first
from tercet_server.proposers.repair.pool import Mutant, MutantPool
from tercet_server.proposers.repair.search import Search
from tercet_server.proposers.suspicion import suspicious_lines

NAME = "repair"
MAX_CANDIDATES, MOST_CANDIDATES = 3, 6
"""Further plausible edits are less likely right than that the tests are too weak to tell: so many in a row of which nothing is
learnt, and so many at all, for each costs a whole proof."""


class RepairProposer:
    """Needs failing tests and suspects in the step; runs code only through the task's test session."""

    name = NAME
    cost = 10
    intents = frozenset({Intent.FIX})

    def __init__(self, in_flight: int = 4) -> None:
        """`in_flight`: test runs asked for at once, a few more than the session has workers, so that none waits."""
        self._in_flight = in_flight

    async def propose(self, task: ProposerTask, progress: ReportProgress) -> AsyncIterator[Candidate]:
        """Candidates that pass the failing tests and the passing ones of the same files, as soon as they are found."""
        if not task.step.tests:
            return
        suspicion = suspicious_lines(task)
        texts = await _read(task.copy, suspicion)
        await progress(Progress(message=f"Looking for edits in {', '.join(texts) or 'no file'}", percent=0))
        async with aclosing(repairs(task, texts, suspicion, self._in_flight, progress)) as found:
            async for candidate in found:
                yield candidate


async def repairs(
    task: ProposerTask,
    texts: Mapping[str, str],
    suspicion: Mapping[str, Mapping[int, float]],
    in_flight: int,
    progress: ReportProgress,
) -> AsyncGenerator[Candidate, None]:
    """Mutants of these texts that pass, as changes of the copy's own texts.

    A proof that names the tests which a candidate broke makes the search a better one.
    """
    started = asyncio.get_running_loop().time()
    pool = await asyncio.to_thread(MutantPool.of, texts, suspicion)
    left_s = task.deadline_s - (asyncio.get_running_loop().time() - started)
    if left_s <= 0:
        return
    judge = Judge.of(task)
    await judge.learn()
    search = Search(pool, judge, left_s, in_flight)
    offered = in_a_row = 0
    async with aclosing(search.plausible(progress)) as batches:
        async for mutants in batches:
            for mutant in await likeliest_first(task, pool, mutants):
                if not await judge.holds(mutant.path, pool.text(mutant)):
                    continue
                yield await _candidate(task.copy, pool, mutant)
                offered, in_a_row = offered + 1, 0 if await judge.learn() else in_a_row + 1
                if offered == MOST_CANDIDATES or in_a_row == MAX_CANDIDATES:
                    return


async def _read(copy: PrivateCopy, paths: Mapping[str, Mapping[int, float]]) -> dict[str, str]:
    texts = {}
    for path in paths:
        try:
            texts[path] = await copy.read_text(path)
        except (NotFound, TooLarge, Unsupported):
            continue
    return texts


async def _candidate(copy: PrivateCopy, pool: MutantPool, mutant: Mutant) -> Candidate:
    edit = file_edit(mutant.path, await copy.read_text(mutant.path), pool.text(mutant))
    return Candidate(
        proposer=NAME,
        title=pool.title(mutant),
        change_set=ChangeSet(files=[edit]),
        prior=min(0.9, 0.1 + 0.8 * mutant.chance / max(pool.best_chance, mutant.chance)),
    )
