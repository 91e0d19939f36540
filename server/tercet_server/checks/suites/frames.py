"""Finds the places in the workspace that a failure's report names: stack traces and `file:line` of several languages. Pure."""

import re
from collections.abc import Iterable

from tercet_server.checks.outputs import Within
from tercet_server.ports import Frame

MOST_FRAMES = 50
_LINE_CHARACTERS = 2000

_JAVASCRIPT = re.compile(
    r"^\s*at (?:(?:async )?(?P<function>[^()\s][^()]*?) \()?(?P<file>(?:file://)?/[^():]+):(?P<line>\d+):\d+\)?\s*$"
)
_GO_CALL = re.compile(r"^(?P<function>[\w./*()\-]+?)\(.*\)$")
_GO_PLACE = re.compile(r"^\s+(?P<file>/[^:\s]+\.go):(?P<line>\d+)(?: \+0x[0-9a-f]+)?$")
_GO_ERROR = re.compile(r"^\s+(?P<file>[\w.\-]+\.go):(?P<line>\d+): ")
_NAMED = re.compile(r"(?<![\w.@+\-/])(?P<file>[\w.@+\-/]+\.[A-Za-z+]{1,5})[:(](?P<line>\d+)")
_IN_WORDS = re.compile(r"\bfile (?P<file>[^\s,]+), line (?P<line>\d+)")


def of_javascript(report: str, within: Within) -> tuple[Frame, ...]:
    """V8's stack trace, whose innermost frame comes first; innermost last, as the port has it."""
    matches = (match for line in _lines(report) if (match := _JAVASCRIPT.match(line)))
    found = (_frame(match["file"], match["line"], match["function"] or "", within) for match in matches)
    return tuple(each for each in found if each is not None and "node_modules/" not in each.path)[:MOST_FRAMES][::-1]


def of_go(report: str, within: Within) -> tuple[Frame, ...]:
    """The trace of a panic, and the places of `t.Error`; `within.cwd` is the package's folder."""
    found: list[Frame | None] = []
    function = ""
    for line in _lines(report):
        if call := _GO_CALL.match(line):
            function = call["function"].rpartition(".")[2]
        elif place := _GO_PLACE.match(line):
            found.append(_frame(place["file"], place["line"], function, within))
        elif error := _GO_ERROR.match(line):
            found.append(_frame(error["file"], error["line"], "", within))
    return tuple(each for each in found if each is not None)[:MOST_FRAMES][::-1]


def named_in(report: str, within: Within, files: frozenset[str]) -> tuple[Frame, ...]:
    """Every `file:line` of a report that is a file of the project, in the order of the report."""
    found = (
        _frame(match["file"], match["line"], "", within)
        for line in _lines(report)
        for pattern in (_NAMED, _IN_WORDS)
        for match in pattern.finditer(line)
    )
    return tuple(dict.fromkeys(each for each in found if each is not None and each.path in files))[:MOST_FRAMES]


def _frame(file: str, line: str, function: str, within: Within) -> Frame | None:
    path = within.path(file)
    if path is None or len(line) > 8 or int(line) < 1:
        return None
    return Frame(path, int(line) - 1, function.strip()[:200])


def _lines(report: str) -> Iterable[str]:
    return (line[:_LINE_CHARACTERS] for line in report.splitlines()[:2000])
