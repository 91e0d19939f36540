"""Writes unified diffs that a person reads and `git apply` accepts. No I/O.

Here a line ends at `\\n` alone, as in git: the `\\r` of a `\\r\\n` belongs to the line's content.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tercet_shared.edits import FileTexts

from tercet_server.edits.diff import Hunk, line_hunks

_CONTEXT = 3
"""Unchanged lines shown around a change."""

_NO_NEWLINE = "\\ No newline at end of file\n"


def unified_diff(files: Sequence[FileTexts]) -> str:
    """One diff of all files in their order; files that do not change are left out."""
    return "".join(part for file in files if file.before != file.after for part in _file(file))


def _file(file: FileTexts) -> Iterator[str]:
    yield f"diff --git {_quoted('a/' + file.path)} {_quoted('b/' + file.path)}\n"
    if file.before is None:
        yield "new file mode 100644\n"
    before, after = _lines(file.before or ""), _lines(file.after)
    groups = _groups(line_hunks(before, after))
    if groups:
        yield f"--- {'/dev/null' if file.before is None else _named('a/' + file.path)}\n"
        yield f"+++ {_named('b/' + file.path)}\n"
    for group in groups:
        yield from _group(group, before, after)


def _lines(text: str) -> list[str]:
    """Each with its `\\n`, the last without one if the text ends without."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _groups(hunks: list[Hunk]) -> list[list[Hunk]]:
    """Hunks whose contexts meet go together under one header."""
    groups = [[each] for each in hunks[:1]]
    for last, hunk in pairwise(hunks):
        if hunk.before_start - last.before_end <= 2 * _CONTEXT:
            groups[-1].append(hunk)
        else:
            groups.append([hunk])
    return groups


def _group(hunks: list[Hunk], before: list[str], after: list[str]) -> Iterator[str]:
    first, last = hunks[0], hunks[-1]
    head = min(first.before_start, _CONTEXT)
    tail = min(len(before) - last.before_end, _CONTEXT)
    old = _range(first.before_start - head, last.before_end + tail)
    new = _range(first.after_start - head, last.after_end + tail)
    yield f"@@ -{old} +{new} @@\n"
    done = first.before_start - head
    for hunk in hunks:
        yield from _marked(" ", before[done : hunk.before_start])
        yield from _marked("-", before[hunk.before_start : hunk.before_end])
        yield from _marked("+", after[hunk.after_start : hunk.after_end])
        done = hunk.before_end
    yield from _marked(" ", before[done : done + tail])


def _range(start: int, end: int) -> str:
    """Counted from one; an empty range names the line before it (POSIX diff, "Unified format")."""
    length = end - start
    return f"{start + 1 if length else start},{length}"


def _marked(mark: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line
        if not line.endswith("\n"):
            yield "\n" + _NO_NEWLINE


def _named(path: str) -> str:
    """A name in a `---` or `+++` line: one with a space is ended by a tab, as git does."""
    quoted = _quoted(path)
    return quoted + "\t" if quoted == path and " " in path else quoted


def _quoted(path: str) -> str:
    """As git's `quote.c`: in C quotes if a character of it would be misread; beyond ASCII stays readable."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    quoted = "".join(
        escapes.get(each) or (f"\\{ord(each):03o}" if ord(each) < 32 or ord(each) == 127 else each) for each in path
    )
    return path if quoted == path else f'"{quoted}"'
