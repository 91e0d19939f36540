"""Refactorings of random programs: how many are offered, and whether a program does the same after each; rope beside them.

    python -m benchmarks.refactoring [--quick] [--programs N] [--json]

The programs are those of `tests.doubles.random_programs`, full of what makes refactorings wrong: side effects, closures, variables
that may be unset, exceptions. Programs that read a variable before it is set are left out. Each place (an expression, some
statements, a name) is offered to both; what they make of it is compiled and run like the program before it.
"""

import argparse
import ast
import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module

from tercet_server.refactoring import refactorings
from tercet_server.refactoring.selection import blocks
from tercet_server.refactoring.source import Source, Span
from tercet_shared.refactoring import RefactoringKind

from benchmarks.report import Goal, Number, Report, say
from tests.doubles.marked_text import edited, span
from tests.doubles.random_programs import behaviour, random_program

Answers = Iterator[tuple[RefactoringKind, str | None]]
"""The text after each refactoring that a tool knows for a place; None where it refuses."""

PROGRAMS, PLACES = 150, 40
GOALS: dict[str, Goal] = {"wrong": ("<=", 0)}


def ours(text: str, place: Span) -> Answers:
    for each in refactorings(text, span(text, *place)):
        yield each.kind, None if each.refusal else edited(text, each.edits)


def measured(tool: Callable[[str, Span], Answers], programs: int) -> dict[str, Number]:
    counts: Counter[str] = Counter(dict.fromkeys(("offered", "refused", "wrong"), 0))
    for number in range(programs):
        chance = random.Random(f"refactoring {number}")
        text = random_program(chance)
        expected = behaviour(text)
        if "UnboundLocalError" in "".join(expected):
            continue
        found = places(text)
        for place in chance.sample(found, min(len(found), PLACES)):
            for kind, changed in tool(text, place):
                _count(counts, kind, changed, expected)
    return dict(counts)


def _count(counts: Counter[str], kind: RefactoringKind, changed: str | None, expected: list[str]) -> None:
    outcome = "refused" if changed is None else "offered"
    counts[outcome] += 1
    counts[f"{kind}_{outcome}"] += 1
    if changed is not None and not _is_same(changed, expected):
        counts["wrong"] += 1
        counts[f"{kind}_wrong"] += 1


def _is_same(changed: str, expected: list[str]) -> bool:
    try:
        return behaviour(changed) == expected
    except SyntaxError:
        return False


def places(text: str) -> list[Span]:
    """Expressions, names and runs of up to four statements of the program itself; none in an f-string, where places are unsure."""
    source = Source.of(text)
    nodes = [each for part in source.tree.body[-2:] for each in ast.walk(part)]
    unsure = {
        part for each in nodes if isinstance(each, ast.JoinedStr) for value in each.values for part in ast.walk(value)
    }
    found: set[Span] = set()
    for node in nodes:
        if isinstance(node, ast.expr) and not isinstance(node, ast.Constant) and node not in unsure:
            start, end = source.span(node)
            found |= {(start, end), (start, start) if isinstance(node, ast.Name) else (start, end)}
        for block in blocks(node):
            for first in range(len(block)):
                start = source.whole_span(block[first])[0]
                found |= {(start, source.span(last)[1]) for last in block[first : first + 4]}
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--programs", type=int, default=PROGRAMS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    programs = 20 if options.quick else options.programs
    peers: dict[str, dict[str, Number]] = {}
    try:
        peers["rope"] = measured(import_module("benchmarks.refactoring_rope").of_rope, programs)
    except ImportError:
        say("rope is left out: `pip install rope` puts it beside Tercet.")
    Report("refactoring", measured(ours, programs), peers, GOALS).emit(as_json=options.json)


if __name__ == "__main__":
    main()
