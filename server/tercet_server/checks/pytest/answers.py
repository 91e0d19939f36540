"""Reads what the driver says into the port's types. All of it may have been made up by the code under test."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from tercet_shared.edits import RelativePath

from tercet_server.ports import Frame, Outcome, TestResult

NO_SUCH_TEST = "there is no such test"
"""The driver's message for a test that its file, which was collected, does not have."""

_REPORT_CHARACTERS = 20_000
_TEST_CHARACTERS = 4_000

MOST_LINES = 10_000_000
"""No file has more: what names a later line was made up."""

_Line = Annotated[int, Field(ge=0, le=MOST_LINES)]


_RELATIVE_PATH: TypeAdapter[str] = TypeAdapter(RelativePath)


class _Frame(BaseModel):
    path: str = Field(max_length=4096)
    line: _Line
    function: str = Field(max_length=1000)


class _Result(BaseModel):
    test: str
    outcome: Outcome
    duration_s: float = Field(ge=0, allow_inf_nan=False)
    message: str = ""
    report: str = ""
    frames: list[_Frame] = []
    covered: dict[str, list[_Line]] = {}


def parse(line: bytes) -> dict[str, Any]:
    """One message; empty for a line that is none."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def result(message: Mapping[str, Any]) -> TestResult | None:
    """None for a message that does not describe a result."""
    try:
        read = _Result.model_validate(message, extra="ignore")
    except ValidationError:
        return None
    return TestResult(
        test=read.test[:_TEST_CHARACTERS],
        outcome=read.outcome,
        duration_s=read.duration_s,
        message=read.message[:1000],
        report=read.report[:_REPORT_CHARACTERS],
        frames=tuple(Frame(each.path, each.line, each.function) for each in read.frames[:200] if _is_inside(each.path)),
        covered={path: tuple(lines) for path, lines in read.covered.items() if _is_inside(path)},
    )


def _is_inside(path: str) -> bool:
    """Whether it is a path in the workspace as the wire models want it."""
    try:
        _RELATIVE_PATH.validate_python(path)
    except ValidationError:
        return False
    return True


def texts(value: object) -> list[str]:
    """The strings of a list."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def modules(value: object, root: str) -> dict[str, str]:
    """Module name → file: relative to the workspace if it is below `root` (the copy, as seen inside), else absolute."""
    found = {}
    for pair in value if isinstance(value, list) else []:
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) for each in pair):
            name, file = pair
            found[name] = file.removeprefix(root.rstrip("/") + "/")
    return found
