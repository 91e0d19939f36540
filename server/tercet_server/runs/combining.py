"""Joins the changes accepted for several steps into one. Pure: texts and edits in, a change set out."""

from collections.abc import Mapping, Sequence

from tercet_shared.edits import ChangeSet, FileEdit
from tercet_shared.errors import EditRefused

from tercet_server.edits import apply_edits


def combine(change_sets: Sequence[ChangeSet], texts: Mapping[str, str | None]) -> ChangeSet:
    """All changes together; `texts` are the base texts by path. Raises EditRefused where two of them overlap."""
    by_path: dict[str, FileEdit] = {}
    for edit in (edit for change_set in change_sets for edit in change_set.files):
        earlier = by_path.get(edit.path)
        by_path[edit.path] = edit if earlier is None else _joined(earlier, edit, texts.get(edit.path))
    return ChangeSet(files=list(by_path.values()))


def _joined(first: FileEdit, second: FileEdit, text: str | None) -> FileEdit:
    if first.base_sha256 is None or second.base_sha256 != first.base_sha256 or text is None:
        raise EditRefused(f"Two changes both rewrite {first.path}, so they cannot be offered as one.", path=first.path)
    edits = [*first.edits, *(edit for edit in second.edits if edit not in first.edits)]
    apply_edits(text, edits)
    return FileEdit(path=first.path, base_sha256=first.base_sha256, edits=edits)
