"""Which mutants of an independent tool the repair could undo: whether the right edit is among those it would try at the place of
the fault, and as the how manieth. No test is run, so it says what the operators and their order can do, and nothing of the rest.

`python -m benchmarks.planted_undone PATH --tool mutmut|cosmic-ray [--count N] [--seed S] [--source PATH] [--json]`: N mutants in
functions of the library at PATH, in an order drawn by the seed. Suspected are the line of the fault and three lines on each
side of it, all alike.
"""

import argparse
import statistics
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

from tercet_server.proposers.repair.rank import ranked_mutations
from tercet_server.proposers.repair.subject import Subject

from benchmarks.planted_external import TOOLS, CannotPlant, drawn, sources_at
from benchmarks.planted_faults import Fault
from benchmarks.report import Number, Report, say

BESIDE = 3
"""Lines on each side of the fault that are suspected with it."""

AROUND = 400
"""Characters on each side of the fault in which the right edit makes the text what it was; it touches nothing else."""

_DOES_NOT_MATTER = str.maketrans("", "", " \t\r\n()'\"")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted_undone", description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--tool", choices=sorted(TOOLS), required=True)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--source", default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        measured(options).emit(as_json=options.json)
    except CannotPlant as error:
        say(str(error))
        return 1
    return 0


def measured(options: argparse.Namespace) -> Report:
    """Raises CannotPlant."""
    texts = sources_at(options.path, options.source)
    if not texts:
        raise CannotPlant(f"No Python file to change was found in {options.path}: name the package by --source.")
    ranks: list[int | None] = []
    undone: Counter[str] = Counter()
    drawn_of: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory(prefix="tercet-undone-") as folder,
        closing(drawn(options.path, texts, options.tool, options.seed, Path(folder))) as faults,
    ):
        for fault in faults:
            rank = rank_of_undoing(fault, texts[fault.path])
            ranks.append(rank)
            drawn_of[fault.operator] += 1
            undone[fault.operator] += rank is not None
            say(f"{len(ranks):4} {'-' if rank is None else rank:>6}  {fault.operator} at {fault.path}:{fault.line}")
            if len(ranks) == options.count:
                break
    notes = {
        "tool": options.tool,
        "seed": options.seed,
        "undone_by_operator": {name: f"{undone[name]} of {count}" for name, count in sorted(drawn_of.items())},
    }
    return Report("planted_undone", _metrics(ranks), notes=notes)


def rank_of_undoing(fault: Fault, original: str) -> int | None:
    """How many edits are likelier than the right one, as far as its text tells; None if it is not among them."""
    text = fault.apply(original)
    subject = Subject.of(text)
    lines = range(max(0, fault.line - 1 - BESIDE), fault.line + BESIDE)
    wanted = _squeezed(original, fault.start, len(original) - fault.end)
    for rank, ranked in enumerate(ranked_mutations(subject, dict.fromkeys(lines, 1.0))):
        changed = ranked.mutation.apply(text)
        if _squeezed(changed, fault.start, len(original) - fault.end) == wanted:
            return rank
    return None


def _squeezed(text: str, start: int, tail: int) -> str:
    """What stands around the fault, without what means nothing or may be written in two ways."""
    window = text[max(0, start - AROUND) : max(start, len(text) - max(0, tail - AROUND))]
    return window.translate(_DOES_NOT_MATTER)


def _metrics(ranks: list[int | None]) -> dict[str, Number]:
    found = sorted(rank for rank in ranks if rank is not None)
    return {
        "mutants": len(ranks),
        "undone": len(found),
        "undone_pct": round(100 * len(found) / len(ranks), 1) if ranks else None,
        "rank_median": statistics.median(found) if found else None,
        "rank_p90": found[int(0.9 * (len(found) - 1))] if found else None,
    }


if __name__ == "__main__":
    sys.exit(main())
