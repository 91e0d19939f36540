"""Describes an exception for the host: its summary and its frames inside the workspace, innermost last."""

from __future__ import annotations

import re
import traceback
from typing import Any, Dict, List, Optional, Tuple

from .places import Places

Frame = Tuple[str, int, str]
"""path, line from zero, function"""

SUMMARY_CHARACTERS = 500
_FRAMES_KEPT = 60


def summary(error: BaseException) -> str:
    """`ValueError: first line of what it says`, whatever the exception's own `__str__` does."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  # the project's code, which may be what is broken
        said = "<its __str__ failed>"
    first = next((line.strip() for line in said.splitlines() if line.strip()), "")
    name = type(error).__name__
    return ("%s: %s" % (name, first) if first else name)[:SUMMARY_CHARACTERS]


def frames(places: Places, error: Optional[BaseException]) -> List[Frame]:
    """The frames of an exception and of those that caused it; the first cause, being the innermost, comes last."""
    found: List[Frame] = []
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        found.extend(_shortened(_traceback_frames(places, error)))
        if isinstance(error, SyntaxError):
            found.extend(_syntax_frame(places, error))
        error = cause(error)
    return _shortened(found)


def stack(places: Places, frame: Any) -> List[Frame]:
    """The frames of a running stack, innermost last."""
    found: List[Frame] = []
    while frame is not None:
        path = places.relative(frame.f_code.co_filename)
        if path is not None:
            found.append((path, frame.f_lineno - 1, frame.f_code.co_name))
        frame = frame.f_back
    return _shortened(found[::-1])


def crash_stack(places: Places, text: str) -> List[Frame]:
    """The frames that faulthandler wrote of the thread that crashed (most recent call first)."""
    current = re.split(r"(?m)^(?:Current thread|Thread) ", text)
    last = current[1] if len(current) > 1 else ""
    found = []
    for name, line, function in re.findall(r'(?m)^  File "(.*)", line (\d+) in (.*)$', last):
        path = places.relative(name)
        if path is not None:
            found.append((path, int(line) - 1, function))
    return found[::-1]


def _traceback_frames(places: Places, error: BaseException) -> List[Frame]:
    found: List[Frame] = []
    step = error.__traceback__
    while step is not None:
        path = places.relative(step.tb_frame.f_code.co_filename)
        if path is not None:
            found.append((path, max(0, (step.tb_lineno or 1) - 1), step.tb_frame.f_code.co_name))
        step = step.tb_next
    return found


def cause(error: BaseException) -> Optional[BaseException]:
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


def _syntax_frame(places: Places, error: SyntaxError) -> List[Frame]:
    path = places.relative(error.filename or "")
    return [] if path is None else [(path, max(0, (error.lineno or 1) - 1), "<module>")]


def _shortened(found: List[Frame]) -> List[Frame]:
    """The ends of a long list, each frame once in a row: a runaway recursion repeats itself."""
    found = [each for place, each in enumerate(found) if place == 0 or each != found[place - 1]]
    if len(found) <= _FRAMES_KEPT:
        return found
    return found[: _FRAMES_KEPT // 2] + found[-_FRAMES_KEPT // 2 :]


def text(error: Optional[BaseException]) -> str:
    """The traceback as Python prints it."""
    if error is None:
        return ""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-20))


def as_json(found: List[Frame]) -> List[Dict[str, Any]]:
    return [{"path": path, "line": line, "function": function} for path, line, function in found]
