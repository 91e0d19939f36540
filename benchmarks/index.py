"""The index of a large tree: first build, memory, size on disk, one-file updates, opening again; beside ctags and aider's map.

`python -m benchmarks.index PATH [--json] [--quick] [--aider PYTHON]`. PATH is only read. PYTHON is the interpreter of an
environment in which aider-chat is installed. `--quick` takes the first thousand lines' worth of files for a trial.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.report import Goal, Number, Report, say

GOALS: dict[str, Goal] = {
    "seconds_per_mloc": ("<=", 12.0),
    "rss_mb": ("<=", 400.0),
    "update_ms_median": ("<=", 50.0),
    "reopen_ms": ("<=", 200.0),
}
PEER_S = 900
QUICK_FILES = 60

MB = 1_000_000


@dataclass(frozen=True)
class Measured:
    """One process and its children, to its end. `answer` is the JSON object that it printed, if any."""

    seconds: float
    rss_mb: float
    answer: dict[str, Any]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tercet-index-") as name:
        scratch = Path(name)
        root = _sample(options.path, scratch / "tree") if options.quick else options.path.resolve()
        metrics, lines = _tercet(root, scratch)
        peers = _peers(root, scratch, lines, options.aider)
    goals = {} if options.quick else GOALS
    Report("index", metrics, peers=peers, goals=goals, notes={"path": str(options.path)}).emit(as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index", description=__doc__)
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_FILES} files only")
    parser.add_argument("--aider", type=Path, metavar="PYTHON", help="of an environment with aider-chat")
    return parser.parse_args()


def _sample(path: Path, target: Path) -> Path:
    target.mkdir()
    found = sorted(each for each in path.rglob("*.py") if each.is_file())[:QUICK_FILES]
    for number, each in enumerate(found):
        shutil.copyfile(each, target / f"{number:03}_{each.name}")
    return target


def _tercet(root: Path, scratch: Path) -> tuple[dict[str, Number], int]:
    steps = {}
    for step in ("build", "update", "reopen"):
        steps[step] = _measured(
            [sys.executable, "-m", "benchmarks.index_process", step, str(root), str(scratch / "cache")]
        )
        say(f"{step}: {steps[step].seconds:.1f} s, {steps[step].rss_mb:.0f} MB, {steps[step].answer}")
    built, updated, reopened = (steps[step].answer for step in ("build", "update", "reopen"))
    lines = int(built["lines"])
    metrics: dict[str, Number] = {
        "lines": lines,
        "files": built["files"],
        "documents": built["documents"],
        "seconds_per_mloc": round(built["seconds"] / lines * 1e6, 2),
        "cpu_seconds_per_mloc": round(built["cpu_seconds"] / lines * 1e6, 2),
        "rss_mb": round(steps["build"].rss_mb, 1),
        "index_mb": round(built["size_bytes"] / MB, 1),
        "update_ms_median": round(updated["update_ms_median"], 1),
        "update_ms_p95": round(updated["update_ms_p95"], 1),
        "reopen_ms": round(reopened["reopen_ms"], 1),
        "rescan_ms": round(reopened["rescan_ms"], 1),
    }
    return metrics, lines


def _peers(root: Path, scratch: Path, lines: int, aider: Path | None) -> dict[str, dict[str, Number]]:
    peers: dict[str, dict[str, Number]] = {}
    if (ctags := shutil.which("ctags")) and "Universal Ctags" in _said([ctags, "--version"]):
        tags = scratch / "tags"
        run = _measured([ctags, "-R", "--fields=+n", "--extras=+r", "-f", str(tags), str(root)])
        peers["ctags"] = _peer(run, lines, tags.stat().st_size)
    else:
        say("ctags is left out: install universal-ctags (apt-get install universal-ctags)")
    if aider is not None:
        cache = scratch / "aider"
        script = Path(__file__).with_name("index_aider.py")
        run = _measured([str(aider), str(script), str(root), str(cache)])
        if "files" in run.answer:
            peers["aider"] = _peer(run, lines, sum(each.stat().st_size for each in cache.rglob("*") if each.is_file()))
    if "aider" not in peers:
        say("aider is left out: install aider-chat in an environment of its own and name its Python with --aider")
    return peers


def _peer(run: Measured, lines: int, size_bytes: int) -> dict[str, Number]:
    seconds = run.answer.get("seconds", run.seconds)
    return {
        "seconds_per_mloc": round(seconds / lines * 1e6, 2),
        "rss_mb": round(run.rss_mb, 1),
        "index_mb": round(size_bytes / MB, 1),
    }


def _measured(command: Sequence[str]) -> Measured:
    """Runs it with its whole tree's memory watched (twenty looks a second)."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.05):
            peak = max(peak, _tree_rss(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        output, _ = process.communicate(timeout=PEER_S)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        say(f"{command[0]} took longer than {PEER_S} s and was ended")
    finally:
        ended.set()
        watcher.join()
    seconds = time.monotonic() - started
    lines = output.strip().splitlines()
    answer = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Measured(seconds, peak / MB, answer)


def _tree_rss(pid: int) -> int:
    total = 0
    try:
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            try:
                total += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    except psutil.NoSuchProcess:
        return 0
    return total


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main())
