"""Tells repairs from edits that only satisfy the tests: by what they do where the tests do not look.

A right edit behaves like the original near the tests that pass (Xiong et al., "Identifying patch correctness in
test-based program repair", ICSE 2018). So each edit is called with arguments that differ a little from those of passing
tests, and the less it agrees there with the original, wherever that gave a value, the less likely it is.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence

from tercet_server.ports import Outcome, ProposerTask
from tercet_server.proposers.judge import in_order
from tercet_server.proposers.repair.pool import Mutant, MutantPool

SINGLE, SHARPNESS = 0.2, 5.0
"""What is left of the chance of an edit that disagrees once, and how fast it falls with the share of inputs on which it
does: the first disagreement tells more than any further one."""

MOST_TESTS = 20
OBSERVED_IN_S = 8.0


async def likeliest_first(task: ProposerTask, pool: MutantPool, mutants: Sequence[Mutant]) -> list[Mutant]:
    """Plausible edits in a new order; the old one where nothing can be observed, or there is nothing to choose from."""
    tests = _passing(task)
    if len(mutants) < 2 or not tests:
        return list(mutants)
    original = {path: pool.original(path) for path in dict.fromkeys(each.path for each in mutants)}
    texts = [*({path: text} for path, text in original.items()), *({each.path: pool.text(each)} for each in mutants)]
    seen = await asyncio.gather(*(_observed(task, tests, each) for each in texts))
    before = dict(zip(original, seen, strict=False))
    after = seen[len(original) :]
    chances = [
        each.chance * likelihood(disagreement(before[each.path], words))
        for each, words in zip(mutants, after, strict=True)
    ]
    ranked = sorted(zip(chances, range(len(mutants)), strict=True), key=lambda pair: (-pair[0], pair[1]))
    return [mutants[place] for _, place in ranked]


def likelihood(share: float) -> float:
    """Of an edit that disagrees with the original on a share of the inputs, compared with one that never does."""
    return SINGLE * math.exp(-SHARPNESS * share) if share else 1.0


def disagreement(before: Sequence[str], after: Sequence[str]) -> float:
    """The share of inputs for which the original gave a value and the edit does not give the same; 0 if there are none."""
    if len(before) != len(after):
        return 1.0 if before else 0.0
    given = [place for place, word in enumerate(before) if word.startswith("gave")]
    return sum(before[place] != after[place] for place in given) / len(given) if given else 0.0


def _passing(task: ProposerTask) -> list[str]:
    files = {test.partition("::")[0] for test in task.step.tests}
    passed = [name for name, each in task.baseline.results.items() if each.outcome is Outcome.PASSED]
    return in_order(task, [name for name in passed if name.partition("::")[0] in files])[:MOST_TESTS]


async def _observed(task: ProposerTask, tests: Sequence[str], texts: Mapping[str, str]) -> Sequence[str]:
    return await task.tests.observe(tests, texts=texts, deadline_s=OBSERVED_IN_S)
