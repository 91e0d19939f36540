"""One forked test process: runs pytest on a request and reports over its own pipe. It never returns."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import pytest

from . import failures, replaced
from .channel import Message, Sender
from .lines import LineRecorder
from .output import Tail
from .places import Places
from .recorder import Recorder, loaded_modules
from .warming import Warmth

FLUSH_SIGNAL = getattr(signal, "SIGRTMAX", signal.SIGUSR2 + 2) - 2
"""Asks a test process for what it knows of the test that runs; hardly any program uses the signal itself."""

BROKEN = (3, 4)
"""pytest's exit codes for an internal error and for wrong usage, its configuration included."""

_OPTIONS = [
    "-s",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:faulthandler",
    "-p",
    "no:randomly",
    "-p",
    "no:random_order",
    "--continue-on-collection-errors",
    "--color=no",
    "--maxfail=0",
]


def run(places: Places, request: Message, warmth: Warmth, sender: Sender, crash: int) -> NoReturn:
    """Runs the request and ends the process. Messages: collecting, collection_error, items, started, result, hung, done."""
    tail, terminal = Tail(), Tail()
    try:
        exit_code = _pytest(places, request, warmth, sender, crash, (terminal, tail))
        output = tail.take() or (terminal.take() if exit_code in BROKEN else "")
    except BaseException as error:  # noqa: BLE001  # the edge of the process
        exit_code, output = 3, tail.take() + "\n" + failures.summary(error)
    if os.getpid() == sender.owner:
        signal.signal(FLUSH_SIGNAL, signal.SIG_IGN)
        modules = loaded_modules() if request.get("probe") else []
        sender.send({"kind": "done", "exit_code": exit_code, "output": output, "modules": modules})
    os._exit(0)


def _pytest(
    places: Places, request: Message, warmth: Warmth, sender: Sender, crash: int, tails: tuple[Tail, Tail]
) -> int:
    terminal, tail = tails
    wanted: list[str] = request["tests"]
    recorder = Recorder(sender, places, tail, request, warmth.plugins)
    if request.get("trace"):
        recorder.lines = LineRecorder(places)
    _answer_flush(recorder, sender)
    faulthandler.enable(file=crash)
    sys.stdout, sys.stderr = terminal, tail  # pytest's own terminal is wanted only where pytest breaks down
    os.chdir(places.root)
    sys.path.insert(0, places.root)
    replaced.install(places, request.get("texts") or {}, warmth.compiled)
    ignored: list[str] = request.get("ignored") or []
    files = existing_files(places, [each for each in wanted if each not in ignored])
    if wanted and not files:
        if request.get("collect_only"):
            sender.send({"kind": "items", "tests": [], "modules": [], "complete": True})
        return 4
    style = "--tb=short" if request.get("texts") else "--tb=auto"
    given = arguments(places, files, style, *_ignoring(places, ignored))
    warmth.plugins.answer_from_memory()
    return int(pytest.main(given, plugins=[recorder]))


def arguments(places: Places, files: Sequence[str], *options: str) -> list[str]:
    """pytest's command line for absolute paths of test files, which is the process's own from now on."""
    given = [*_OPTIONS, "--rootdir=" + places.root, *options, *files]
    sys.argv = ["pytest", *given]
    return given


def _ignoring(places: Places, ignored: list[str]) -> list[str]:
    return ["--ignore=" + os.path.join(places.root, each) for each in ignored]


def existing_files(places: Places, wanted: Sequence[str]) -> list[str]:
    """The files and folders to collect from, each once; those that do not exist are found missing later."""
    files: dict[str, None] = {}
    for each in wanted:
        path = each.split("::", 1)[0]
        if os.path.exists(os.path.join(places.root, path)):
            files[os.path.join(places.root, path)] = None
    return list(files)


def _answer_flush(recorder: Recorder, sender: Sender) -> None:
    def flush(signal_number: int, frame: Any) -> None:
        if not sender.busy and recorder.current and os.getpid() == sender.owner:
            sender.send(recorder.hung(frame))

    signal.signal(FLUSH_SIGNAL, flush)
