"""Reads the apply_patch envelope (`*** Begin Patch` ... `*** End Patch`). Looks nothing up in any file."""

import re
from collections.abc import Sequence

from tercet_server.edits.parse.body import readings
from tercet_server.edits.refusal import Reason, refusal
from tercet_server.edits.requests import FileRequest, Hunk, UpdateFile, WriteFile

_SECTION = re.compile(r"^\*\*\* (Update|Add|Delete) File:(.*)$")
_END_OF_FILE = "*** End of File"
_STATED = re.compile(r"^-(\d{1,9})(?:,\d{1,9})?[ \t]+\+\d{1,9}(?:,\d{1,9})?[ \t]*")


def starts(lines: Sequence[str], at: int) -> bool:
    return lines[at].startswith("*** Begin Patch") or _SECTION.match(lines[at]) is not None


def parse(lines: Sequence[str]) -> list[FileRequest]:
    """One request a section, in order.

    Raises EditRefused if the end mark is missing, for that is how a cut-off reply shows, and for deletions and renames.
    """
    requests: list[FileRequest] = []
    at, is_open = 0, False
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("*** Begin Patch"):
            is_open = True
        elif line.startswith("*** End Patch"):
            is_open = False
        elif match := _SECTION.match(line):
            is_open = True
            end = next((each for each in range(at, len(lines)) if _ends_section(lines[each])), len(lines))
            requests.append(_request(match[1], match[2].strip(), lines[at:end]))
            at = end
    if is_open:
        raise refusal(
            Reason.TRUNCATED, "The patch ends without `*** End Patch`, so it may be cut off; send it again, complete."
        )
    return requests


def _ends_section(line: str) -> bool:
    return line.startswith(("*** End Patch", "*** Begin Patch")) or _SECTION.match(line) is not None


def _request(action: str, path: str, body: Sequence[str]) -> FileRequest:
    if action == "Delete" or (body and body[0].startswith("*** Move to:")):
        raise refusal(
            Reason.UNSUPPORTED,
            f"The patch deletes or renames {path}, which an edit cannot do; ask the user to do it, and send the remaining "
            "changes alone.",
            path=path,
        )
    if action == "Add":
        marked = any(each.startswith("+") for each in body)
        new = [each[1:] for each in body if each.startswith("+")] if marked else list(body)
        return WriteFile(path, "".join(f"{each}\n" for each in new), create=True)
    return UpdateFile(path, tuple(_hunks(body)))


def _hunks(body: Sequence[str]) -> list[Hunk]:
    hunks: list[Hunk] = []
    scopes: list[str] = []
    start = 0
    for at in range(len(body) + 1):
        line = body[at] if at < len(body) else "@@"
        if not line.startswith(("@@", _END_OF_FILE)):
            continue
        marked = body[start:at]
        if any(marked):
            hunks.append(_hunk(marked, scopes, at_end=line.startswith(_END_OF_FILE)))
            scopes = []
        if line.startswith("@@"):
            scopes.append(line.strip("@ \t"))
        start = at + 1
    return hunks


def _hunk(body: Sequence[str], scopes: Sequence[str], *, at_end: bool) -> Hunk:
    stated = [int(match[1]) for scope in scopes if (match := _STATED.match(scope))]
    named = tuple(name for scope in scopes if (name := _STATED.sub("", scope).strip("@ \t")).strip(".… "))
    return Hunk(readings(body), line=max(0, stated[-1] - 1) if stated else None, scopes=named, at_end=at_end)
