"""The process that explores: pytest configured, nothing of the module imported; forks one process that finds cases, and one
for each mutant that repeats them.

Messages: case, note, names (what the module defines), problem, mutant (which cases come out differently), explored.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from .. import failures, replaced, trial
from ..channel import Message, Sender
from ..output import Tail
from ..places import Places
from ..recorder import Recorder
from ..warming import Warmth
from . import clock
from .cases import Case, Runner
from .guard import Guard
from .search import Search
from .subjects import subjects_of

SEARCH_SHARE = 0.5
"""Of the time that finding cases may take; the rest is for the mutants."""

MOST_CASES = 800
MUTANT_S = 6.0
REPEATED_CALL_S = 1.0
AFRESH_S = 60.0

_AGAIN = """
import importlib.util, json, os, sys
folder, order = sys.argv[1], json.load(sys.stdin)
sys.path[:] = order["import_paths"]
spec = importlib.util.spec_from_file_location(
    "_tercet_driver", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
)
package = importlib.util.module_from_spec(spec)
sys.modules["_tercet_driver"] = package
spec.loader.exec_module(package)
importlib.import_module("_tercet_driver.exploring.explorer").repeat_afresh(order)
"""


class Explorer(Recorder):
    """A recorder that collects nothing: when it is time to, it explores, and ends the process."""

    def __init__(self, sender: Sender, places: Places, tail: Tail, request: Message, warmth: Warmth) -> None:
        super().__init__(sender, places, tail, {"tests": []}, warmth.plugins)
        self._order: dict[str, Any] = request["explore"]
        self._ends_at = time.monotonic() + float(request["deadline_s"])
        self._compiled = warmth.compiled

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> NoReturn:
        try:
            self._explore()
        except BaseException as error:  # noqa: BLE001  # the edge of the process
            self._sender.send({"kind": "problem", "message": failures.summary(error)})
        self._sender.send({"kind": "explored"})
        os._exit(0)

    def _explore(self) -> None:
        path = os.path.join(self._places.root, str(self._order["path"]))
        with open(path, encoding="utf-8") as file:
            text = file.read()
        search_s = (self._ends_at - time.monotonic()) * SEARCH_SHARE
        messages = list(_forked(lambda send: self._search(path, text, send), search_s + 10))
        cases = [each for each in messages if each["kind"] == "case"]
        name = next((each["module"] for each in messages if each["kind"] == "names"), "")
        steady = self._steady_afresh(name, path, cases) if cases else set()
        for number, each in enumerate(cases):
            each["number"] = number
        for each in messages:
            if each["kind"] != "case" or each["number"] in steady:
                self._sender.send(each)
        self._mutants([each for each in cases if each["number"] in steady], name, path, text)

    def _search(self, path: str, text: str, send: Any) -> None:
        module = _import(self._order["modules"], path)
        send(
            {
                "kind": "names",
                "module": module.__name__,
                "names": [each for each in vars(module) if not each.startswith("__")],
            }
        )
        runner = Runner(module, Guard(), module.__file__ or path)
        search = Search(runner, module.__file__ or path, text, self._order.get("examples", {}))
        subjects = subjects_of(module, list(self._order.get("subjects", ())), search.instances)
        ends_at = time.monotonic() + (self._ends_at - time.monotonic()) * SEARCH_SHARE
        count = 0
        for place, subject in enumerate(subjects):
            share = (ends_at - time.monotonic()) / (len(subjects) - place)
            for case in search.cases(subject, time.monotonic() + share):
                send({"kind": "case", **case})
                count += 1
                if count == MOST_CASES:
                    break
        for note in search.notes:
            send({**note, "kind": "note"})

    # -- what stays the same

    def _steady_afresh(self, module: str, path: str, cases: list[Message]) -> set[int]:
        """The cases that come out the same in a new interpreter with other hashes: places in `cases`."""
        order = {"import_paths": sys.path, "module": module, "path": path, "cases": cases}
        command = [sys.executable, "-c", _AGAIN, os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
        environment = {**os.environ, "PYTHONHASHSEED": "20110", "TZ": "Pacific/Chatham"}
        try:
            done = subprocess.run(  # our own program, in the sandbox
                command, input=json.dumps(order).encode("ascii"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=environment, timeout=AFRESH_S, check=False,
            )  # fmt: skip
            return set(json.loads(done.stdout.decode("ascii").splitlines()[-1]))
        except (OSError, subprocess.SubprocessError, ValueError, IndexError, TypeError):
            return set()

    # -- mutants

    def _mutants(self, cases: list[Message], name: str, path: str, text: str) -> None:
        if not cases:
            return
        relative = str(self._order["path"])
        importlib.import_module(name)  # with all that it needs, which the mutants then share
        gc.collect()
        gc.freeze()
        for number, (start, end, replacement, first, last) in enumerate(self._order.get("mutants", ())):
            if time.monotonic() >= self._ends_at - 1:
                return
            reaching = [each for each in cases if any(first <= line <= last for line in each["lines"])]
            mutated = text[:start] + replacement + text[end:]
            killing = self._killing(reaching, name, path, {relative: mutated}) if reaching else []
            self._sender.send({"kind": "mutant", "number": number, "cases": killing})

    def _killing(self, cases: list[Message], name: str, path: str, texts: dict[str, str]) -> list[int]:
        """Which cases come out differently; all of them where the mutant cannot even be imported."""

        def work(send: Any) -> None:
            replaced.install(self._places, texts, self._compiled)
            sys.modules.pop(name, None)
            try:
                module = importlib.import_module(name)
            except Exception:  # noqa: BLE001  # foreign code
                send({"cases": [each["number"] for each in cases]})
                return
            runner = Runner(module, Guard(), module.__file__ or path)
            for each in cases:
                send({"tried": each["number"]})
                if not _same(runner.outcome(Case.of_json(each)), each["outcome"]):
                    send({"cases": [each["number"]]})
            send({"done": True})

        messages = list(_forked(work, MUTANT_S))
        killing = [number for each in messages for number in each.get("cases", ())]
        if not any(each.get("done") for each in messages) and messages and "tried" in messages[-1]:
            killing.append(messages[-1]["tried"])  # it hung or crashed in this one
        return killing


def repeat_afresh(order: dict[str, Any]) -> None:
    """In a new interpreter: prints which of the cases come out as told."""
    clock.shift()
    module = importlib.import_module(order["module"])
    runner = Runner(module, Guard(), module.__file__ or order["path"])
    said = sys.stdout
    same = []
    for number, each in enumerate(order["cases"]):
        if _same(runner.outcome(Case.of_json(each), REPEATED_CALL_S), each["outcome"]):
            same.append(number)
    said.write("\n" + json.dumps(same) + "\n")
    said.flush()
    os._exit(0)


def _same(outcome: dict[str, Any], told: dict[str, Any]) -> bool:
    """As a test would see it: where an exception was raised does not count."""
    again = json.loads(json.dumps(outcome))
    return all(again.get(key) == each for key, each in told.items() if key not in ("line", "imports", "approximate"))


def _import(names: list[str], path: str) -> Any:
    """The module of this file, under the first of its possible names that is the same file."""
    problem: BaseException = ImportError("no way leads to " + path)
    for name in names:
        try:
            module = importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  # foreign code
            problem = (
                error if not isinstance(error, ModuleNotFoundError) or isinstance(problem, ImportError) else problem
            )
            continue
        if os.path.realpath(getattr(module, "__file__", None) or "") == os.path.realpath(path):
            return module
    raise problem


def _forked(work: Any, seconds: float) -> Iterator[Message]:
    """What `work` sends from a process of its own, until it ends or the time is up."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setpgid(0, 0)
            os.close(read)

            def send(message: Message) -> None:
                line = json.dumps(message).encode("ascii") + b"\n"
                while line:
                    line = line[os.write(write, line) :]

            work(send)
        except BaseException as error:  # noqa: BLE001  # the edge of the process
            send({"kind": "problem", "message": failures.summary(error)})
        finally:
            os._exit(0)
    os.close(write)
    try:
        yield from _lines(read, time.monotonic() + seconds)
    finally:
        os.close(read)
        _end(pid)


def _lines(descriptor: int, until: float) -> Iterator[Message]:
    rest = b""
    while select.select([descriptor], [], [], max(0.0, until - time.monotonic()))[0]:
        data = os.read(descriptor, 1 << 18)
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            try:
                message = json.loads(line.decode("ascii"))
            except ValueError:
                continue
            if isinstance(message, dict):
                yield message


def _end(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def run(places: Places, request: Message, warmth: Warmth, sender: Sender) -> NoReturn:
    """Explores and ends the process."""
    tail = Tail()
    try:
        sys.stdout, sys.stderr = Tail(), tail
        os.chdir(places.root)
        sys.path.insert(0, places.root)
        replaced.install(places, {}, warmth.compiled)
        warmth.plugins.answer_from_memory()
        folder = str(request["explore"].get("tests_folder") or "")
        files = trial.existing_files(places, [folder] if folder else [])
        pytest.main(trial.arguments(places, files), plugins=[Explorer(sender, places, tail, request, warmth)])
        sender.send({"kind": "problem", "message": tail.take()[-500:] or "pytest ended before anything was tried"})
    except BaseException as error:  # noqa: BLE001  # the edge of the process
        sender.send({"kind": "problem", "message": failures.summary(error)})
    os._exit(0)
