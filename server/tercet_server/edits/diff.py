"""Finds the edits that turn one text into another: by lines first, then within the changed lines. No I/O."""

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from tercet_shared.edits import FileEdit, Position, Range, TextEdit, text_sha256
from tercet_shared.errors import EditRefused

from tercet_server.edits.lines import LineIndex, split_lines

_MAX_PAIRS = 2_000_000
"""Equal pairs of lines above which very frequent lines are left out of the comparison: its time grows with the pairs."""


class Hunk(NamedTuple):
    """Lines `before_start:before_end` of one text stand as lines `after_start:after_end` in the other."""

    before_start: int
    before_end: int
    after_start: int
    after_end: int


class _Span(NamedTuple):
    """Offsets `start:end` of the text before become `new_text`."""

    start: int
    end: int
    new_text: str


def diff_edits(before: str, after: str) -> list[TextEdit]:
    """Edits, in order and never touching each other, that turn `before` into `after`; none if they are equal."""
    index = LineIndex(before)
    spans = [_on_positions(span, before, index) for span in _spans(split_lines(before), split_lines(after))]
    return [
        TextEdit(range=Range(start=index.position(start), end=index.position(end)), new_text=new_text)
        for start, end, new_text in _joined(spans)
    ]


def file_edit(path: str, before: str | None, after: str) -> FileEdit:
    """The edit of one file; `before` is None where it is created. Raises EditRefused if nothing changes."""
    if before is None:
        start = Position(line=0, character=0)
        return FileEdit(
            path=path, base_sha256=None, edits=[TextEdit(range=Range(start=start, end=start), new_text=after)]
        )
    if before == after:
        raise EditRefused(f"The edit of {path} changes nothing; there is nothing to apply.", path=path)
    return FileEdit(path=path, base_sha256=text_sha256(before), edits=diff_edits(before, after))


def line_hunks(before: Sequence[str], after: Sequence[str]) -> list[Hunk]:
    """The differing runs of lines, in order; between two of them stands at least one equal line."""
    head = _common_length(before, after)
    tail = _common_length(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    matcher = SequenceMatcher(None, old, new, autojunk=_equal_pairs(old, new) > _MAX_PAIRS)
    return [
        Hunk(head + old_start, head + old_end, head + new_start, head + new_end)
        for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _common_length(one: Sequence[str], other: Sequence[str]) -> int:
    """How many first elements are equal."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


def _equal_pairs(one: Sequence[str], other: Sequence[str]) -> int:
    counts = Counter(other)
    return sum(counts[line] for line in one)


def _spans(before: list[str], after: list[str]) -> Iterator[_Span]:
    """The changed stretches of characters; hunks of equally many lines are compared line by line."""
    offset, done = 0, 0
    for hunk in line_hunks(before, after):
        offset += sum(map(len, before[done : hunk.before_start]))
        old = before[hunk.before_start : hunk.before_end]
        new = after[hunk.after_start : hunk.after_end]
        if len(old) != len(new):
            old, new = ["".join(old)], ["".join(new)]
        for old_part, new_part in zip(old, new, strict=True):
            if old_part != new_part:
                yield _trimmed(old_part, new_part, offset)
            offset += len(old_part)
        done = hunk.before_end


def _trimmed(old: str, new: str, offset: int) -> _Span:
    """Without the characters that both begin and end with."""
    head = _common_length(old, new)
    tail = _common_length(old[head:][::-1], new[head:][::-1])
    return _Span(offset + head, offset + len(old) - tail, new[head : len(new) - tail])


def _on_positions(span: _Span, before: str, index: LineIndex) -> _Span:
    """Widened where a bound would lie inside `\\r\\n`."""
    start, end, new_text = span
    if index.splits_line_end(start):
        start, new_text = start - 1, "\r" + new_text
    if index.splits_line_end(end):
        end, new_text = end + 1, new_text + "\n"
    return _Span(start, end, new_text)


def _joined(spans: list[_Span]) -> Iterator[_Span]:
    """Spans that touch become one: clients disagree about the order of edits at one position."""
    last: _Span | None = None
    for span in spans:
        if last is None:
            last = span
        elif span.start > last.end:
            yield last
            last = span
        else:
            last = _Span(last.start, span.end, last.new_text + span.new_text)
    if last is not None:
        yield last
