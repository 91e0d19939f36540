"""Reads the marked lines of a diff's hunk, which unified diffs and patch envelopes have in common."""

from collections.abc import Sequence

from tercet_server.edits.requests import Reading

NO_NEWLINE = "\\ No newline"


def readings(body: Sequence[str]) -> tuple[Reading, ...]:
    """Context with its blank before it, as the format wants, or without, as models write; the likelier first."""
    marked, bare = _reading(body, bare=False), _reading(body, bare=True)
    if marked == bare:
        return (marked,)
    unmarked = any(each.strip() and each[0] not in " +-\\" for each in body)
    return (bare, marked) if unmarked else (marked, bare)


def _reading(body: Sequence[str], *, bare: bool) -> Reading:
    old: list[str] = []
    new: list[str] = []
    for line in body:
        mark = line[:1]
        if mark == "+":
            new.append(line[1:])
        elif mark == "-":
            old.append(line[1:])
        elif not line.startswith(NO_NEWLINE):
            context = line if bare or mark != " " else line[1:]
            old.append(context)
            new.append(context)
    return Reading(tuple(old), tuple(new))


def final_newline(body: Sequence[str]) -> bool | None:
    """What the marks "\\ No newline at end of file" say of the file's end afterwards: nothing if both sides have it."""
    before = [body[at - 1][:1] for at, line in enumerate(body) if at and line.startswith(NO_NEWLINE)]
    if before == ["+"]:
        return False
    return True if before == ["-"] else None


def is_cut_off(body: Sequence[str], old_count: int | None, new_count: int | None) -> bool:
    """Whether the body breaks off: it begins with context, ends with a change, and its head promised more lines."""
    if old_count is None or new_count is None or not body:
        return False
    old = sum(each[:1] != "+" for each in body)
    new = sum(each[:1] != "-" for each in body)
    return body[-1][:1] in ("+", "-") and (old < old_count or new < new_count)
