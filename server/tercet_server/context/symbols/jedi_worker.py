"""A process of its own that answers questions about Python code with jedi: one JSON line in, one out. Imports no project code.

`python -m tercet_server.context.symbols.jedi_worker CACHE_FOLDER`. jedi runs in this very interpreter and imports extension
modules of the standard library alone; the workspace's interpreter is never started, its packages are only read.
"""

import faulthandler
import json
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import jedi
from jedi.api.classes import Name
from jedi.api.environment import InterpreterEnvironment

HARD_STOP_S = 2.0
"""The process ends itself so long after a question's deadline, should nobody be left who kills it."""

LARGEST_RSS_BYTES = 600_000_000
"""Caches grow; a process over this ends after its answer, which says so, and the next question starts another."""

Question = dict[str, Any]


def main(cache: str) -> None:
    """Answers until the input ends."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    jedi.settings.cache_directory = cache
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # a traceback may quote a workspace's code
        for line in sys.stdin:
            question = json.loads(line)
            faulthandler.dump_traceback_later(question["deadline_s"] + HARD_STOP_S, exit=True, file=nowhere)
            answer = _answer(question)
            is_last = _has_grown()
            _reply(answers, {**answer, "last": is_last})
            faulthandler.cancel_dump_traceback_later()
            if is_last:
                return


def _answer(question: Question) -> dict[str, Any]:
    try:
        return {"answer": _OPERATIONS[question["operation"]](question)}
    except Exception as error:  # noqa: BLE001  # foreign code on foreign text: whoever asked is told
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def _definitions(question: Question) -> list[dict[str, Any]]:
    script = _script(question, question["path"], question["text"])
    place = (question["line"] + 1, question["character"])
    found = script.goto(*place, follow_imports=True, follow_builtin_imports=True)
    types = [each.description for each in script.infer(*place)] if found else []
    return [_site(name, types[0] if types else "") for name in found]


def _same(question: Question) -> list[list[bool | None]]:
    """Until the deadline; what comes after it stays unknown."""
    ends = time.monotonic() + question["deadline_s"] * 0.9
    targets = {(path, line, character) for path, line, character in question["targets"]}
    return [list(_verdicts(question, each, targets, ends)) for each in question["occurrences"]]


def _verdicts(
    question: Question, text: Question, targets: set[tuple[str, int, int]], ends: float
) -> Iterator[bool | None]:
    script = None
    for line, character in text["positions"]:
        if time.monotonic() > ends:
            yield None
            continue
        script = script or _script(question, text["path"], text["text"])
        yield _verdict(script, line, character, targets)


def _verdict(script: jedi.Script, line: int, character: int, targets: set[tuple[str, int, int]]) -> bool | None:
    try:
        found = script.goto(line + 1, character, follow_imports=True)
    except Exception:  # noqa: BLE001  # foreign code on foreign text: it is not known
        return None
    sites = {_where(name) for name in found}
    return bool(sites & targets) if sites else None


def _script(question: Question, path: str, text: str) -> jedi.Script:
    standard = sysconfig.get_paths()
    own = [standard["stdlib"], standard["platstdlib"], os.path.join(standard["platstdlib"], "lib-dynload")]
    project = jedi.Project(
        question["root"],
        sys_path=list(dict.fromkeys(own)),
        added_sys_path=question["import_paths"],
        smart_sys_path=True,
    )
    return jedi.Script(text, path=Path(question["root"]) / path, project=project, environment=InterpreterEnvironment())


def _site(name: Name, type_: str) -> dict[str, Any]:
    path, line, character = _where(name)
    return {
        "path": path,
        "line": line,
        "character": character,
        "name": name.name,
        "kind": name.type,
        "full_name": name.full_name or "",
        "type": type_,
    }


def _where(name: Name) -> tuple[str, int, int]:
    path = "" if name.module_path is None else os.path.realpath(name.module_path)
    return path, (name.line or 1) - 1, name.column or 0


def _has_grown() -> bool:
    """By what is resident now: the peak that the system keeps is, after exec, still that of the process it was forked from."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return False  # no Linux: the process ends when it has been idle
    return pages * os.sysconf("SC_PAGE_SIZE") > LARGEST_RSS_BYTES


def _reply(answers: TextIO, answer: object) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


_OPERATIONS: dict[str, Callable[[Question], object]] = {"definitions": _definitions, "same": _same}

if __name__ == "__main__":
    main(sys.argv[1])
