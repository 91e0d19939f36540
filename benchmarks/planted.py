"""Repair of faults planted into published Python projects with their own tests, the whole way, no model; next to a plain search.

`python -m benchmarks.planted PATH --tool mutmut|cosmic-ray [--count N] [--seed S] [--deadline SECONDS] [--source PATH]
[--tests PATH] [--interpreter PYTHON] [--minutes M] [--results FILE] [--json]`: the tool's mutants of the library at PATH that
its own suite kills; every test is shown, and all judge.

`python -m benchmarks.planted [--libraries a,b] [--limit N] [--seed S] [--deadline SECONDS] [--minutes M] [--results FILE]
[--cache DIR] [--interpreter PYTHON] [--no-baseline] [--json] [--quick]`: faults of this benchmark's own operators in pinned
libraries. Half of the test functions are hidden from both systems, and judge.

`--results FILE` keeps every outcome, so that a measurement that was broken off goes on; no plant is begun after M minutes.
"""

import argparse
import asyncio
import math
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tercet_server.edits import apply_edits
from tercet_shared.client import DaemonClient
from tercet_shared.discovery import ensure_daemon
from tercet_shared.errors import TercetError
from tercet_shared.events import EventType
from tercet_shared.runs import RESTING_STATES, Intent, Run, RunRequest, RunState, Target
from tercet_shared.workspaces import Trust, WorkspaceRequest

from benchmarks.planted_external import TOOLS, CannotPlant, drawn, project_at
from benchmarks.planted_faults import Fault
from benchmarks.planted_libraries import LIBRARIES, Library, fetched
from benchmarks.planted_plants import Plant, Project, judge, killed, make_workspace, plant, targets
from benchmarks.planted_search import search
from benchmarks.quixbugs import make_environment
from benchmarks.report import Goal, Number, Report, say
from benchmarks.results import Results

DEADLINE_S, TOOL_DEADLINE_S = 60.0, 120.0
GRACE_S = 15.0
"""After the run's own deadline, for its end to be told."""

QUICK_LIBRARIES, QUICK_LIMIT = ("inflection", "isodate"), 2
TERCET, BASELINE = "tercet", "random_search"
GOALS: dict[str, Goal] = {"plausible_pct": (">=", 60), "identical_pct": (">=", 50)}


@dataclass(frozen=True)
class Offer:
    """What a system offers. `texts`: path → text of the files that it changes, {} if it offers nothing."""

    seconds: float
    texts: dict[str, str]
    said: str


@dataclass(frozen=True)
class Outcome:
    """One plant put to one system. All but the first line of fields is the judge's word."""

    system: str
    plant: str
    operator: str
    fault: Fault
    seconds: float
    proposed: bool
    said: str
    plausible: bool = False
    identical: bool = False
    correct: bool = False
    held_failing: int = 0
    held_broken: tuple[str, ...] = ()


def main() -> int:
    options = _options()
    return _external(options) if options.path is not None else _own(options)


def _external(options: argparse.Namespace) -> int:
    planted = f"{options.tool} {options.path.resolve()} {options.source} {options.tests}".strip()
    kept = results_in(options.results, options.seed, options.deadline, planted)
    with tempfile.TemporaryDirectory(prefix="tercet-planted-") as folder:
        try:
            found = asyncio.run(_measure_external(options, kept, Path(folder)))
        except CannotPlant as reason:
            say(str(reason))
            return 2
    report(found, options).emit(as_json=options.json)
    return 0


def _own(options: argparse.Namespace) -> int:
    names = options.libraries.split(",") if options.libraries else [each.name for each in LIBRARIES]
    libraries = [each for each in LIBRARIES if each.name in names]
    if unknown := set(names) - {each.name for each in libraries}:
        say(f"Not among the libraries: {', '.join(sorted(unknown))}. They are {', '.join(x.name for x in LIBRARIES)}.")
        return 2
    if options.quick:
        libraries = [each for each in libraries if each.name in QUICK_LIBRARIES] or libraries[:1]
        options.limit = min(options.limit, QUICK_LIMIT)
    kept = results_in(options.results, options.seed, options.deadline)
    with tempfile.TemporaryDirectory(prefix="tercet-planted-") as folder:
        asyncio.run(_measure(options, libraries, kept, Path(folder)))
    wanted = {f"{library.name}/{number}" for library, number in turns(libraries, options.limit)}
    report([each for each in kept.outcomes.values() if each.plant in wanted], options).emit(as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted", description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help="a library with its own suite")
    parser.add_argument("--tool", choices=sorted(TOOLS), default="mutmut", help="whose mutants are planted into PATH")
    parser.add_argument("--count", type=int, default=30, metavar="N", help="so many killed mutants of PATH")
    parser.add_argument(
        "--source", default="", metavar="PATH", help="what may be changed, below PATH; else its packages"
    )
    parser.add_argument("--tests", default="", metavar="PATH", help="what pytest is given, below PATH; else nothing")
    parser.add_argument("--libraries", default="", metavar="A,B", help="these only")
    parser.add_argument("--limit", type=int, default=30, metavar="N", help="so many plants, the libraries taking turns")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deadline", type=float, metavar="SECONDS", help="for each repair; 60, with PATH 120")
    parser.add_argument("--minutes", type=float, metavar="M", help="begin no plant after so many; 60, with PATH none")
    parser.add_argument("--results", type=Path, metavar="FILE", help="keeps outcomes between runs (JSON lines)")
    parser.add_argument("--cache", type=Path, default=_cache(), metavar="DIR", help="where the libraries are kept")
    parser.add_argument("--interpreter", default="", metavar="PYTHON", help="for the tests; else one with pytest alone")
    parser.add_argument("--no-baseline", action="store_true", help="without the plain search")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_LIMIT} plants of two small libraries")
    options = parser.parse_args()
    external = options.path is not None
    options.deadline = options.deadline or (TOOL_DEADLINE_S if external else DEADLINE_S)
    options.minutes = options.minutes or (math.inf if external else 60.0)
    if external and not options.path.is_dir():
        parser.error(f"{options.path} is no folder")
    return options


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tercet-benchmarks"


def results_in(file: Path | None, seed: int, deadline_s: float, planted: str = "") -> Results[Outcome]:
    """Of measurements with this seed and deadline, and of the same library planted by the same tool, by plant."""
    key = f"{seed}/{deadline_s:g}" + (f"/{planted}" if planted else "")
    return Results(file, key, Outcome, lambda each: each.plant)


async def _measure(
    options: argparse.Namespace, libraries: Sequence[Library], kept: Results[Outcome], folder: Path
) -> None:
    """Each plant has a workspace of its own."""
    ends = time.monotonic() + 60 * options.minutes
    python = options.interpreter or str(await asyncio.to_thread(make_environment, folder / "python"))
    systems = [TERCET] if options.no_baseline else [TERCET, BASELINE]
    projects: dict[str, Project] = {}
    async with _daemon(folder / "home") as client:
        for library, number in turns(libraries, options.limit):
            missing = [each for each in systems if kept.missing(each, [f"{library.name}/{number}"])]
            if missing and time.monotonic() >= ends:
                say(f"{options.minutes:g} minutes are over; the same command with --results goes on from here.")
                return
            if missing:
                if library.name not in projects:
                    root = await asyncio.to_thread(fetched, library, options.cache)
                    projects[library.name] = await asyncio.to_thread(Project.of, library, root, python)
                await _measure_plant(options, client, projects[library.name], number, missing, kept)


async def _measure_external(options: argparse.Namespace, kept: Results[Outcome], folder: Path) -> list[Outcome]:
    """`count` killed mutants, in the order in which they are drawn; fewer if there are no more."""
    ends = time.monotonic() + 60 * options.minutes
    project = await asyncio.to_thread(
        project_at, options.path, options.source, options.tests, options.interpreter, folder
    )
    found: list[Outcome] = []
    async with _daemon(folder / "home") as client:
        with closing(drawn(project.root, project.sites.texts, options.tool, options.seed, folder)) as faults:
            number = -1
            while len(found) < options.count and time.monotonic() < ends:
                fault = await asyncio.to_thread(next, faults, None)
                if fault is None:
                    break
                number += 1
                name = f"{project.library.name}/{number}"
                if kept.missing(TERCET, [name]):
                    planted = await asyncio.to_thread(killed, project, number, fault)
                    if planted is None:
                        continue
                    await _measure_planted(options, client, project, planted, [TERCET], kept)
                found.append(kept.outcomes[TERCET, name])
    return found


@asynccontextmanager
async def _daemon(home: Path) -> AsyncIterator[DaemonClient]:
    """One of its own, which does not outlive the measurement, however that ends."""
    os.environ["TERCET_HOME"] = str(home)
    measuring = asyncio.current_task()
    assert measuring is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, measuring.cancel)
    async with DaemonClient(await ensure_daemon()) as client:
        try:
            yield client
        finally:
            with suppress(TercetError):
                await client.shutdown()


def turns(libraries: Sequence[Library], limit: int) -> Iterator[tuple[Library, int]]:
    """(library, number of its plant): the libraries take turns."""
    for place in range(limit):
        yield libraries[place % len(libraries)], place // len(libraries)


async def _measure_plant(
    options: argparse.Namespace,
    client: DaemonClient,
    project: Project,
    number: int,
    systems: Sequence[str],
    kept: Results[Outcome],
) -> None:
    known = {each.fault for each in kept.outcomes.values() if each.plant != f"{project.library.name}/{number}"}
    planted = await asyncio.to_thread(plant, project, number, options.seed, known)
    if planted is None:
        say(f"{project.library.name}/{number}: none of the faults drawn is noticed by some tests; left out")
        return
    await _measure_planted(options, client, project, planted, systems, kept)


async def _measure_planted(
    options: argparse.Namespace,
    client: DaemonClient,
    project: Project,
    planted: Plant,
    systems: Sequence[str],
    kept: Results[Outcome],
) -> None:
    for system in systems:
        if system == TERCET:
            offer = await _repaired(client, project, planted, options.deadline)
        else:
            offer = await asyncio.to_thread(_searched, project, planted, options)
        outcome = await asyncio.to_thread(_outcome, system, project, planted, offer)
        kept.add(outcome)
        say(_line(outcome))


async def _repaired(client: DaemonClient, project: Project, planted: Plant, deadline_s: float) -> Offer:
    with tempfile.TemporaryDirectory(prefix="tercet-planted-") as folder:
        root = await asyncio.to_thread(make_workspace, project, planted, Path(folder) / project.library.name)
        wanted = WorkspaceRequest(root=str(root), trust=Trust.TRUSTED, interpreter=project.python)
        workspace = await client.register_workspace(wanted)
        request = RunRequest(
            workspace_id=workspace.id, intent=Intent.FIX, target=Target(tests=targets(planted)), deadline_s=deadline_s
        )
        started = time.monotonic()
        run = await _rested(client, await client.start_run(request), deadline_s + GRACE_S)
        seconds = time.monotonic() - started
        if run.state is not RunState.PROPOSED or run.proposal_id is None:
            return Offer(seconds, {}, f"{run.state}: {run.problem.sentence if run.problem else run.answer or ''}")
        proposal = await client.proposal(run.proposal_id)
        await client.discard(run.proposal_id)
        texts = {
            edit.path: apply_edits((root / edit.path).read_text("utf-8"), edit.edits)
            for edit in proposal.change_set.files
        }
        return Offer(seconds, texts, proposal.title)


async def _rested(client: DaemonClient, run: Run, deadline_s: float) -> Run:
    try:
        async with asyncio.timeout(deadline_s):
            async for event in client.follow_run(run.id):
                if event.type is EventType.RUN_STATE and RunState(event.data["state"]) in RESTING_STATES:
                    break
    except TimeoutError:
        return await client.cancel_run(run.id)
    return await client.run(run.id)


def _searched(project: Project, planted: Plant, options: argparse.Namespace) -> Offer:
    found = search(project, planted, options.seed, options.deadline)
    texts = {} if found.text is None else {planted.fault.path: found.text}
    return Offer(found.seconds, texts, f"{found.tried} changes tried")


def _outcome(system: str, project: Project, planted: Plant, offer: Offer) -> Outcome:
    fault = planted.fault
    seconds = round(offer.seconds, 1)
    outcome = Outcome(system, planted.name, fault.operator, fault, seconds, bool(offer.texts), offer.said)
    if not offer.texts:
        return outcome
    verdict = judge(project, planted, offer.texts)
    return Outcome(
        **{
            **vars(outcome),
            "plausible": verdict.plausible,
            "identical": verdict.identical,
            "correct": verdict.correct,
            "held_failing": verdict.held_failing,
            "held_broken": verdict.held_broken,
        }
    )


def report(outcomes: Sequence[Outcome], options: argparse.Namespace) -> Report:
    """Tercet's figures, and the plain search's on the same plants."""
    ours = [each for each in outcomes if each.system == TERCET]
    theirs = [each for each in outcomes if each.system == BASELINE]
    by_operator = Counter(each.operator for each in ours)
    corrected = Counter(each.operator for each in ours if each.correct)
    notes = {
        "deadline_s": options.deadline,
        "seed": options.seed,
        "libraries": sorted({each.plant.partition("/")[0] for each in ours}),
        "correct_by_operator": {each: f"{corrected[each]} of {number}" for each, number in sorted(by_operator.items())},
        "plants": [asdict(each) for each in outcomes],
    }
    goals = {} if options.quick else GOALS
    return Report("planted", metrics(ours), {BASELINE: metrics(theirs)} if theirs else {}, goals, notes)


def metrics(outcomes: Sequence[Outcome]) -> dict[str, Number]:
    """`overfit`: passes what was shown and is not correct. `correct_unsure`: not identical, and no hidden test fails on
    the fault, so that those that pass prove little."""
    plausible = [each for each in outcomes if each.plausible]
    correct = [each for each in outcomes if each.correct]
    overfit = [each for each in plausible if not each.correct]
    seconds = [each.seconds for each in outcomes if each.proposed]
    return {
        "planted": len(outcomes),
        "proposed": sum(each.proposed for each in outcomes),
        "plausible": len(plausible),
        "correct": len(correct),
        "identical": sum(each.identical for each in outcomes),
        "correct_unsure": sum(not each.identical and not each.held_failing for each in correct),
        "overfit": len(overfit),
        "wrong_reported_done": sum(each.proposed and not each.plausible and not each.identical for each in outcomes),
        "plausible_pct": _percent(len(plausible), len(outcomes)),
        "correct_pct": _percent(len(correct), len(outcomes)),
        "identical_pct": _percent(sum(each.identical for each in outcomes), len(outcomes)),
        "overfit_pct": _percent(len(overfit), len(plausible)),
        "seconds_median": round(statistics.median(seconds), 1) if seconds else None,
        "seconds_max": max(seconds, default=None),
    }


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _line(outcome: Outcome) -> str:
    fault = outcome.fault
    verdict = "nothing proposed"
    if outcome.proposed:
        right = "identical" if outcome.identical else "correct" if outcome.correct else "OVERFIT"
        verdict = right if outcome.plausible or outcome.identical else "WRONG"
    place = f"{outcome.operator} at {fault.path}:{fault.line}"
    return f"{outcome.system:13} {outcome.plant:14} {outcome.seconds:5.1f} s  {verdict:16} {place}: {outcome.said}"


if __name__ == "__main__":
    sys.exit(main())
