"""A file's text as lines: found by comparing at a level, and put together again with its own line ends. No I/O."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from tercet_server.edits.lines import split_lines
from tercet_server.edits.locate.folding import Level, fold


class Splice(NamedTuple):
    """Lines `start:end` (from zero) become `lines`, which have no line ends."""

    start: int
    end: int
    lines: tuple[str, ...]


class Page:
    """One text, immutable; what is computed of it is kept."""

    def __init__(self, text: str) -> None:
        self.text = text
        raw = split_lines(text)
        self.lines = [each.rstrip("\r\n") for each in raw]
        self._raw = raw
        self._folded: dict[Level, list[str]] = {}
        self._joined: dict[Level, str] = {}
        self._places: dict[str, list[int]] | None = None

    def folded(self, level: Level) -> list[str]:
        if level not in self._folded:
            self._folded[level] = self.lines if level is Level.EXACT else fold(self.lines, level)
        return self._folded[level]

    def find(self, folded: Sequence[str], level: Level, limit: int) -> list[int]:
        """Where these lines (folded at the level, at least one) stand one after the other; at most `limit` places."""
        if level not in self._joined:
            self._joined[level] = "\n" + "\n".join(self.folded(level)) + "\n"
        joined = self._joined[level]
        needle = "\n" + "\n".join(folded) + "\n"
        found: list[int] = []
        at, line, done = joined.find(needle), 0, 0
        while at >= 0 and len(found) < limit:
            line += joined.count("\n", done, at)
            done = at
            found.append(line)
            at = joined.find(needle, at + 1)
        return found

    def places(self, folded_line: str) -> Sequence[int]:
        """Every line that equals this one, but for typography and white space."""
        if self._places is None:
            self._places = {}
            for at, line in enumerate(self.folded(Level.TYPOGRAPHY)):
                self._places.setdefault(line, []).append(at)
        return self._places.get(folded_line, ())

    @cached_property
    def line_end(self) -> str:
        """The most frequent one; `\\n` for a text of one line."""
        ends = Counter(raw[len(line) :] for raw, line in zip(self._raw, self.lines, strict=True))
        ends.pop("", None)
        return ends.most_common(1)[0][0] if ends else "\n"

    @property
    def final_newline(self) -> bool:
        """Whether the last line has its end; an empty text may be said to."""
        return not self._raw or self._raw[-1] != self.lines[-1]

    def spliced(self, splices: Sequence[Splice], final_newline: bool | None = None) -> str:
        """The text after the splices, which are in order and do not overlap. Every other line keeps its end.

        A new line ends as the one in whose place it stands, else as the one before it. The text ends in a line end if it
        did before, unless `final_newline` says otherwise.
        """
        pieces: list[str] = []
        done = 0
        for start, end, lines in splices:
            pieces += self._raw[done:start]
            self._end_last(pieces)
            ends = [self._end_of(at) for at in range(start, end)] or [self._end_of(start - 1)]
            pieces += [line + ends[min(at, len(ends) - 1)] for at, line in enumerate(lines)]
            done = end
        rest = self._raw[done:]
        pieces += rest
        if not pieces:
            return ""
        wanted = self.final_newline if final_newline is None else final_newline
        pieces[-1] = pieces[-1].rstrip("\r\n") + ((_end(pieces[-1]) or self.line_end) if wanted else "")
        return "".join(pieces)

    def _end_of(self, at: int) -> str:
        return (_end(self._raw[at]) if 0 <= at < len(self._raw) else "") or self.line_end

    def _end_last(self, pieces: list[str]) -> None:
        """The last line of a file without a final line end gets one when another line follows it."""
        if pieces and not _end(pieces[-1]):
            pieces[-1] += self.line_end


def _end(raw: str) -> str:
    return raw[len(raw.rstrip("\r\n")) :]
