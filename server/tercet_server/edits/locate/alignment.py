"""Which line of a file each line of an edit stands for, and what of the file changes then."""

from collections.abc import Sequence
from dataclasses import dataclass

from tercet_server.edits.diff import Hunk as LineHunk
from tercet_server.edits.diff import line_hunks
from tercet_server.edits.locate.elision import omissions
from tercet_server.edits.locate.folding import Level, indentation, plain
from tercet_server.edits.locate.indentation import Reindent
from tercet_server.edits.locate.page import Page, Splice
from tercet_server.edits.refusal import Reason, refusal
from tercet_server.edits.requests import Reading


@dataclass(frozen=True, slots=True)
class Alignment:
    """`places[i]` is the file's line (from zero) that `reading.old[i]` stands for; None for a blank line or a mark of
    omission, which need none. `faults` counts the differences that were overlooked beside white space."""

    reading: Reading
    places: tuple[int | None, ...]
    level: Level
    faults: int = 0

    @property
    def start(self) -> int:
        return next((each for each in self.places if each is not None), 0)

    @property
    def end(self) -> int:
        return next((each for each in reversed(self.places) if each is not None), -1) + 1


def splices(page: Page, alignment: Alignment) -> list[Splice]:
    """What changes: only the lines that the edit itself changes; context keeps the file's text.

    Raises EditRefused if it cannot be told which lines go, where new ones stand, or how deep they belong.
    """
    reading = alignment.reading
    rewrite = _Rewriter(page, alignment)
    result = []
    for change in changes(reading, alignment.level):
        new = reading.new[change.after_start : change.after_end]
        if marks := omissions(reading.new, range(change.after_start, change.after_end), reading.old):
            if change.before_end > change.before_start and len(new) == 1:
                continue  # the mark stands for just these lines: they stay
            raise refusal(
                Reason.ELIDED,
                f"The new text leaves lines out (`{reading.new[marks[0]].strip()[:80]}`) beside lines that it changes, so what "
                "stays cannot be told; write those lines out, or send one edit for each place.",
            )
        start, end = _range(page, alignment, change, new)
        result.append(Splice(start, end, tuple(rewrite(each) for each in new)))
    return result


def changes(reading: Reading, level: Level) -> list[LineHunk]:
    """What the edit changes, found at this level. Typography and white space at line ends are compared as loosely as they
    were found; what is nothing but a change of these is one all the same."""
    if level is Level.EXACT:
        return line_hunks(reading.old, reading.new)
    old, new = (
        [(plain(each) if level is Level.TYPOGRAPHY else each).rstrip() for each in side]
        for side in (reading.old, reading.new)
    )
    return line_hunks(old, new) or line_hunks(reading.old, reading.new)


def _range(page: Page, alignment: Alignment, change: LineHunk, new: Sequence[str]) -> tuple[int, int]:
    """The file's lines that a change replaces."""
    places = alignment.places
    gone = [each for each in places[change.before_start : change.before_end] if each is not None]
    if not gone:
        at = _insertion(page, alignment, change, leave_blank=bool(new) and bool(new[0].strip()) and not new[-1].strip())
        return at, at
    kept = set(range(gone[0], gone[-1] + 1)) - set(gone)
    if any(page.lines[each].strip() for each in kept):
        line = next(each for each in sorted(kept) if page.lines[each].strip())
        raise refusal(
            Reason.STALE,
            f"Among the lines to replace stands one that the edit does not know, line {line + 1}: "
            f"`{page.lines[line].strip()[:120]}`; send the edit with the lines as they are now.",
            line=line,
        )
    return gone[0], gone[-1] + 1


def _insertion(page: Page, alignment: Alignment, change: LineHunk, *, leave_blank: bool) -> int:
    """Before which line new lines go. Blank lines there that the edit does not know come before them if `leave_blank`."""
    places, start, end = alignment.places, change.before_start, change.before_end
    before, after = _nearest(alignment, range(start - 1, -1, -1)), _nearest(alignment, range(end, len(places)))
    for edge, near, beyond in (
        (start - 1, before, (after or 0) - 1),
        (end, after, -1 if before is None else before + 1),
    ):
        is_blank = 0 <= edge < len(places) and not alignment.reading.old[edge].strip()
        if is_blank and near is None and 0 <= beyond < len(page.lines):
            raise refusal(
                Reason.STALE,
                f"Next to the lines to insert the edit has a blank line, and the file has line {beyond + 1}: "
                f"`{page.lines[beyond].strip()[:120]}`; send the edit with the lines as they are now.",
                line=beyond,
            )
    if before is None or after is None:
        return before + 1 if before is not None else after if after is not None else 0
    if any(page.lines[at].strip() for at in range(before + 1, after)):
        raise refusal(
            Reason.STALE,
            f"Between the lines where text is to be inserted now stands line {before + 2}: "
            f"`{page.lines[before + 1].strip()[:120]}`; send the edit with the lines as they are now.",
            line=before + 1,
        )
    return after if leave_blank or places[start - 1] is None else before + 1


def _nearest(alignment: Alignment, indexes: range) -> int | None:
    """The place of the first of these lines that has one, passing over blank lines, not over a mark of omission."""
    for at in indexes:
        if alignment.places[at] is not None:
            return alignment.places[at]
        if alignment.reading.old[at].strip():
            return None
    return None


class _Rewriter:
    """Writes a new line as the file would: with its indentation, and with plain quotes where the file has those."""

    def __init__(self, page: Page, alignment: Alignment) -> None:
        pairs = [
            (old, page.lines[at])
            for old, at in zip(alignment.reading.old, alignment.places, strict=True)
            if at is not None and old.strip()
        ]
        self._reindent = Reindent([(indentation(old), indentation(line)) for old, line in pairs])
        self._plain = alignment.level is Level.TYPOGRAPHY and any(
            plain(old) != old and plain(line) == line for old, line in pairs
        )

    def __call__(self, line: str) -> str:
        if self._plain:
            line = plain(line)
        return self._reindent(line)
