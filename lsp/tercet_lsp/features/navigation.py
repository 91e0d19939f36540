"""Definitions and references from the index, for languages that no other server of the editor serves: off by default.

Empty where the daemon does not know, or not in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types

from tercet_lsp.convert.positions import from_editor_position, to_editor_range
from tercet_lsp.editor import Editor
from tercet_lsp.session.folders import Folder, Place

if TYPE_CHECKING:
    from tercet_shared.edits import Range

_Found = Iterable[tuple[str, "Range"]]


def register(ls: Editor) -> None:
    if ls.settings.navigation:
        ls.feature(types.TEXT_DOCUMENT_DEFINITION)(definition)
        ls.feature(types.TEXT_DOCUMENT_REFERENCES)(references)


async def definition(ls: Editor, params: types.DefinitionParams) -> list[types.Location]:
    place, here = _asked(ls, params)
    if place is None:
        return []
    found = await ls.look(lambda daemon: daemon.definition(place, *here))
    return await _locations(
        ls, place.folder, [(each.path, each.name_range) for each in found.definitions] if found else []
    )


async def references(ls: Editor, params: types.ReferenceParams) -> list[types.Location]:
    """The definition is among them if the editor asks for it."""
    place, here = _asked(ls, params)
    if place is None:
        return []
    found = await ls.look(lambda daemon: daemon.references(place, *here))
    users = await _locations(ls, place.folder, [(each.path, each.range) for each in found.references] if found else [])
    if not params.context.include_declaration:
        return users
    defined = await ls.look(lambda daemon: daemon.definition(place, *here))
    where = [(each.path, each.name_range) for each in defined.definitions] if defined else []
    return [each for each in await _locations(ls, place.folder, where) if each not in users] + users


def _asked(ls: Editor, params: types.DefinitionParams | types.ReferenceParams) -> tuple[Place | None, tuple[int, int]]:
    """The file and the position in code points; no file for documents that are none of ours."""
    place, document = ls.locate(params.text_document.uri), ls.documents.of(params.text_document.uri)
    if place is None or document is None:
        return None, (0, 0)
    return place, from_editor_position(params.position, document.text, document.encoding)


async def _locations(ls: Editor, folder: Folder, found: _Found) -> list[types.Location]:
    """Each in the text as it is now: columns are counted in the editor's way."""
    locations = []
    for path, span in found:
        place = Place(folder, path)
        text = await ls.text_at(place)
        if text is not None:
            where = to_editor_range(span, text, ls.documents.position_encoding)
            locations.append(types.Location(ls.uri_of(place), where))
    return locations
