"""Reads unified diffs, also such as models write: wrong or no numbers, no blanks before context, prose around.

unidiff and git refuse those; what a hunk's lines say is believed before its numbers. Looks nothing up in any file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tercet_server.edits.parse.body import final_newline, is_cut_off, readings
from tercet_server.edits.parse.paths import is_fence, path_above
from tercet_server.edits.refusal import Reason, refusal
from tercet_server.edits.requests import FileRequest, Hunk, UpdateFile, WriteFile

_HEAD = re.compile(r"^@@+(?:[ \t]+-(\d{1,9})(?:,(\d{1,9}))?[ \t]+\+(\d{1,9})(?:,(\d{1,9}))?[ \t]*@@)?(.*)$")
_EMPTY_SCOPE = re.compile(r"^[\s.…@]*$")
_BETWEEN_FILES = re.compile(
    r"^(?:diff --git |index [0-9a-f]+\.\.|(?:new|deleted) file mode |(?:old|new) mode |similarity index |rename (?:from|to) )"
)


@dataclass
class _File:
    before: str | None
    after: str | None
    hunks: list[Hunk] = field(default_factory=list)


def starts(lines: Sequence[str], at: int) -> bool:
    line = lines[at]
    if line.startswith("@@"):
        return True
    return line.startswith("diff --git ") or _names_file(lines, at)


def parse(lines: Sequence[str]) -> list[FileRequest]:
    """One request a file, in order. Raises EditRefused for a diff that is cut off, or deletes or renames a file."""
    files: list[_File] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if _names_file(lines, at):
            files.append(_File(_name(line), _name(lines[at + 1])))
            at += 2
            if at < len(lines) and lines[at][:1] in (" ", "+", "-") and not _names_file(lines, at):
                at = _hunk(lines, at, "@@", files)  # a hunk without its head
        elif line.startswith("@@"):
            if not files:
                named = path_above(lines, at)
                files.append(_File(named, named))
            at = _hunk(lines, at + 1, line, files)
        elif line.startswith(("rename from ", "deleted file mode ")):
            raise _unsupported(lines[at - 1] if at else line)
        else:
            at += 1
    return [_request(each) for each in files if each.hunks]


def _names_file(lines: Sequence[str], at: int) -> bool:
    return lines[at].startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ ")


def _name(line: str) -> str | None:
    """The path of a `---` or `+++` line; None for /dev/null."""
    name = line[4:].split("\t", maxsplit=1)[0].strip(' "')
    if name == "/dev/null":
        return None
    return name[2:] if name.startswith(("a/", "b/")) else name


def _hunk(lines: Sequence[str], start: int, head: str, files: list[_File]) -> int:
    """Reads the hunk whose body starts at `start` into the last file; gives the line after it."""
    end = start
    while end < len(lines) and not _ends_body(lines, end):
        end += 1
    match = _HEAD.match(head)
    numbers = [int(each) if each is not None else None for each in match.groups()[:4]] if match else [None] * 4
    first, old_count, _, new_count = numbers
    if first is not None:
        old_count, new_count = (1 if each is None else each for each in (old_count, new_count))
    body = _without_tail(lines[start:end], old_count, new_count)
    is_last = all(not each.strip() for each in lines[end:])
    if body:
        tail = match[5].strip().removesuffix("@@").strip() if match else ""
        scopes = () if _EMPTY_SCOPE.match(tail) else (tail,)
        line = None if first is None else max(0, first - 1)
        files[-1].hunks.append(
            Hunk(
                readings(body),
                line=line,
                scopes=scopes,
                cut_off=is_last and is_cut_off(body, old_count, new_count),
                final_newline=final_newline(body),
            )
        )
    return end


def _ends_body(lines: Sequence[str], at: int) -> bool:
    line = lines[at]
    return (
        line.startswith("@@")
        or (is_fence(line) and line[0] in "`~")
        or _names_file(lines, at)
        or bool(_BETWEEN_FILES.match(line))
    )


def _without_tail(body: Sequence[str], old_count: int | None, new_count: int | None) -> Sequence[str]:
    """Without the blank lines and the prose that follow the hunk."""
    if old_count is not None and new_count is not None:
        old = new = 0
        for at, line in enumerate(body):
            old += line[:1] != "+"
            new += line[:1] != "-"
            if old == old_count and new == new_count:
                rest = body[at + 1 :]
                if all(each[:1] not in (" ", "+", "-", "\\") for each in rest):
                    return body[: at + 1]
                break
    end = len(body)
    while end and not body[end - 1]:
        end -= 1
    return body[:end]


def _request(file: _File) -> FileRequest:
    if file.before is None and file.after is not None:
        new = [line for hunk in file.hunks for line in hunk.readings[0].new]
        end = "" if file.hunks[-1].final_newline is False else "\n"
        return WriteFile(file.after, "\n".join(new) + end, create=True)
    if file.after is None and file.before is not None:
        raise _unsupported(file.before)
    return UpdateFile(file.before, tuple(file.hunks))


def _unsupported(what: str) -> Exception:
    return refusal(
        Reason.UNSUPPORTED,
        f"The diff deletes or renames a file ({what.strip()[:200]}), which an edit cannot do; ask the user to do it, and "
        "send the remaining changes alone.",
    )
