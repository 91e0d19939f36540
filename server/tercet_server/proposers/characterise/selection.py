"""Which of the explored cases are kept: few that together run every line that was reached and tell every mutant apart."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tercet_server.ports import Explored, ExploredCase

LINE_TIMES = 2
"""A line is run by so many cases, where there are such: one case rarely says all that a line does."""

MOST = 160
_SIMPLE = 30
"""Characters of a case up to which it is as readable as any."""

_KILL_WEIGHT = 2.0


def chosen(explored: Explored) -> list[ExploredCase]:
    """Greedy: what adds most for its length, until nothing adds anything; in the order of the source of the module."""
    killing = _kills(explored)
    left = [each for each in explored.cases if _can_be_told(each)]
    covered: Counter[int] = Counter()
    killed: set[int] = set()
    kept: list[ExploredCase] = []
    while left and len(kept) < MOST:
        best = max(left, key=lambda each: _gain(each, covered, killed, killing) / _length(each))
        if _gain(best, covered, killed, killing) <= 0:
            break
        left.remove(best)
        kept.append(best)
        covered.update(best.lines)
        killed |= killing.get(best.number, set())
    kept += _one_of_each(kept, left)
    return sorted(kept, key=lambda each: each.number)


def without_places(explored: Explored, places: Sequence[str]) -> Explored:
    """Without the cases in which one of these folders occurs: elsewhere they would come out differently."""
    kept = [each for each in explored.cases if not any(place in _told(each) for place in places)]
    return replace(explored, cases=kept)


def _told(case: ExploredCase) -> str:
    outcome = case.outcome
    checks = [part for expression, source, _ in outcome.checks for part in (expression, source)]
    return "\n".join([case.call, *case.setup, outcome.source, outcome.message, outcome.printed, *checks])


def _gain(case: ExploredCase, covered: Counter[int], killed: set[int], killing: dict[int, set[int]]) -> float:
    lines = sum(1.0 if not covered[line] else 0.3 for line in case.lines if covered[line] < LINE_TIMES)
    return lines + _KILL_WEIGHT * len(killing.get(case.number, set()) - killed)


def _length(case: ExploredCase) -> float:
    """How much there is to read; what was found in the workspace is known to mean something."""
    written = sum(map(len, (case.call, *case.setup, case.outcome.source))) + 20 * len(case.outcome.checks)
    known = 0.5 if case.origin != "chance" else 1.0
    return known * (1.0 + max(0, written - _SIMPLE) / 60)


def _kills(explored: Explored) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for mutant, cases in explored.killed.items():
        for case in cases:
            found.setdefault(case, set()).add(mutant)
    return found


def _can_be_told(case: ExploredCase) -> bool:
    outcome = case.outcome
    return outcome.kind in {"gives", "raises"} or bool(outcome.kind == "is" and (outcome.type or outcome.checks))


def _one_of_each(kept: Sequence[ExploredCase], left: Sequence[ExploredCase]) -> list[ExploredCase]:
    """Of every subject at least one case, also where others run its lines."""
    found: dict[str, ExploredCase] = {}
    done = {each.subject for each in kept}
    for each in sorted(left, key=_length):
        if each.subject not in done:
            found.setdefault(each.subject, each)
    return list(found.values())
