"""The outline of a text: what it defines, with ranges. It is made by the same query as the tags."""

from dataclasses import dataclass

from tercet_shared.edits import Range

from tercet_server.languages.catalogue import language_of
from tercet_server.languages.definitions import read
from tercet_server.languages.parsing import parse


@dataclass(frozen=True)
class Symbol:
    """A definition. `name` is dotted from the outermost one: `Shelf.find`; `kind` is one of `tags.Definition`."""

    name: str
    kind: str
    range: Range
    name_range: Range


def outline(path: str, text: str) -> list[Symbol]:
    """The definitions of a text in document order; none for an unknown language or a text that cannot be parsed."""
    language = language_of(path, text)
    parsed = parse(text, language) if language is not None else None
    if parsed is None:
        return []
    return [
        Symbol(
            name=f"{each.scope}.{each.name}" if each.scope else each.name,
            kind=each.kind,
            range=parsed.range_of(each.start, each.end),
            name_range=parsed.range_of(each.name_start, each.name_end),
        )
        for each in read(parsed).definitions
    ]
