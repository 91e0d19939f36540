"""The language server as an editor feels it: its start, its answers with 500 findings open, and what typing shows when.

`python -m benchmarks.lsp [--json] [--quick]`
"""

import argparse
import asyncio
import hashlib
import importlib.util
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from tercet_shared.client import DaemonClient
from tercet_shared.discovery import ensure_daemon, read_record

from benchmarks.lsp_indexing import LIGHT_BULB, MENU, code_actions_while_indexing, write_tree
from benchmarks.lsp_process import ServerProcess
from benchmarks.report import Goal, Number, Report, say

FINDINGS = 500
BARE_PYGLS = 'from pygls.lsp.server import LanguageServer\nLanguageServer("bare", "1").start_io()\n'

GOALS: dict[str, Goal] = {
    "initialize_ms_median": ("<=", 300.0),
    "initialize_ratio_to_bare_pygls": ("<=", 1.2),
    "rss_mb": ("<=", 80.0),
    "daemon_health_ms_median": ("<=", 1500.0),
    "code_action_ms_p95": ("<=", 20.0),
    "code_action_menu_ms_p95": ("<=", 20.0),
    "code_action_while_indexing_ms_p95": ("<=", 20.0),
    "resolve_ms_p95": ("<=", 20.0),
    "burst_text_equal": (">=", 1.0),
}


@dataclass(frozen=True)
class Samples:
    """How often each thing is measured."""

    starts: int = 10
    daemons: int = 5
    answers: int = 100
    edits: int = 20
    cancels: int = 5
    burst: int = 500
    tree_lines: int = 500_000


QUICK = Samples(starts=2, daemons=1, answers=10, edits=2, cancels=1, burst=50, tree_lines=20_000)


@dataclass(frozen=True)
class Bench:
    """A folder for everything that a run leaves behind, and the environment of what it starts."""

    folder: Path
    samples: Samples
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "TERCET_HOME": str(self.folder / "home")}


def main() -> int:
    options = _options()
    samples = QUICK if options.quick else Samples()
    with tempfile.TemporaryDirectory(prefix="tb-", ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder), samples)
        os.environ["TERCET_HOME"] = bench.environment["TERCET_HOME"]
        try:
            report = _measure(bench)
        finally:
            _end_daemon()
    report.emit(as_json=options.json)
    return 0


def _measure(bench: Bench) -> Report:
    peers = _peers(bench)
    metrics: dict[str, Number] = {}
    say("starts of the daemon")
    metrics["daemon_health_ms_median"] = statistics.median(_daemon_start(bench) for _ in range(bench.samples.daemons))
    asyncio.run(ensure_daemon())
    say("starts of the language servers, taking turns")
    started = _starts({"tercet": _tercet(), **peers}, bench)
    metrics["initialize_ms_median"] = started["tercet"]
    metrics["initialize_ratio_to_bare_pygls"] = started["tercet"] / started["bare_pygls"]
    answers = {
        name: _answers(command, bench, bench.notes, name) for name, command in peers.items() if name != "bare_pygls"
    }
    metrics |= _answers(_tercet(), bench, bench.notes, "tercet")
    metrics |= _burst(bench) | _cancels(bench) | _indexing(bench)
    figures = {name: {"initialize_ms_median": started[name], **answers.get(name, {})} for name in peers}
    return Report("lsp", metrics, figures, GOALS, bench.notes)


# -- what is compared -----------------------------------------------------------------------------------------------------


def _tercet() -> list[str]:
    return [str(Path(sys.executable).with_name("tercet-lsp"))]


def _peers(bench: Bench) -> dict[str, list[str]]:
    script = bench.folder / "bare_pygls.py"
    script.write_text(BARE_PYGLS)
    found = {"bare_pygls": [sys.executable, str(script)]}
    if importlib.util.find_spec("pylsp"):
        found["pylsp"] = [sys.executable, "-m", "pylsp"]
    else:
        say("peer pylsp is left out: `.venv/bin/python -m pip install python-lsp-server[all]` gets it")
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if ruff:
        found["ruff"] = [ruff, "server"]
    else:
        say("peer ruff is left out: `.venv/bin/python -m pip install ruff` gets it")
    return found


# -- starts -----------------------------------------------------------------------------------------------------------------


def _starts(commands: Mapping[str, list[str]], bench: Bench) -> dict[str, float]:
    """Median milliseconds from process start to the answer to `initialize`; a first, cold start of each is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    root = _project(bench, "starts", "x = 1\n")
    for round_ in range(bench.samples.starts + 1):
        for name, command in commands.items():
            with ServerProcess(command, bench.environment, root) as server:
                milliseconds = server.initialize()
            if round_:
                taken[name].append(milliseconds)
    return {name: statistics.median(each) for name, each in taken.items()}


def _daemon_start(bench: Bench) -> float:
    _end_daemon()
    shutil.rmtree(bench.environment["TERCET_HOME"], ignore_errors=True)
    started = time.perf_counter()
    asyncio.run(ensure_daemon())
    return (time.perf_counter() - started) * 1000


def _end_daemon() -> None:
    record = read_record()
    if record is not None:
        with suppress(psutil.NoSuchProcess):
            daemon = psutil.Process(record.pid)
            daemon.terminate()
            daemon.wait(15)


# -- answers and diagnostics ------------------------------------------------------------------------------------------------


def _answers(command: list[str], bench: Bench, notes: dict[str, str], name: str) -> dict[str, Number]:
    """Latencies with 500 findings open, and from a keystroke to the diagnostic that it causes."""
    say(f"answers of {name}")
    text = "".join(f'value_{number} = f"text"\n' for number in range(FINDINGS))
    root = _project(bench, f"answers_{name}", text)
    with ServerProcess(command, bench.environment, root) as server:
        document = _Document.opened(server, root / "module.py")
        metrics: dict[str, Number] = {"rss_initialize_mb": server.rss_mb()}
        try:
            server.await_notice(
                document.opened_at, lambda method, params: len(_items(method, params, document)) >= FINDINGS
            )
        except TimeoutError:
            notes[name] = f"it does not show the {FINDINGS} findings"
        metrics |= _listings(document, bench.samples.answers)
        metrics |= {"rss_mb": server.rss_mb()}
        metrics["syntax_diagnostic_ms_p95"] = _typed(document, "broken = (", bench.samples.edits)
        metrics["lint_diagnostic_ms_p95"] = _typed(document, "import unused_module", bench.samples.edits)
    return metrics


@dataclass
class _Document:
    """An open document of one server."""

    server: ServerProcess
    path: Path
    opened_at: float
    text: str
    version: int = 1

    @classmethod
    def opened(cls, server: ServerProcess, path: Path) -> "_Document":
        server.initialize({"trust": "trusted"} if "tercet" in str(server.command) else None)
        server.tell("initialized", {})
        text = path.read_text()
        item = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        return cls(server, path, server.tell("textDocument/didOpen", {"textDocument": item}), text)

    @property
    def identifier(self) -> dict[str, Any]:
        return {"uri": self.path.as_uri()}

    def insert(self, line: int, character: int, new: str, remove: int = 0) -> float:
        """Inserts text and removes `remove` whole lines; the moment when it was told."""
        self.version += 1
        lines = [
            f"{each}\n" for each in self.text.removesuffix("\n").split("\n")
        ]  # str.splitlines splits at form feeds
        if remove:
            del lines[line : line + remove]
        elif line < len(lines):
            lines[line] = lines[line][:character] + new + lines[line][character:]
        else:
            lines.append(new)
        self.text = "".join(lines)
        start, end = {"line": line, "character": character}, {"line": line + remove, "character": character}
        edit = {"range": {"start": start, "end": end}, "text": new}
        identifier = {**self.identifier, "version": self.version}
        return self.server.tell("textDocument/didChange", {"textDocument": identifier, "contentChanges": [edit]})


def _listings(document: _Document, count: int) -> dict[str, Number]:
    server, lists, menus, resolves, hovers = document.server, [], [], [], []
    for number in range(count):
        position = {"line": number * 37 % FINDINGS, "character": 14}
        place = {"start": {**position, "character": 0}, "end": {**position, "character": 20}}
        context = {"diagnostics": _shown_at(document, position["line"]), "triggerKind": LIGHT_BULB}
        asked = {"textDocument": document.identifier, "range": place, "context": context}
        milliseconds, actions = server.ask("textDocument/codeAction", asked)
        lists.append(milliseconds)
        menus.append(server.ask("textDocument/codeAction", {**asked, "context": {**context, "triggerKind": MENU}})[0])
        lazy = [each for each in actions or [] if "data" in each and "edit" not in each and "command" not in each]
        resolves += [server.ask("codeAction/resolve", each)[0] for each in lazy[:1]]
        hovers.append(server.ask("textDocument/hover", {"textDocument": document.identifier, "position": position})[0])
    return {
        "code_action_ms_p50": statistics.median(lists),
        "code_action_ms_p95": _p95(lists),
        "code_action_menu_ms_p50": statistics.median(menus),
        "code_action_menu_ms_p95": _p95(menus),
        "resolve_ms_p50": statistics.median(resolves) if resolves else None,
        "resolve_ms_p95": _p95(resolves),
        "hover_ms_p95": _p95(hovers),
    }


def _typed(document: _Document, line: str, count: int) -> Number:
    """From a change to the diagnostic at its line. The line is taken away again each time."""
    taken = []
    for _ in range(count):
        told = document.insert(0, 0, f"{line}\n")
        try:
            taken.append(
                document.server.await_notice(told, lambda method, params: _is_at(method, params, document, 0), 20)
            )
        except TimeoutError:
            return None
        finally:
            gone = document.insert(0, 0, "", remove=1)
        with suppress(TimeoutError):
            document.server.await_notice(gone, lambda method, params: bool(_items(method, params, document)), 5)
    return _p95(taken)


def _items(method: str, params: Any, document: _Document) -> list[Any]:
    if method != "textDocument/publishDiagnostics" or params["uri"] != document.path.as_uri():
        return []
    if params.get("version") not in (None, document.version):
        return []
    items: list[Any] = params["diagnostics"]
    return items


def _is_at(method: str, params: Any, document: _Document, line: int) -> bool:
    """A new diagnostic at that line: the lines that are always there complain of missing placeholders."""
    found = _items(method, params, document)
    return any(each["range"]["start"]["line"] == line and each.get("code") != "F541" for each in found)


def _shown_at(document: _Document, line: int) -> list[Any]:
    """As an editor does, with the diagnostics at the place."""
    published = (_items(method, params, document) for _, method, params in reversed(document.server.notices))
    shown = next((items for items in published if items), [])
    return [each for each in shown if each["range"]["start"]["line"] == line]


# -- typing and cancelling --------------------------------------------------------------------------------------------------


def _burst(bench: Bench) -> dict[str, Number]:
    """Whether the daemon has the editor's very text after a burst of edits: a finding names the text that it was made for."""
    say("a burst of edits")
    randomly = random.Random(7)
    root = _project(bench, "burst", 'first = f"text"\n' + "# 😀 \x0c line\n" * 50)
    with ServerProcess(_tercet(), bench.environment, root) as server:
        document = _Document.opened(server, root / "module.py")
        server.await_notice(document.opened_at, lambda method, params: bool(_items(method, params, document)))
        for _ in range(bench.samples.burst):
            document.insert(randomly.randrange(1, 40), 0, randomly.choice(["# a", "# 😀", "# b\n", "# \x0c"]))
        last = document.insert(1, 0, "#\n")
        server.await_notice(last, lambda method, params: bool(_items(method, params, document)))
        expected = hashlib.sha256(document.text.encode()).hexdigest()
        return {"burst_text_equal": int(expected in asyncio.run(_hashes(root)))}


async def _hashes(root: Path) -> set[str]:
    async with DaemonClient(await ensure_daemon()) as client:
        workspace = next(each for each in await client.workspaces() if each.root == str(root))
        files = await client.findings(workspace.id, "module.py")
        return {finding.text_sha256 for file in files for finding in file.findings}


def _cancels(bench: Bench) -> dict[str, Number]:
    """From the user's cancel to the end of the progress, while a test hangs."""
    say("cancelling runs")
    root = _project(bench, "cancel", "x = 1\n")
    (root / "test_hang.py").write_text("import time\n\n\ndef test_hang():\n    time.sleep(600)\n")
    with ServerProcess(_tercet(), bench.environment, root) as server:
        _Document.opened(server, root / "module.py")
        return {"cancel_ms_p95": _p95([_cancelled(server) for _ in range(bench.samples.cancels)])}


def _cancelled(server: ServerProcess) -> float:
    since = time.perf_counter()
    _, started = server.ask("workspace/executeCommand", {"command": "tercet.fix", "arguments": [{}]})
    run = started["run"]

    def reports(kind: str) -> Any:
        return lambda method, params: (
            method == "$/progress" and run in str(params["token"]) and params["value"]["kind"] == kind
        )

    server.await_notice(since, lambda method, params: reports("report")(method, params) and _runs_tests(params))
    asked = time.perf_counter()
    server.ask("workspace/executeCommand", {"command": "tercet.cancel", "arguments": [{"run": run}]})
    return server.await_notice(asked, reports("end"))


def _runs_tests(params: Any) -> bool:
    return "running" in params["value"].get("message", "")


def _indexing(bench: Bench) -> dict[str, Number]:
    say(f"code actions while {bench.samples.tree_lines:,} lines are indexed")
    text = "".join(f'value_{number} = f"text"\n' for number in range(FINDINGS))
    root = _project(bench, "large", text)
    write_tree(root, bench.samples.tree_lines)
    with ServerProcess(_tercet(), bench.environment, root) as server:
        server.initialize({"trust": "trusted"})
        server.tell("initialized", {})
        return code_actions_while_indexing(server, (root / "module.py").as_uri(), text)


# -- parts ------------------------------------------------------------------------------------------------------------------


def _project(bench: Bench, name: str, text: str) -> Path:
    root = bench.folder / name
    root.mkdir()
    (root / "module.py").write_text(text)
    (root / "pyproject.toml").write_text('[project]\nname = "measured"\nversion = "1"\n')
    return root.resolve()


def _p95(values: list[float]) -> Number:
    if not values:
        return None
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lsp", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="a small sample")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
