"""Why an edit is refused: a reason for machines, a sentence that a model can act on, the nearest lines. No I/O.

Every refusal is an `EditRefused` (code `edit_refused`). Its data holds `reason` and, where they are known, `path`, `line`
(from zero) and `candidates`; when several edits of a reply are refused, `refusals` lists them all.
"""

from collections.abc import Sequence
from enum import StrEnum

from tercet_shared.errors import EditRefused


class Reason(StrEnum):
    """What kept an edit from landing."""

    AMBIGUOUS = "ambiguous"
    """It fits in several places."""
    STALE = "stale"
    """The text that it was made for is not there, or differs where it matters."""
    ALREADY_APPLIED = "already_applied"
    """Its result is there already."""
    TRUNCATED = "truncated"
    """The reply ends in the middle of it."""
    MALFORMED = "malformed"
    """It breaks the rules of its format."""
    NO_EDIT = "no_edit"
    """The reply has no edit in a format that is known."""
    NO_FILE = "no_file"
    """No such file, or several that the name could mean."""
    FILE_EXISTS = "file_exists"
    """It should be created but is there."""
    NO_CONTEXT = "no_context"
    """It inserts text but does not say where."""
    ELIDED = "elided"
    """What its marks of omission stand for cannot be told."""
    INDENTATION = "indentation"
    """How deep the new lines belong cannot be told."""
    CONFLICT = "conflict"
    """Two edits of the reply change the same lines."""
    FRAGMENT = "fragment"
    """A part of a file is sent as if it were the whole."""
    UNSUPPORTED = "unsupported"
    """It deletes or renames a file, which is not done by an edit."""


def refusal(
    reason: Reason, sentence: str, *, path: str | None = None, line: int | None = None, candidates: Sequence[str] = ()
) -> EditRefused:
    """`line` from zero; `candidates` are lines of the file with their numbers, or paths."""
    known = {"path": path, "line": line, "candidates": list(candidates) or None}
    data = {name: value for name, value in known.items() if value is not None}
    return EditRefused(sentence, reason=str(reason), **data)


def all_refused(refusals: Sequence[EditRefused]) -> EditRefused:
    """One refusal for a reply of which nothing is applied because these edits do not land."""
    if len(refusals) == 1:
        return refusals[0]
    sentences = " ".join(f"({number}) {each.sentence}" for number, each in enumerate(refusals, 1))
    listed = [{**each.data, "sentence": each.sentence} for each in refusals]
    sentence = f"Nothing was changed, for {len(refusals)} edits do not land. {sentences}"
    return EditRefused(sentence, **{**refusals[0].data, "refusals": listed})
