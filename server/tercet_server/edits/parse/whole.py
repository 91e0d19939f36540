"""Reads whole files: a fenced text whose path stands in the fence or on the line above it. Looks nothing up in any file."""

from collections.abc import Sequence

from tercet_server.edits.parse.paths import is_fence, path_in, path_of_info
from tercet_server.edits.refusal import Reason, refusal
from tercet_server.edits.requests import FileRequest, WriteFile


def parse(lines: Sequence[str]) -> list[FileRequest]:
    """One request a fenced text that has a path; others are illustrations. Raises EditRefused for one without its end."""
    requests: list[FileRequest] = []
    at = 0
    while at < len(lines):
        if not is_fence(lines[at]):
            at += 1
            continue
        path = path_of_info(lines[at]) or _path_on_line_above(lines, at)
        end = _end(lines, at)
        if end is None:
            raise refusal(
                Reason.TRUNCATED,
                f"The text of {path or 'a file'} has no closing fence, so it may be cut off; send it again, complete.",
                path=path,
            )
        if path is not None:
            requests.append(WriteFile(path, "".join(f"{each}\n" for each in lines[at + 1 : end])))
        at = end + 1
    return requests


def _path_on_line_above(lines: Sequence[str], at: int) -> str | None:
    """Only a line that is a path and nothing else counts: prose that mentions a file introduces an excerpt of it."""
    above = lines[at - 1].strip() if at else ""
    named = path_in(above) if above else None
    return named if named is not None and len(named) >= len(above.strip("#*`: ")) else None


def _end(lines: Sequence[str], start: int) -> int | None:
    fence = lines[start].strip()
    length = len(fence) - len(fence.lstrip(fence[0]))
    for at in range(start + 1, len(lines)):
        line = lines[at].strip()
        if line.startswith(fence[:length]) and not line.strip(fence[0]):
            return at
    return None
