"""Localization: given the words of a change request, which files and definitions must be edited? The product against its peers.

`python -m benchmarks.localization --tasks FILE --repos DIR [--aider PYTHON] [--work DIR] [--json] [--quick] [--details FILE]`

The tree at each task's parent commit is indexed as a workspace is, with the history before it, and asked as a user asks.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.localization_systems import Aider, Bm25, System, Tercet
from benchmarks.localization_tasks import Score, Task, by_repository, check_out, load, score
from benchmarks.report import Goal, Number, Report, say

GOALS: dict[str, Goal] = {
    "acc_at_5": (">=", 0.8),
    "acc_at_10": (">=", 0.9),
    "definition_acc_at_10": (">=", 0.6),
    "query_ms_p95": ("<=", 100),
}
QUICK = 2
"""Tasks of each repository."""


@dataclass(frozen=True, slots=True)
class Row:
    """One task put to one system. `files`: its first ten."""

    system: str
    task: str
    rank: int | None
    definition_all_at_10: bool | None
    query_ms: float
    prepare_s: float
    files: tuple[str, ...]


def main() -> int:
    options = _options()
    tasks = load(options.tasks)
    missing = {task.repo for task in tasks if not (options.repos / task.repo.replace("/", "+") / "repo").exists()}
    if missing:
        say(f"There is no clone of {', '.join(sorted(missing))} in {options.repos}; their tasks are left out.")
        tasks = [task for task in tasks if task.repo not in missing]
    if not tasks:
        say("No task is left.")
        return 2
    if options.quick:
        tasks = [task for several in by_repository(tasks).values() for task in several[:QUICK]]
    with tempfile.TemporaryDirectory(prefix="tercet-localization-") as scratch:
        rows = _measure(tasks, options.repos, options.work or Path(scratch), options.aider)
    if options.details:
        options.details.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), "utf-8")
    _report(rows, quick=options.quick).emit(as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.localization", description=__doc__)
    parser.add_argument(
        "--tasks", type=Path, required=True, metavar="FILE", help="one task a line, see localization_tasks"
    )
    parser.add_argument("--repos", type=Path, required=True, metavar="DIR", help="clones as DIR/<owner>+<name>/repo")
    parser.add_argument("--aider", metavar="PYTHON", help="a Python with aider-chat installed")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keeps work trees and indexes for the next time")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} tasks of each repository only")
    parser.add_argument("--details", type=Path, metavar="FILE", help="every answer, one JSON object a line")
    return parser.parse_args()


def _measure(tasks: list[Task], repos: Path, work: Path, aider: str | None) -> list[Row]:
    systems: dict[str, System] = {"tercet": Tercet(work / "indexes"), "bm25": Bm25()}
    if aider is None:
        say("aider: left out; pass --aider PYTHON, a Python with it: pip install aider-chat==0.86.1")
    else:
        systems["aider"] = Aider(aider)
    rows: list[Row] = []
    try:
        for repo, several in by_repository(tasks).items():
            for task in several:
                tree = work / "trees" / repo.replace("/", "+")
                files = check_out(repos, repo, task.parent, tree)
                rows += [_row(name, system, task, tree, files) for name, system in systems.items()]
            say(f"{repo}: {_line([row for row in rows if row.task in {task.id for task in several}])}")
    finally:
        for system in systems.values():
            system.close()
    return rows


def _row(name: str, system: System, task: Task, tree: Path, files: list[str]) -> Row:
    started = time.perf_counter()
    system.prepare(tree, files)
    prepared = time.perf_counter()
    answer = system.locate(task.query)
    ended = time.perf_counter()
    found: Score = score(task, answer)
    return Row(
        name,
        task.id,
        found.rank,
        found.definition_all_at_10,
        round((ended - prepared) * 1000, 2),
        round(prepared - started, 2),
        tuple(answer.files[:10]),
    )


def _line(rows: list[Row]) -> str:
    systems = dict.fromkeys(row.system for row in rows)
    return ", ".join(f"{each} {_metrics(rows, each)['acc_at_5']}" for each in systems) + " (acc@5)"


def _report(rows: list[Row], *, quick: bool) -> Report:
    systems = dict.fromkeys(row.system for row in rows)
    peers = {name: _metrics(rows, name) for name in systems if name != "tercet"}
    return Report("localization", _metrics(rows, "tercet"), peers, {} if quick else GOALS)


def _metrics(rows: list[Row], system: str) -> Mapping[str, Number]:
    mine = [row for row in rows if row.system == system]
    with_definitions = [row for row in mine if row.definition_all_at_10 is not None]
    queries = sorted(row.query_ms for row in mine)
    return {
        "tasks": len(mine),
        **{f"acc_at_{k}": _share(row.rank is not None and row.rank <= k for row in mine) for k in (1, 5, 10)},
        "definition_acc_at_10": _share(bool(row.definition_all_at_10) for row in with_definitions),
        "query_ms_p50": queries[len(queries) // 2],
        "query_ms_p95": queries[int(0.95 * (len(queries) - 1))],
        "prepare_s_mean": round(sum(row.prepare_s for row in mine) / len(mine), 2),
    }


def _share(outcomes: Iterable[bool]) -> float | None:
    found = list(outcomes)
    return round(sum(found) / len(found), 4) if found else None


if __name__ == "__main__":
    sys.exit(main())
