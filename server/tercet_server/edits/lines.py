"""Lines and offsets of a text, as the Language Server Protocol counts them. Knows nothing of edits.

Only `\\n`, `\\r\\n` and `\\r` end a line (LSP 3.17, "Text Documents"); `str.splitlines` ends lines at form feeds and others too.
"""

import re
from bisect import bisect_right
from difflib import SequenceMatcher

from tercet_shared.edits import Position
from tercet_shared.errors import EditRefused

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def split_lines(text: str) -> list[str]:
    """The lines with their ends; joined they are the text again. The last has no end if the text has none there."""
    return _LINE.findall(text)


class LineIndex:
    """Converts between positions and offsets (both in code points) of one text.

    A text of n line ends has n + 1 lines here: what follows the last end is a line, be it empty.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        for line in split_lines(text):
            self._starts.append(self._starts[-1] + len(line))
        if len(self._starts) > 1 and not text.endswith(("\r", "\n")):
            self._starts.pop()

    def offset(self, position: Position) -> int:
        """Raises EditRefused for a position that the text does not have; the end of a line is before its line end."""
        line, character = position.as_tuple()
        if line >= len(self._starts):
            raise EditRefused(
                f"The edit reaches line {line + 1}, but the text has {len(self._starts)} lines; request the edit anew.",
                line=line,
                character=character,
            )
        if character > self._content_length(line):
            raise EditRefused(
                f"The edit reaches column {character + 1} of line {line + 1}, which is only "
                f"{self._content_length(line)} characters long; request the edit anew.",
                line=line,
                character=character,
            )
        return self._starts[line] + character

    def position(self, offset: int) -> Position:
        """The position of an offset; the caller does not ask for one inside `\\r\\n` (see `splits_line_end`)."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line=line, character=offset - self._starts[line])

    def splits_line_end(self, offset: int) -> bool:
        """Whether the offset lies between the two characters of one `\\r\\n`: no position says that."""
        return 0 < offset < len(self._text) and self._text[offset - 1 : offset + 1] == "\r\n"

    def _content_length(self, line: int) -> int:
        start = self._starts[line]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
        if end > start and self._text[end - 1] == "\n":
            end -= 1
        if end > start and self._text[end - 1] == "\r":
            end -= 1
        return end - start


def added_lines(before: str | None, after: str) -> dict[int, str]:
    """The lines (from zero) of the new text that the old one does not have."""
    new = [each.rstrip("\r\n") for each in split_lines(after)]
    old = [each.rstrip("\r\n") for each in split_lines(before or "")]
    matcher = SequenceMatcher(None, old, new, autojunk=len(new) + len(old) > 4000)
    return {
        number: new[number]
        for tag, _, _, start, end in matcher.get_opcodes()
        if tag in {"insert", "replace"}
        for number in range(start, end)
    }
