"""Edits as models answer them, slightly wrong: do they land where they should, and are those refused that must be?

`python -m benchmarks.edits --cases FILE --repos DIR [--aider PYTHON] [--json] [--quick] [--details FILE]`
"""

import argparse
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.edit_cases import Answer, Case, outcome, read_cases
from benchmarks.edit_peers import Aider, System, Tercet, peers
from benchmarks.report import Goal, Number, Report, say

QUICK_EACH = 20
"""With --quick every so many-th case."""

GOALS: dict[str, Goal] = {
    "landed_pct": (">=", 90),
    "refused_pct": (">=", 99),
    "wrong_pct": ("<=", 0.3),
    "ms_median": ("<=", 2),
}


class Row(NamedTuple):
    """One case as one system answered it."""

    case: Case
    answer: Answer
    outcome: str


def main() -> int:
    options = _options()
    cases = list(read_cases(options.cases, options.repos))
    if options.quick:
        cases = cases[::QUICK_EACH]
    systems: dict[str, System] = {"tercet": Tercet(), **peers(options.aider)}
    rows = {}
    for name, system in systems.items():
        rows[name] = _run(system, cases)
        say(f"{name}: {len(rows[name])} cases")
        if isinstance(system, Aider):
            system.close()
    _table(rows)
    if options.details:
        _write_details(options.details, rows)
    measured = {name: _metrics(each) for name, each in rows.items()}
    formats = {
        f"tercet_{format}": _metrics([row for row in rows["tercet"] if row.case.format == format])
        for format in sorted(Tercet.formats)
    }
    notes = {
        "formats": formats,
        "peers": "git_apply and patch read unified diffs only; their times are those of a process",
    }
    Report("edits", measured.pop("tercet"), measured, GOALS, notes).emit(as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.edits", description=__doc__)
    parser.add_argument("--cases", type=Path, required=True, metavar="FILE", help="one JSON object a line")
    parser.add_argument("--repos", type=Path, required=True, metavar="DIR", help="clones, as DIR/<owner>+<name>/repo")
    parser.add_argument("--aider", metavar="PYTHON", help="a Python with aider-chat installed")
    parser.add_argument(
        "--details", type=Path, metavar="FILE", help="write what became of each case, one JSON object a line"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help=f"one case in {QUICK_EACH}")
    return parser.parse_args()


def _run(system: System, cases: Sequence[Case]) -> list[Row]:
    """The first case is answered once before, so that no import is timed."""
    taken = [case for case in cases if case.format in system.formats]
    if taken:
        system.answer(taken[0])
    rows = []
    for case in taken:
        answer = system.answer(case)
        rows.append(Row(case, answer, outcome(case, answer)))
    return rows


def _metrics(rows: Sequence[Row]) -> dict[str, Number]:
    apply = [row for row in rows if row.case.expect == "apply"]
    refuse = [row for row in rows if row.case.expect != "apply"]
    return {
        "cases": len(rows),
        "landed_pct": _share([row.outcome == "correct" for row in apply]),
        "ws_only_pct": _share([row.outcome == "ws_only" for row in apply]),
        "refused_pct": _share([row.outcome == "correct" and bool(row.answer.refusal) for row in refuse]),
        "wrong_pct": _share([row.outcome == "wrong" for row in rows]),
        "ms_median": round(statistics.median(row.answer.ms for row in rows), 3) if rows else None,
        "ms_p95": round(sorted(row.answer.ms for row in rows)[int(0.95 * (len(rows) - 1))], 3) if rows else None,
    }


def _share(hits: Sequence[bool]) -> float | None:
    return round(100 * sum(hits) / len(hits), 2) if hits else None


def _table(rows: dict[str, list[Row]]) -> None:
    """Per kind: the share of right outcomes, and after a `!` how many are wrong."""
    by_kind: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, answered in rows.items():
        for row in answered:
            by_kind[row.case.kind][name].append(row.outcome)
    say(f"{'kind':<30}" + "".join(f"{name:>14}" for name in rows))
    for kind, outcomes in sorted(by_kind.items()):
        say(f"{kind:<30}" + "".join(f"{_cell(outcomes[name]):>14}" for name in rows))


def _cell(outcomes: Sequence[str]) -> str:
    if not outcomes:
        return "-"
    counts = Counter(outcomes)
    wrong = f" !{counts['wrong']}" if counts["wrong"] else ""
    return f"{100 * counts['correct'] / len(outcomes):.0f} %{wrong}"


def _write_details(path: Path, rows: dict[str, list[Row]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for name, answered in rows.items():
            for case, answer, became in answered:
                record = {"system": name, "id": case.id, "kind": case.kind, "expect": case.expect, "outcome": became}
                file.write(json.dumps({**record, "refusal": answer.refusal, "ms": round(answer.ms, 3)}) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
