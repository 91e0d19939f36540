"""Reads SEARCH/REPLACE blocks in the variants that models write: aider's, Cline's, Roo's. Looks nothing up in any file."""

import re
from collections.abc import Sequence

from tercet_server.edits.parse.paths import path_above
from tercet_server.edits.refusal import Reason, refusal
from tercet_server.edits.requests import FileRequest, Hunk, Reading, UpdateFile, WriteFile

_HEAD = re.compile(r"^\s{0,3}(?:<{4,}|-{4,})[ \t]*(?:SEARCH|ORIGINAL)\b>?[ \t]*$")
_DIVIDER = re.compile(r"^\s{0,3}={4,9}[ \t]*$")
_TAIL = re.compile(r"^\s{0,3}(?:>{4,}|\+{4,})[ \t]*(?:REPLACE|UPDATED)\b>?[ \t]*$")
_STATED_LINE = re.compile(r"^:(start|end)_line:\s*(\d{1,7})\s*$")
_RULE = re.compile(r"^-{4,}\s*$")
_ESCAPED = re.compile(r"^\\(?=<{4,}|={4,}|>{4,}|-{4,}|\+{4,})")


def starts(lines: Sequence[str], at: int) -> bool:
    return _HEAD.match(lines[at]) is not None


def parse(lines: Sequence[str]) -> list[FileRequest]:
    """One request a block. Raises EditRefused for a block that is cut off or has no clear middle."""
    requests: list[FileRequest] = []
    path: str | None = None
    at = done = 0
    while at < len(lines):
        if not starts(lines, at):
            at += 1
            continue
        path = path_above(lines, at, done) or path
        end = _end(lines, at + 1, path)
        requests.append(_request(lines[at + 1 : end], path))
        at = done = end + 1
    return requests


def _end(lines: Sequence[str], start: int, path: str | None) -> int:
    """Where the closing mark stands."""
    for at in range(start, len(lines)):
        if _TAIL.match(lines[at]):
            return at
        if _HEAD.match(lines[at]):
            break
    where = f" of {path}" if path else ""
    raise refusal(
        Reason.TRUNCATED,
        f"A SEARCH/REPLACE block{where} ends without `>>>>>>> REPLACE`, so it may be cut off; send it again, complete "
        "(if it is long, as several small blocks).",
        path=path,
    )


def _request(body: Sequence[str], path: str | None) -> FileRequest:
    line, body = _stated_line(body)
    dividers = [at for at, each in enumerate(body) if _DIVIDER.match(each)]
    if (
        len(dividers) > 1
    ):  # a heading underlined with `=======` looks like a divider; the middle one of an odd number may not be it
        dividers = [at for at in dividers if body[at].strip() == "======="]
    if len(dividers) != 1:
        count = "no line" if not dividers else f"{len(dividers)} lines"
        raise refusal(
            Reason.MALFORMED,
            f"A SEARCH/REPLACE block{f' of {path}' if path else ''} has {count} `=======`, so where SEARCH ends cannot be told; "
            "send it with exactly one (where the text itself has such a line, write that one as `\\=======`).",
            path=path,
        )
    old, new = (_unescaped(part) for part in (body[: dividers[0]], body[dividers[0] + 1 :]))
    if not any(each.strip() for each in old):
        return WriteFile(path, "".join(f"{each}\n" for each in new), create=True)
    return UpdateFile(path, (Hunk((Reading(old, new),), line=line),))


def _stated_line(body: Sequence[str]) -> tuple[int | None, Sequence[str]]:
    """Roo's `:start_line:12` and the rule below it, if they are there."""
    line, at = None, 0
    while at < len(body) and (match := _STATED_LINE.match(body[at])):
        line = max(0, int(match[2]) - 1) if match[1] == "start" else line
        at += 1
    if at and at < len(body) and _RULE.match(body[at]):
        at += 1
    return line, body[at:]


def _unescaped(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(_ESCAPED.sub("", each) for each in lines)
