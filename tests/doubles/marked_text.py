"""Python texts with a selection marked in them («…»), and what the refactorings make of them."""

from collections.abc import Sequence

from tercet_server.refactoring import refactorings
from tercet_shared.edits import Position, Range, TextEdit
from tercet_shared.refactoring import Refactoring, RefactoringKind


def position(text: str, offset: int) -> Position:
    """Of a text whose lines end with a line feed."""
    return Position(line=text.count("\n", 0, offset), character=offset - text.rfind("\n", 0, offset) - 1)


def span(text: str, start: int, end: int) -> Range:
    return Range(start=position(text, start), end=position(text, end))


def marked(text: str) -> tuple[str, Range]:
    """The text without the marks, and what stood between them."""
    before, rest = text.split("«")
    inside, after = rest.split("»")
    whole = before + inside + after
    return whole, span(whole, len(before), len(before) + len(inside))


def edited(text: str, edits: Sequence[TextEdit]) -> str:
    """The text after edits that are in its order. Fails where they overlap."""
    starts = [0, *(at + 1 for at, each in enumerate(text) if each == "\n")]
    pieces, done = [], 0
    for edit in edits:
        start, end = (starts[each.line] + each.character for each in (edit.range.start, edit.range.end))
        assert done <= start <= end <= len(text)
        pieces += [text[done:start], edit.new_text]
        done = end
    return "".join([*pieces, text[done:]])


def offer(text: str, kind: RefactoringKind) -> Refactoring | None:
    found = [each for each in refactorings(*marked(text)) if each.kind == kind]
    assert len(found) <= 1
    return found[0] if found else None


def refactored(text: str, kind: RefactoringKind) -> str:
    found = offer(text, kind)
    assert found is not None
    assert not found.refusal, found.refusal
    return edited(marked(text)[0], found.edits)


def refusal(text: str, kind: RefactoringKind) -> str:
    found = offer(text, kind)
    assert found is not None
    assert not found.edits
    return found.refusal
