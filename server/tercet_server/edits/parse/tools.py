"""Reads the arguments of edit tools, as JSON: `path`, `old`, `new`, or lines by number. Looks nothing up in any file.

The names are those that models know from the tools they were trained with.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tercet_server.edits.parse.paths import is_fence, path_above
from tercet_server.edits.refusal import Reason, refusal
from tercet_server.edits.requests import FileRequest, Hunk, Reading, ReplaceLines, UpdateFile, WriteFile

_PATH = ("path", "file_path", "filePath", "file", "filename", "target_file")
_OLD = ("old", "old_string", "oldString", "old_str", "old_text", "search")
_NEW = ("new", "new_string", "newString", "new_str", "new_text", "replace", "insert_text", "replacement")
_WHOLE = ("content", "contents", "file_text", "text")
_START = ("start_line", "startLine", "start", "line")
_END = ("end_line", "endLine", "end")
_WRAPPERS = ("arguments", "input", "parameters", "args")
_MAX_DEPTH = 6

_NEW_LINES = re.compile(r"\r\n|\r")
_BEFORE_VALUE = re.compile(r"[\s,]*(?=[\[{])")
_OPENING = re.compile(r"^\s*(?:\{|\[\s*(?:\{|$))")


def starts(lines: Sequence[str], at: int) -> bool:
    """JSON opens the reply, or a fenced part of it that is not the text of a named file."""
    if not _OPENING.match(lines[at]):
        return False
    above = next((each for each in range(at - 1, max(-1, at - 4), -1) if lines[each].strip()), None)
    if above is None:
        return True
    if is_fence(lines[above]):
        return path_above(lines, at) is None
    return lines[above].strip().startswith("<")


def parse(lines: Sequence[str]) -> list[FileRequest]:
    """The edits of every JSON value in the reply. Raises EditRefused for JSON that is cut off or names no edit."""
    requests: list[FileRequest] = []
    for at in range(len(lines)):
        if starts(lines, at):
            requests += _edits(_decoded("\n".join(lines[at:])), None, 0)
            break
    return requests


def _decoded(text: str) -> list[Any]:
    """The JSON values that follow each other, up to the first other text."""
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    at = 0
    try:
        while match := _BEFORE_VALUE.match(text, at):
            value, at = decoder.raw_decode(text, match.end())
            values.append(value)
    except (ValueError, RecursionError) as error:
        at_end = isinstance(error, json.JSONDecodeError) and (
            error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg
        )
        raise refusal(
            Reason.TRUNCATED if at_end else Reason.MALFORMED,
            "The arguments of the edit are not complete JSON; send them again, complete and escaped.",
        ) from error
    return values


def _edits(value: Any, path: str | None, depth: int) -> list[FileRequest]:
    if depth > _MAX_DEPTH:
        raise refusal(
            Reason.MALFORMED, "The arguments of the edit are nested too deeply; send one flat object an edit."
        )
    if isinstance(value, list):
        return [each for item in value for each in _edits(item, path, depth + 1)]
    if not isinstance(value, Mapping):
        raise refusal(Reason.MALFORMED, "An edit must be a JSON object with `path`, `old` and `new`.")
    path = _string(value, _PATH) or path
    for wrapper in _WRAPPERS:
        if wrapper in value:
            inner = value[wrapper]
            return _edits(_decoded(inner) if isinstance(inner, str) else inner, path, depth + 1)
    if isinstance(value.get("edits"), list):
        return _edits(value["edits"], path, depth + 1)
    return [_edit(value, path)]


def _edit(value: Mapping[str, Any], path: str | None) -> FileRequest:
    old, new = _string(value, _OLD), _string(value, _NEW)
    if old:
        everywhere = value.get("replace_all") is True
        fragment = (_unix(old), _unix(new or ""))
        reading = Reading(_lines(fragment[0]), _lines(fragment[1]))
        hunk = Hunk((reading,), line=_line(value, _START), fragment=fragment, everywhere=everywhere)
        return UpdateFile(path, (hunk,))
    insert = _number(value, ("insert_line",))
    if insert is not None and new is not None:
        return ReplaceLines(path, insert, insert, _lines(new))
    start, end = _line(value, _START), _number(value, _END)
    whole = _string(value, _WHOLE)
    if start is not None and end is not None and (text := new if new is not None else whole) is not None:
        return ReplaceLines(path, start, end, _lines(text))
    if (text := whole if whole is not None else new) is not None:
        return WriteFile(path, text, create=old == "" or value.get("command") == "create")
    raise refusal(
        Reason.MALFORMED,
        "An edit needs `path` and either `old` and `new`, or `start_line`, `end_line` and `new`, or `content`.",
        path=path,
    )


def _string(value: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((value[name] for name in names if isinstance(value.get(name), str)), None)


def _number(value: Mapping[str, Any], names: Sequence[str]) -> int | None:
    numbers = (value.get(name) for name in names)
    return next((each for each in numbers if isinstance(each, int) and not isinstance(each, bool) and each >= 0), None)


def _line(value: Mapping[str, Any], names: Sequence[str]) -> int | None:
    number = _number(value, names)
    return None if number is None else max(0, number - 1)


def _unix(text: str) -> str:
    return _NEW_LINES.sub("\n", text)


def _lines(text: str) -> tuple[str, ...]:
    lines = _unix(text).split("\n")
    return tuple(lines[:-1] if lines[-1] == "" else lines)
