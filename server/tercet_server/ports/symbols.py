"""The port to language-aware analysis: where a name is defined by its language's own rules, and what means the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CodeRoot:
    """Where modules of a workspace are looked for: its root, the folders in it, and the packages installed for it."""

    root: Path
    import_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodePosition:
    """A position in a text; `path` is relative to the root, the line and the character count from zero."""

    path: str
    text: str
    line: int
    character: int


@dataclass(frozen=True, slots=True)
class DefinitionSite:
    """Where a name is bound. `path` is absolute, empty for what no file defines; `kind` is the language's word."""

    path: str
    line: int
    character: int
    name: str
    kind: str
    full_name: str = ""
    type: str = ""
    """What it is, in the language's words: `instance of Cart`, `def pay(cart: Cart) -> float`."""


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Positions (line, character) in one text where a name stands."""

    path: str
    text: str
    positions: tuple[tuple[int, int], ...]


class SymbolAnalysis(Protocol):
    """Reads code, executes none of it. What is not known by the deadline is not answered."""

    def understands(self, path: str) -> bool:
        """Whether the file is in a language that it knows."""
        ...

    async def definitions(self, code: CodeRoot, place: CodePosition, deadline_s: float) -> list[DefinitionSite] | None:
        """Where the name at the place is defined; none if nothing is named there, None if there was no time to know."""
        ...

    async def same(
        self, code: CodeRoot, targets: Sequence[DefinitionSite], occurrences: Sequence[Occurrences], deadline_s: float
    ) -> list[list[bool | None]]:
        """For each position of each text: whether it means one of the targets; None where that is not known."""
        ...
