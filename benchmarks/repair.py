"""Program repair on QuixBugs, the whole way: daemon, planner, proposers, proof, proposal; then plain pytest as the judge.

`python -m benchmarks.repair --quixbugs PATH [--half-tests] [--json] [--quick] [--programs a,b] [--deadline SECONDS]`

With `--half-tests` the repair is given every second test of each program, and all of them judge what it makes of that.
"""

import argparse
import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tercet_server.edits import apply_edits
from tercet_shared.client import DaemonClient
from tercet_shared.discovery import ensure_daemon
from tercet_shared.edits import ChangeSet
from tercet_shared.errors import TercetError
from tercet_shared.events import EventType
from tercet_shared.ids import WorkspaceId
from tercet_shared.runs import RESTING_STATES, Intent, Run, RunRequest, RunState, Target
from tercet_shared.workspaces import Trust, WorkspaceRequest

from benchmarks import quixbugs
from benchmarks.report import Goal, Report, say

QUICK = ("gcd", "find_first_in_sorted", "to_base")
DEADLINE_S = 60.0
TRIED = re.compile(r"Tried ([\d,]+) of")
GRACE_S = 15.0
"""After the run's own deadline, for its end to be told."""

GOALS: dict[str, Goal] = {
    "plausible": (">=", 34),
    "correct": (">=", 30),
    "seconds_median": ("<=", 10),
    "broke_passing": ("<=", 0),
}


@dataclass(frozen=True)
class Outcome:
    """What became of one program. `plausible` and the rest are the judge's word, not the daemon's."""

    program: str
    state: str
    seconds: float
    title: str = ""
    verified: bool = False
    tried: int = 0
    """Edits that the search tried, as far as progress told."""
    plausible: bool = False
    correct: bool | None = None
    judged_by: str = ""
    broke: int = 0
    reason: str = ""


def main() -> int:
    options = _options()
    names = quixbugs.programs(options.quixbugs)
    if options.programs:
        names = [each for each in names if each in options.programs.split(",")]
    elif options.quick:
        names = [each for each in names if each in QUICK]
    if not names:
        say("None of these programs is in the clone; see its folder python_testcases.")
        return 2
    outcomes = asyncio.run(_measure(options, names))
    _report(outcomes, options).emit(as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.repair", description=__doc__)
    parser.add_argument("--quixbugs", type=Path, required=True, metavar="PATH", help="a clone of jkoppel/QuixBugs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="three programs only")
    parser.add_argument("--programs", default="", metavar="A,B", help="these programs only")
    parser.add_argument("--half-tests", action="store_true", help="give the repair every second test only")
    parser.add_argument("--interpreter", default="", metavar="PYTHON", help="for the tests; else one with pytest alone")
    parser.add_argument("--deadline", type=float, default=DEADLINE_S, metavar="SECONDS", help="for each run")
    return parser.parse_args()


async def _measure(options: argparse.Namespace, names: list[str]) -> list[Outcome]:
    """One daemon of its own and one workspace for all programs; nothing is applied to that workspace."""
    outcomes = []
    clone: Path = options.quixbugs
    with tempfile.TemporaryDirectory(prefix="tq-") as folder:
        os.environ["TERCET_HOME"] = str(Path(folder) / "home")
        workspace, scratch = Path(folder) / "workspace", Path(folder) / "scratch"
        for root in (workspace, scratch):
            root.mkdir()
            await asyncio.to_thread(quixbugs.make_workspace, clone, root)
        if options.half_tests:
            await asyncio.to_thread(quixbugs.halve_tests, workspace, names)
        interpreter = options.interpreter or str(
            await asyncio.to_thread(quixbugs.make_environment, Path(folder) / "python")
        )
        async with DaemonClient(await ensure_daemon()) as client:
            try:
                request = WorkspaceRequest(root=str(workspace), trust=Trust.TRUSTED, interpreter=interpreter)
                registered = await client.register_workspace(request)
                for name in names:
                    outcome = await _repair(client, registered.id, name, options.deadline, (clone, scratch))
                    outcomes.append(outcome)
                    say(_line(outcome))
            finally:
                with suppress(TercetError):
                    await client.shutdown()
    return outcomes


async def _repair(
    client: DaemonClient, workspace: WorkspaceId, name: str, deadline_s: float, folders: tuple[Path, Path]
) -> Outcome:
    target = Target(tests=[quixbugs.test_file(name)])
    request = RunRequest(workspace_id=workspace, intent=Intent.FIX, target=target, deadline_s=deadline_s)
    started = time.monotonic()
    run, tried = await _rested(client, (await client.start_run(request)), deadline_s + GRACE_S)
    seconds = time.monotonic() - started
    if run.state is not RunState.PROPOSED or run.proposal_id is None:
        reason = run.problem.sentence if run.problem else (run.answer or "")
        return Outcome(name, run.state, seconds, tried=tried, reason=reason)
    proposal = await client.proposal(run.proposal_id)
    await client.discard(run.proposal_id)
    judged = await asyncio.to_thread(_judge, *folders, name, proposal.change_set)
    return Outcome(name, run.state, seconds, proposal.title, proposal.evidence.verified, tried, *judged)


async def _rested(client: DaemonClient, run: Run, deadline_s: float) -> tuple[Run, int]:
    """The run at its end, and the number of edits that it has tried."""
    tried = 0
    try:
        async with asyncio.timeout(deadline_s):
            async for event in client.follow_run(run.id):
                told = TRIED.match(str(event.data.get("message", "")))
                tried = int(told[1].replace(",", "")) if told else tried
                if event.type is EventType.RUN_STATE and RunState(event.data["state"]) in RESTING_STATES:
                    break
    except TimeoutError:
        return await client.cancel_run(run.id), tried
    return await client.run(run.id), tried


def _judge(clone: Path, scratch: Path, name: str, change_set: ChangeSet) -> tuple[bool, bool | None, str, int, str]:
    """plausible, correct, judged by, tests broken, reason. The scratch workspace is put back afterwards."""
    before = {edit.path: (scratch / edit.path).read_text("utf-8") for edit in change_set.files}
    passed_before = quixbugs.run_tests(scratch, name, per_test_s=5)
    try:
        for edit in change_set.files:
            (scratch / edit.path).write_text(apply_edits(before[edit.path], edit.edits), "utf-8")
        after = quixbugs.run_tests(scratch, name)
        broke = sum(passed and not after.get(test, False) for test, passed in passed_before.items())
        if not after or not all(after.values()):
            return False, False, "test_file", broke, "the test file does not pass under plain pytest"
        same = quixbugs.equality(clone, scratch, name)
        return True, same.equal, same.judged_by, broke, same.reason
    finally:
        for path, text in before.items():
            (scratch / path).write_text(text, "utf-8")


def _report(outcomes: list[Outcome], options: argparse.Namespace) -> Report:
    plausible = [each for each in outcomes if each.plausible]
    compared = [each for each in plausible if each.judged_by == "reference"]
    by_tests = [each for each in plausible if each.judged_by == "test_file"]
    repaired = [each.seconds for each in plausible]
    metrics = {
        "programs": len(outcomes),
        "plausible": len(plausible),
        "correct": sum(each.correct is True for each in plausible),
        "correct_by_reference": sum(each.correct is True for each in compared),
        "correct_by_test_file": sum(each.correct is True for each in by_tests),
        "undecided": sum(each.correct is None for each in plausible),
        "overfit": sum(each.correct is False for each in plausible),
        "broke_passing": sum(each.broke > 0 for each in outcomes),
        "tried": sum(each.tried for each in outcomes),
        "wrong_reported_done": sum(each.state == RunState.PROPOSED and not each.plausible for each in outcomes),
        "seconds_median": round(statistics.median(repaired), 2) if repaired else None,
        "seconds_max": round(max(repaired), 2) if repaired else None,
    }
    notes = {
        "deadline_s": options.deadline,
        "half_tests": options.half_tests,
        "judges": "reference: equal on 200 generated inputs; test_file: passes its test file, no data to generate from",
        "programs": [asdict(each) for each in outcomes],
    }
    part = options.quick or options.programs or options.half_tests
    return Report("repair", metrics, goals={} if part else GOALS, notes=notes)


def _line(outcome: Outcome) -> str:
    correct = {True: "correct", False: "OVERFIT", None: "undecided"}[outcome.correct]
    verdict = f"plausible, {correct} ({outcome.judged_by})" if outcome.plausible else "not repaired"
    said = outcome.title or outcome.reason
    return f"{outcome.program:28} {outcome.seconds:6.1f} s  {outcome.state:13} {verdict}, {outcome.tried} tried: {said}"


if __name__ == "__main__":
    sys.exit(main())
