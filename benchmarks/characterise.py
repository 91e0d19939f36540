"""Characterisation tests of three modules of a real library, from none: what they cover, and which of mutmut's mutants they kill.

`python -m benchmarks.characterise [--json] [--quick] [--mutants N] [--seed S] [--deadline SECONDS]`

The library and its modules are fixed. Its package alone is the workspace: no test of its own can be seen. The judge is a fresh
interpreter with coverage, pytest-randomly and mutmut 2, which knows nothing of Tercet.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tercet_server.checks import PytestTests
from tercet_server.config import SandboxSettings
from tercet_server.edits import apply_edits
from tercet_server.ports import ProposerTask, TestReport
from tercet_server.proposers import CharacteriseProposer
from tercet_server.sandbox import choose
from tercet_shared.ids import WorkspaceId
from tercet_shared.runs import Intent, PlanStep, Progress, Target
from tercet_shared.workspaces import Interpreter, Trust, Workspace

from benchmarks.report import Goal, Report, say
from tests.doubles.folder_copy import FolderCopy

LIBRARY, PACKAGE = "boltons==25.0.0", "boltons"
MODULES = ("boltons/iterutils.py", "boltons/strutils.py", "boltons/mathutils.py")
JUDGE = ("pytest==8.4.2", "coverage==7.11.0", "pytest-randomly==4.0.1", "mutmut==2.5.1")

GOALS: dict[str, Goal] = {
    "coverage_pct_min": (">=", 70),
    "orders_passed_min": (">=", 10),
    "killed_pct_min": (">=", 50),
}


@dataclass(frozen=True)
class Outcome:
    module: str
    seconds: float
    title: str = ""
    lines: int = 0
    covered: int = 0
    orders_passed: int = 0
    mutants: int = 0
    killed: int = 0

    @property
    def coverage_pct(self) -> float:
        return round(100 * self.covered / self.lines, 1) if self.lines else 0.0

    @property
    def killed_pct(self) -> float:
        return round(100 * self.killed / self.mutants, 1) if self.mutants else 0.0


def main() -> int:
    options = _options()
    modules = MODULES[-1:] if options.quick else MODULES
    with tempfile.TemporaryDirectory(prefix="tc-") as folder:
        outcomes = asyncio.run(_measure(Path(folder), modules, options))
    _report(outcomes, options).emit(as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.characterise", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one module only")
    parser.add_argument("--mutants", type=int, default=150, help="of each module, a sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deadline", type=float, default=120.0, metavar="SECONDS", help="for each module")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to keep the tests that were written")
    return parser.parse_args()


async def _measure(folder: Path, modules: tuple[str, ...], options: argparse.Namespace) -> list[Outcome]:
    workspace, python = await asyncio.to_thread(_prepare, folder)
    outcomes = []
    for number, module in enumerate(modules):
        started = time.monotonic()
        written = await _characterise(workspace, folder / f"copy{number}", python, module, options.deadline)
        seconds = round(time.monotonic() - started, 1)
        outcome = Outcome(module, seconds)
        if written is not None:
            outcome = await asyncio.to_thread(_judge, folder, python, outcome, written, options)
        outcomes.append(outcome)
        say(f"{module}: {outcome.coverage_pct} % covered, {outcome.killed_pct} % killed, {seconds} s. {outcome.title}")
    return outcomes


def _prepare(folder: Path) -> tuple[Path, str]:
    """The workspace with the package alone, and an interpreter with the judge's tools."""
    python = folder / "python/bin/python"
    subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", *JUDGE], check=True)
    target = folder / "library"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--target", target, LIBRARY], check=True)
    workspace = folder / "workspace"
    shutil.copytree(target / PACKAGE, workspace / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    return workspace, str(python)


async def _characterise(
    workspace: Path, root: Path, python: str, module: str, deadline_s: float
) -> tuple[str, str, str] | None:
    """Title, path and text of what was written."""
    copy = FolderCopy(workspace, root)
    interpreter = Interpreter(path=python, source="benchmark")
    sandbox = await choose(SandboxSettings(minimum="none"))

    async def progress(told: Progress) -> None:
        say(told.message)

    async with PytestTests(sandbox).session(copy, interpreter, 1) as session:
        task = ProposerTask(
            workspace=Workspace(id=WorkspaceId("w"), root=str(workspace), name=PACKAGE, trust=Trust.TRUSTED),
            copy=copy,
            interpreter=interpreter,
            step=PlanStep(id="1", title="test"),
            baseline=TestReport({}),
            tests=session,
            deadline_s=deadline_s,
            per_test_s=10.0,
            intent=Intent.TEST,
            target=Target(path=module),
        )
        async for candidate in CharacteriseProposer().propose(task, progress):
            (edit,) = candidate.change_set.files
            return candidate.title, edit.path, apply_edits("", edit.edits)
    return None


def _judge(
    folder: Path, python: str, outcome: Outcome, written: tuple[str, str, str], options: argparse.Namespace
) -> Outcome:
    title, path, text = written
    scratch = folder / f"judged-{Path(outcome.module).stem}"
    shutil.copytree(folder / "workspace", scratch)
    (scratch / path).parent.mkdir(exist_ok=True)
    (scratch / path).write_text(text, "utf-8")
    if options.keep:
        options.keep.mkdir(exist_ok=True)
        (options.keep / Path(path).name).write_text(text, "utf-8")
    judge = str(Path(__file__).with_name("characterise_judge.py"))
    command = [python, judge, str(scratch), outcome.module, path, str(options.mutants), str(options.seed)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(said.stdout.strip().splitlines()[-1])
    return Outcome(outcome.module, outcome.seconds, title, **told)


def _report(outcomes: list[Outcome], options: argparse.Namespace) -> Report:
    metrics = {
        "modules": len(outcomes),
        "coverage_pct_min": min(each.coverage_pct for each in outcomes),
        "orders_passed_min": min(each.orders_passed for each in outcomes),
        "mutants": sum(each.mutants for each in outcomes),
        "killed_pct_min": min(each.killed_pct for each in outcomes),
        "seconds_median": statistics.median(each.seconds for each in outcomes),
    }
    notes = {"library": LIBRARY, "deadline_s": options.deadline, "modules": [asdict(each) for each in outcomes]}
    return Report("characterise", metrics, goals={} if options.quick else GOALS, notes=notes)


if __name__ == "__main__":
    sys.exit(main())
