"""Describes an exception for the host: its summary and its frames inside the workspace, innermost last."""

from __future__ import annotations

import re
import traceback
from typing import Any, Tuple  # Python 3.8 has no tuple[...] outside annotations

from .places import Places

Frame = Tuple[str, int, str]  # evaluated at run time, also by Python 3.8
"""path, line from zero, function"""

SUMMARY_CHARACTERS = 500
_FRAMES_KEPT = 60


def summary(error: BaseException) -> str:
    """`ValueError: first line of what it says`, whatever the exception's own `__str__` does."""
    said = "".join(traceback.format_exception_only(type(error), error)[-1:])
    first = next((line.strip() for line in said.splitlines() if line.strip()), "")
    name, colon, rest = first.partition(": ")
    return (name.rpartition(".")[2] + colon + rest)[:SUMMARY_CHARACTERS]


def frames(places: Places, error: BaseException | None) -> list[Frame]:
    """The frames of an exception and of those that caused it; the first cause, being the innermost, comes last."""
    found: list[Frame] = []
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        found.extend(_shortened(_traceback_frames(places, error)))
        if isinstance(error, SyntaxError):
            found.extend(_syntax_frame(places, error))
        error = cause(error)
    return _shortened(found)


def stack(places: Places, frame: Any) -> list[Frame]:
    """The frames of a running stack, innermost last."""
    found: list[Frame] = []
    while frame is not None:
        path = places.relative(frame.f_code.co_filename)
        if path is not None:
            found.append((path, frame.f_lineno - 1, frame.f_code.co_name))
        frame = frame.f_back
    return _shortened(found[::-1])


def crash_stack(places: Places, text: str) -> list[Frame]:
    """The frames that faulthandler wrote of the thread that crashed (most recent call first)."""
    current = re.split(r"(?m)^(?:Current thread|Thread) ", text)
    last = current[1] if len(current) > 1 else ""
    found = []
    for name, line, function in re.findall(r'(?m)^  File "(.*)", line (\d+) in (.*)$', last):
        path = places.relative(name)
        if path is not None:
            found.append((path, int(line) - 1, function))
    return found[::-1]


def _traceback_frames(places: Places, error: BaseException) -> list[Frame]:
    found: list[Frame] = []
    step = error.__traceback__
    while step is not None:
        path = places.relative(step.tb_frame.f_code.co_filename)
        if path is not None:
            found.append((path, max(0, (step.tb_lineno or 1) - 1), step.tb_frame.f_code.co_name))
        step = step.tb_next
    return found


def cause(error: BaseException) -> BaseException | None:
    """What an exception was raised from or while handling; pytest's own wrapper of a conftest's error included."""
    inner: Any = getattr(error, "excinfo", None)
    if isinstance(inner, tuple) and len(inner) == 3 and isinstance(inner[1], BaseException):
        return inner[1]
    members = getattr(error, "exceptions", None)
    if isinstance(members, tuple) and members and isinstance(members[0], BaseException):
        return members[0]
    if error.__cause__ is not None:
        return error.__cause__
    return None if error.__suppress_context__ else error.__context__


def _syntax_frame(places: Places, error: SyntaxError) -> list[Frame]:
    path = places.relative(error.filename or "")
    return [] if path is None else [(path, max(0, (error.lineno or 1) - 1), "<module>")]


def _shortened(found: list[Frame]) -> list[Frame]:
    """The ends of a long list, each frame once in a row: a runaway recursion repeats itself."""
    found = [each for place, each in enumerate(found) if place == 0 or each != found[place - 1]]
    if len(found) <= _FRAMES_KEPT:
        return found
    return found[: _FRAMES_KEPT // 2] + found[-_FRAMES_KEPT // 2 :]


def text(error: BaseException | None) -> str:
    """The traceback as Python prints it."""
    if error is None:
        return ""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-20))


def as_json(found: list[Frame]) -> list[dict[str, Any]]:
    return [{"path": path, "line": line, "function": function} for path, line, function in found]
