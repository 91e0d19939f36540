"""Code lenses at proposals: apply, compare, discard, with the evidence in the title; of several hunks, each by itself.

Reads the mirror alone. Editors without lenses have the same as code actions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.arguments import Command
from tercet_lsp.convert.evidence import standing
from tercet_lsp.convert.positions import to_editor_range
from tercet_lsp.documents import Document
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Place

if TYPE_CHECKING:
    from tercet_shared.edits import FileEdit
    from tercet_shared.proposals import Proposal


def at(ls: Editor, place: Place, document: Document) -> Iterator[types.CodeLens]:
    workspace = ls.session.folders.workspace(place.folder)
    for proposal in ls.session.mirror.proposals(workspace.id, place.path) if workspace else ():
        for file in proposal.change_set.files:
            if file.path == place.path and file.base_sha256 == document.text.sha256:
                yield from _of_proposal(proposal, file, document)


def _of_proposal(proposal: Proposal, file: FileEdit, document: Document) -> Iterator[types.CodeLens]:
    names = {"proposal": proposal.id}
    where = to_editor_range(file.edits[0].range, document.text, document.encoding)
    title = f"Tercet: apply “{proposal.title}” ({standing(proposal.evidence)})"
    yield _lens(where, title, Command.APPLY, names)
    yield _lens(where, "compare", Command.COMPARE, names)
    yield _lens(where, "discard", Command.DISCARD, names)
    hunks = sum(len(each.edits) for each in proposal.change_set.files)
    for number, edit in enumerate(file.edits if hunks > 1 else ()):
        here = to_editor_range(edit.range, document.text, document.encoding)
        arguments = {**names, "uri": document.uri, "hunk": number}
        yield _lens(here, "apply this hunk alone (unverified)", Command.APPLY_HUNK, arguments)
        yield _lens(here, "discard this hunk", Command.DISCARD_HUNK, arguments)


def _lens(where: types.Range, title: str, command: Command, arguments: Mapping[str, object]) -> types.CodeLens:
    return types.CodeLens(where, types.Command(title=title, command=command.value, arguments=[dict(arguments)]))
