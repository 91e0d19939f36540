"""Applies edits to a text: all of them or none. Refuses what is out of range or overlaps; reads and writes no file."""

from collections.abc import Sequence

from tercet_shared.edits import FileEdit, FileTexts, TextEdit, text_sha256
from tercet_shared.errors import EditRefused, StaleText

from tercet_server.edits.lines import LineIndex


def apply_edits(text: str, edits: Sequence[TextEdit]) -> str:
    """The text after `edits`, whose positions all mean `text` itself and whose order matters only between insertions
    at one place (the first comes first). Raises EditRefused if two overlap or one is out of range."""
    index = LineIndex(text)
    spans = [(index.offset(each.range.start), index.offset(each.range.end), each.new_text) for each in edits]
    pieces: list[str] = []
    done = 0
    for start, end, new_text in sorted(spans, key=lambda span: span[:2]):
        if start < done:
            line = index.position(start).line
            raise EditRefused(f"Two edits overlap in line {line + 1}; nothing was changed.", line=line)
        pieces += (text[done:start], new_text)
        done = end
    return "".join((*pieces, text[done:]))


def apply_file_edit(edit: FileEdit, current: str | None) -> FileTexts:
    """The file before and after `edit`, where `current` is its text now (None: no such file).

    Raises StaleText if the edit was made for another text, EditRefused as `apply_edits` does.
    """
    if edit.base_sha256 is None and current is not None:
        raise StaleText(f"{edit.path} should be created but exists by now; run the request again.", path=edit.path)
    if edit.base_sha256 is not None and current is None:
        raise StaleText(f"{edit.path} does not exist any more; run the request again.", path=edit.path)
    if current is not None and text_sha256(current) != edit.base_sha256:
        raise StaleText(
            f"{edit.path} has changed since this edit was made for it; run the request again.", path=edit.path
        )
    return FileTexts(edit.path, current, apply_edits(current or "", edit.edits))
