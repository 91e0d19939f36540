"""The agents with a model of known skill on QuixBugs, beside aider on the same model and the same answers.

`python -m benchmarks.agents --quixbugs PATH --model-skill P [--no-repair] [--aider EXECUTABLE] [--seed N] [--sample N]
[--results FILE] [--json]`

The loopback vendor gives the right edit with probability P, else a wrong, damaged, off-format or empty answer, seeded.
`--sample N` takes N programs chosen by the seed alone. `--results FILE` keeps every outcome, so that a broken-off measurement
goes on where it stopped. `--aider` is aider's command line (0.86) in an environment of its own. Judge: the program's whole
test file.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
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
from benchmarks.agents_aider import Aider
from benchmarks.agents_vendor import Skilled, Tally
from benchmarks.report import Goal, Number, Report, say
from benchmarks.results import Results
from tests.doubles.vendor import Vendor

DEADLINE_S = 120.0
GRACE_S = 20.0
SETTINGS = """
[models]
coder = ["v/gpt-4o"]
rounds = 1
[budget]
run_usd = 100
day_usd = 100000
workspace_day_usd = 100000
run_tokens = 10000000
[providers.v]
kind = "openai_compatible"
endpoint = "{url}/v1"
"""


@dataclass(frozen=True)
class Outcome:
    """What a system made of one program. `done`: it says so. `left_wrong`: a changed program that fails is in the workspace."""

    system: str
    program: str
    done: bool
    solved: bool
    left_wrong: bool
    requests: int
    tokens: int
    seconds: float
    said: str = ""


def main() -> int:
    options = _options()
    names = quixbugs.programs(options.quixbugs)
    if options.sample:
        names = sorted(random.Random(options.seed).sample(names, min(options.sample, len(names))))
    if options.programs:
        names = [each for each in names if each in options.programs.split(",")]
    key = f"{options.model_skill:g}/{options.seed}"
    kept = Results(options.results, key, Outcome, lambda each: each.program)
    asyncio.run(_measure(options, names, kept))
    _report(options, names, kept).emit(as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quixbugs", type=Path, required=True, help="a clone of QuixBugs")
    parser.add_argument(
        "--model-skill", type=float, required=True, metavar="P", help="how often the model is right, 0 to 1"
    )
    parser.add_argument("--no-repair", action="store_true", help="without the proposers of repair by search")
    parser.add_argument("--aider", type=Path, metavar="EXECUTABLE", help="aider's command line")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=0, help="so many programs, chosen by the seed; 0: all")
    parser.add_argument("--programs", default="", help="these alone, separated by commas")
    parser.add_argument("--results", type=Path, help="a file that keeps outcomes between runs (JSON lines)")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _system(options: argparse.Namespace) -> str:
    return "tercet_without_repair" if options.no_repair else "tercet"


async def _measure(options: argparse.Namespace, names: Sequence[str], kept: Results[Outcome]) -> None:
    with tempfile.TemporaryDirectory(prefix="tq-") as folder:
        if missing := kept.missing(_system(options), names):
            await _measure_tercet(options, missing, kept, Path(folder))
        if options.aider and (missing := kept.missing("aider", names)):
            await asyncio.to_thread(_measure_aider, options, missing, kept, Path(folder) / "aider")


# -- tercet -----------------------------------------------------------------------------------------------------------


async def _measure_tercet(
    options: argparse.Namespace, names: Sequence[str], kept: Results[Outcome], folder: Path
) -> None:
    """One daemon of its own and one workspace for all programs; nothing is applied to that workspace."""
    model = Skilled(options.quixbugs, options.model_skill, options.seed)
    roots = [folder / "workspace", folder / "scratch"]
    for root in roots:
        root.mkdir()
        await asyncio.to_thread(quixbugs.make_workspace, options.quixbugs, root)
    interpreter = await asyncio.to_thread(quixbugs.make_environment, folder / "python")
    with Vendor(model) as vendor:
        config = folder / "config.toml"
        config.write_text(SETTINGS.format(url=vendor.url))
        proposers = "rules,model" if options.no_repair else "rules,repair,model"
        os.environ |= {
            "TERCET_HOME": str(folder / "home"),
            "TERCET_CONFIG": str(config),
            "TERCET_RUN_PROPOSERS": proposers,
        }
        async with DaemonClient(await ensure_daemon()) as client:
            try:
                request = WorkspaceRequest(root=str(roots[0]), trust=Trust.TRUSTED, interpreter=str(interpreter))
                workspace = (await client.register_workspace(request)).id
                for name in names:
                    outcome = await _repair(client, workspace, name, model, roots[1], _system(options))
                    kept.add(outcome)
                    say(_line(outcome))
            finally:
                with suppress(TercetError):
                    await client.shutdown()


async def _repair(
    client: DaemonClient, workspace: WorkspaceId, name: str, model: Skilled, scratch: Path, system: str
) -> Outcome:
    request = RunRequest(
        workspace_id=workspace,
        intent=Intent.FIX,
        target=Target(tests=[quixbugs.test_file(name)]),
        deadline_s=DEADLINE_S,
    )
    started = time.monotonic()
    run = await _rested(client, await client.start_run(request))
    seconds = time.monotonic() - started
    tally = model.tallies[name]
    if run.state is not RunState.PROPOSED or run.proposal_id is None:
        said = run.problem.sentence if run.problem else (run.answer or "")
        return _outcome(system, name, tally, seconds, done=False, passes=False, changed=False, said=said)
    proposal = await client.proposal(run.proposal_id)
    await client.discard(run.proposal_id)
    passes = await asyncio.to_thread(_passes_with, scratch, name, proposal.change_set)
    done = proposal.evidence.verified
    return _outcome(system, name, tally, seconds, done=done, passes=passes, changed=True, said=proposal.title)


async def _rested(client: DaemonClient, run: Run) -> Run:
    try:
        async with asyncio.timeout(DEADLINE_S + GRACE_S):
            async for event in client.follow_run(run.id):
                if event.type is EventType.RUN_STATE and RunState(event.data["state"]) in RESTING_STATES:
                    break
    except TimeoutError:
        return await client.cancel_run(run.id)
    return await client.run(run.id)


def _passes_with(scratch: Path, name: str, change_set: ChangeSet) -> bool:
    before = {edit.path: (scratch / edit.path).read_text("utf-8") for edit in change_set.files}
    try:
        for edit in change_set.files:
            (scratch / edit.path).write_text(apply_edits(before[edit.path], edit.edits), "utf-8")
        return _passes(scratch, name)
    finally:
        for path, text in before.items():
            (scratch / path).write_text(text, "utf-8")


# -- aider ------------------------------------------------------------------------------------------------------------


def _measure_aider(options: argparse.Namespace, names: Sequence[str], kept: Results[Outcome], folder: Path) -> None:
    model = Skilled(options.quixbugs, options.model_skill, options.seed)
    workspace, home = folder / "workspace", folder / "home"
    home.mkdir(parents=True)
    workspace.mkdir()
    quixbugs.make_workspace(options.quixbugs, workspace)
    with Vendor(model) as vendor:
        aider = Aider(options.aider.absolute(), vendor.url, workspace, home)
        for name in names:
            with _put_back(workspace) as changed:
                seconds, done = aider.repair(name)
                passes = _passes(workspace, name)
                outcome = _outcome(
                    "aider", name, model.tallies[name], seconds, done=done, passes=passes, changed=changed()
                )
            kept.add(outcome)
            say(_line(outcome))


class _put_back:  # noqa: N801  # reads as the verb that it is
    """Whatever aider has changed in the workspace is put back afterwards; gives a question whether anything is changed."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._before = self._texts()

    def __enter__(self) -> Callable[[], bool]:
        return lambda: self._texts() != self._before

    def __exit__(self, *_: object) -> None:
        for path, data in self._texts().items():
            if path not in self._before:
                path.unlink()
            elif data != self._before[path]:
                path.write_bytes(self._before[path])

    def _texts(self) -> dict[Path, bytes]:
        folders = ("python_programs", "python_testcases", "json_testcases")
        files = (each for folder in folders for each in (self._workspace / folder).rglob("*"))
        return {each: each.read_bytes() for each in files if each.is_file() and "__pycache__" not in each.parts}


# -- judging and reporting ------------------------------------------------------------------------------------------------


def _passes(root: Path, name: str) -> bool:
    outcomes = quixbugs.run_tests(root, name)
    return bool(outcomes) and all(outcomes.values())


def _outcome(
    system: str, name: str, tally: Tally, seconds: float, *, done: bool, passes: bool, changed: bool, said: str = ""
) -> Outcome:
    return Outcome(
        system=system,
        program=name,
        done=done and changed,
        solved=passes and changed,
        left_wrong=changed and not passes,
        requests=tally.requests,
        tokens=tally.tokens,
        seconds=round(seconds, 2),
        said=said[:200],
    )


def _report(options: argparse.Namespace, names: Sequence[str], kept: Results[Outcome]) -> Report:
    by_system = {
        system: [each for each in kept.outcomes.values() if each.system == system and each.program in names]
        for system in ("tercet", "tercet_without_repair", "aider")
    }
    own = _system(options)
    peers = {system: _figures(each) for system, each in by_system.items() if each and system != own}
    goals: dict[str, Goal] = {"wrong_reported_done": ("<=", 0)}
    if "aider" in peers and not kept.missing("aider", names):
        goals["solved"] = (">=", float(peers["aider"]["solved"] or 0))
        goals["tokens"] = ("<=", float(peers["aider"]["tokens"] or 0))
    notes = {
        "skill": options.model_skill,
        "seed": options.seed,
        "repair": not options.no_repair,
        "tokens": "bytes/4 of all messages, tools and answers, as the vendor saw them",
        "outcomes": [asdict(each) for each in by_system[own]],
    }
    return Report("agents", _figures(by_system[own]), peers, goals, notes)


def _figures(outcomes: Sequence[Outcome]) -> Mapping[str, Number]:
    return {
        "programs": len(outcomes),
        "solved": sum(each.solved for each in outcomes),
        "wrong_reported_done": sum(each.done and not each.solved for each in outcomes),
        "left_wrong": sum(each.left_wrong for each in outcomes),
        "tokens": sum(each.tokens for each in outcomes),
        "requests": sum(each.requests for each in outcomes),
        "seconds": round(sum(each.seconds for each in outcomes), 1),
    }


def _line(outcome: Outcome) -> str:
    verdict = "solved" if outcome.solved else "LEFT WRONG" if outcome.left_wrong else "not solved"
    told = "done" if outcome.done else "not done"
    counts = f"{outcome.requests} requests, {outcome.tokens:,} tokens, {outcome.seconds:.1f} s"
    return f"{outcome.system:22} {outcome.program:28} {verdict:10} ({told}) {counts} {outcome.said[:70]}"


if __name__ == "__main__":
    sys.exit(main())
