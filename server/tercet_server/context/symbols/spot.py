"""A name at a place of a text, with what the text says of it. Pure."""

from dataclasses import dataclass

from tercet_server.context.packing import lines_of
from tercet_server.context.symbols.names import name_at, named_here
from tercet_server.languages import Definition, tags
from tercet_server.ports import CodePosition


@dataclass(frozen=True, slots=True)
class Spot:
    """`line` and `character` are where the name begins; `definitions` are all of the text's."""

    path: str
    text: str
    lines: tuple[str, ...]
    name: str
    line: int
    character: int
    definitions: tuple[Definition, ...]

    @classmethod
    def of(cls, path: str, text: str, line: int, character: int) -> "Spot | None":
        """None if no name stands there. CPU-bound."""
        lines = tuple(lines_of(text))
        found = name_at(lines[line], character) if line < len(lines) else None
        if found is None:
            return None
        return cls(path, text, lines, found[0], line, found[1], tags(path, text).definitions)

    @property
    def own(self) -> Definition | None:
        """The definition that is named at this very place."""
        return named_here(self.definitions, self.name, self.line, self.character)

    @property
    def position(self) -> CodePosition:
        return CodePosition(self.path, self.text, self.line, self.character)
