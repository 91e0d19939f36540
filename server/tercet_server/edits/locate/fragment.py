"""Replaces text within lines, as tools with `old_string` and `new_string` do: exact, and once unless all are meant."""

from tercet_server.edits.locate.page import Page, Splice
from tercet_server.edits.refusal import Reason, refusal
from tercet_server.edits.requests import Hunk

_MAX_PLACES = 10_000


def in_lines(page: Page, hunk: Hunk) -> list[Splice]:
    """What changes; nothing if the text is not there. Raises EditRefused if it is there more than once."""
    assert hunk.fragment is not None
    old, new = hunk.fragment
    text = "\n".join(page.lines)
    found = _all(text, old)
    if len(found) > 1 and not hunk.everywhere:
        places = [text.count("\n", 0, each) for each in found[:10]]
        stated = [at for at, place in zip(found, places, strict=False) if place == hunk.line]
        if len(stated) != 1:
            listed = ", ".join(str(each + 1) for each in places)
            raise refusal(
                Reason.AMBIGUOUS,
                f"The text to replace stands in {len(found)} places (lines {listed}); send more of the text around it, so that it "
                "fits only one.",
                line=places[0],
            )
        found = stated
    if not found:
        return []
    changed = _replaced(text, found, old, new)
    if changed == text:
        raise refusal(Reason.ALREADY_APPLIED, "The old and the new text are the same; there is nothing to change.")
    first, last = text.count("\n", 0, found[0]), text.count("\n", 0, found[-1] + len(old))
    tail = len(page.lines) - last - 1
    lines = changed.split("\n")
    return [Splice(first, last + 1, tuple(lines[first : len(lines) - tail]))]


def _all(text: str, old: str) -> list[int]:
    found: list[int] = []
    at = text.find(old)
    while at >= 0 and len(found) < _MAX_PLACES:
        found.append(at)
        at = text.find(old, at + len(old))
    return found


def _replaced(text: str, found: list[int], old: str, new: str) -> str:
    pieces: list[str] = []
    done = 0
    for at in found:
        pieces += (text[done:at], new)
        done = at + len(old)
    return "".join((*pieces, text[done:]))
