"""Packs ranked places of a code base into a text within a budget of tokens: signatures first, bodies by their value.

Pure. Shows lines exactly as they are and never part of one; a line `⋮ N lines` stands for those that are left out, which the
edit engine understands in replies. The same places and texts give
the same section, whatever order the texts come in, so that a provider's prompt cache holds.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tercet_server.edits import ELISION

BYTES_PER_TOKEN = 3
"""Source code takes 3 to 4 bytes of UTF-8 a token with the usual tokenizers, so a token for three is an upper estimate."""

AROUND_BYTES = 60
"""What a piece takes besides its own lines: marks of what is left out, and often a path and fences."""

_MARK = re.compile(rf"{ELISION} \d+ lines?")
_BACKTICKS = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class Block:
    """A definition in a text: lines from zero, ends inclusive; its header runs from `start` to `header_end`."""

    name: str
    start: int
    header_end: int
    end: int

    def encloses(self, other: "Block") -> bool:
        return self.start <= other.start and other.end <= self.end and self != other


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text with all its definitions."""

    path: str
    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What is ranked: a definition of one of the sources. `signature_only`: its body is not wanted."""

    path: str
    block: Block
    signature_only: bool = False


@dataclass(frozen=True, slots=True)
class PackedFile:
    """The names of the ranked definitions that are shown whole, and of those of which the header alone is shown."""

    path: str
    bodies: tuple[str, ...]
    signatures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    text: str
    tokens: int
    files: tuple[PackedFile, ...]
    left_out: int
    """Ranked places of which nothing is shown."""


def tokens_of(text: str) -> int:
    """An upper estimate of the tokens of a text of code or prose."""
    return -(-_size(text) // BYTES_PER_TOKEN)


def pack(ranked: Sequence[Place], sources: Iterable[Source], budget: int) -> Section:
    """The places, best first, packed into at most `budget` tokens.

    A place's worth falls with its rank as 1/(rank+1), as much for its signature as for its body; what has the most worth a
    byte goes in first (the greedy rule for the knapsack problem). A definition brings the headers of those around it.
    """
    sheets = {source.path: _Sheet(source) for source in sources}
    shown = [place for place in ranked if place.path in sheets and sheets[place.path].is_honest]
    free = budget * BYTES_PER_TOKEN
    for piece in sorted(
        _pieces(shown, sheets), key=lambda piece: (-piece.worth_per_byte, piece.rank, len(piece.lines))
    ):
        free -= sheets[piece.path].add(piece.lines, free)
    ordered = [sheets[path] for path in sorted(sheets) if sheets[path].lines]
    text = "".join(sheet.render(sheet.lines) for sheet in ordered)
    files = tuple(sheet.summary(shown) for sheet in ordered)
    left_out = sum(not sheets[place.path].has(_header(place.block)) for place in shown) + len(ranked) - len(shown)
    return Section(text, tokens_of(text), files, left_out)


def header_end(lines: Sequence[str], definition: range, name_line: int, signature: str) -> int:
    """The last line of a definition's header: where its `signature` (folded into one line) has been read whole.

    `definition` are its lines. Where the signature is none of the text, the header ends with the line of the name.
    """
    wanted = _squeezed(signature)
    readable = definition[: max(0, len(lines) - definition.start)]
    starts = (line for line in readable if line <= name_line and _begins(wanted, _squeezed(lines[line])))
    read = 0
    for line in range(next(starts, name_line), readable.stop):
        read += len(_squeezed(lines[line]))
        if line >= name_line and read >= len(wanted):
            return line
    return name_line


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _begins(signature: str, line: str) -> bool:
    return line != "" and (signature.startswith(line) or line.startswith(signature))


def lines_of(text: str) -> list[str]:
    """The lines without their ends, where `\\n`, `\\r\\n` and `\\r` alone end a line: as every position in Tercet counts."""
    return [line.rstrip("\r\n") for line in io.StringIO(text, newline="")]


@dataclass(frozen=True, slots=True)
class _Piece:
    path: str
    lines: frozenset[int]
    rank: int
    worth_per_byte: float


def _pieces(ranked: Sequence[Place], sheets: Mapping[str, "_Sheet"]) -> Iterable[_Piece]:
    for rank, place in enumerate(ranked):
        sheet = sheets[place.path]
        around = frozenset(line for block in sheet.around(place.block) for line in _header(block))
        header = around | _header(place.block)
        body = header | frozenset(range(place.block.start, place.block.end + 1))
        for lines in {header} if place.signature_only else {header, body}:
            yield _Piece(place.path, lines, rank, 1 / (rank + 1) / (AROUND_BYTES + sheet.bytes_in(lines)))


def _header(block: Block) -> frozenset[int]:
    return frozenset(range(block.start, block.header_end + 1))


@dataclass(slots=True)
class _Sheet:
    """One file of a section while it is being filled."""

    source: Source
    lines: frozenset[int] = frozenset()
    _texts: list[str] = field(default_factory=list)
    _size: int = 0

    def __post_init__(self) -> None:
        self._texts = lines_of(self.source.text.encode("utf-8", "replace").decode())

    @property
    def is_honest(self) -> bool:
        """Whether no line of the file could be taken for one of ours."""
        return ELISION not in self.source.text or not any(map(_MARK.fullmatch, self._texts))

    def around(self, block: Block) -> Iterable[Block]:
        return (each for each in self.source.blocks if each.encloses(block))

    def bytes_in(self, lines: Iterable[int]) -> int:
        return sum(_size(self._texts[line]) + 1 for line in lines if line < len(self._texts))

    def has(self, lines: frozenset[int]) -> bool:
        return lines <= self.lines

    def add(self, lines: frozenset[int], free: int) -> int:
        """Shows these lines too if that takes at most `free` bytes more; how many it took."""
        wanted = self.lines | frozenset(line for line in lines if line < len(self._texts))
        if wanted == self.lines:
            return 0
        size = _size(self.render(wanted))
        taken = size - self._size
        if taken > free:
            return 0
        self.lines, self._size = wanted, size
        return taken

    def render(self, lines: frozenset[int]) -> str:
        body = "".join(f"{line}\n" for line in self._with_marks(sorted(lines)))
        longest = max((len(run) for run in _BACKTICKS.findall(body)), default=2)
        fence = "`" * (longest + 1)
        path = self.source.path if self.source.path.isprintable() else ascii(self.source.path)
        return f"{path}\n{fence}\n{body}{fence}\n"

    def _with_marks(self, lines: Sequence[int]) -> Iterable[str]:
        following = 0
        for line in [*lines, len(self._texts)]:
            yield from self._left_out(following, line)
            if line < len(self._texts):
                yield self._texts[line]
            following = line + 1

    def _left_out(self, start: int, end: int) -> Iterable[str]:
        """What stands for the lines from `start` up to `end`; blank ones cost no more than to say so."""
        if not any(self._texts[start:end]):
            return self._texts[start:end]
        return [f"{ELISION} {end - start} line{'s' if end - start > 1 else ''}"]

    def summary(self, ranked: Iterable[Place]) -> PackedFile:
        blocks = dict.fromkeys(place.block for place in ranked if place.path == self.source.path)
        named = sorted((block for block in blocks if self.has(_header(block))), key=lambda block: block.start)
        whole = [block for block in named if self.has(frozenset(range(block.start, block.end + 1)))]
        bodies = tuple(block.name for block in whole)
        return PackedFile(self.source.path, bodies, tuple(block.name for block in named if block not in whole))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
