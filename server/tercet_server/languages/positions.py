"""Where a byte of a text's UTF-8 stands: its line, and its character in code points.

Lines end where the Language Server Protocol ends them: at LF, CRLF and CR.
"""

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

_CONTINUATIONS = re.compile(rb"[\x80-\xbf]+")


class Positions:
    """Answers in logarithmic time, also within one line of a million characters."""

    def __init__(self, data: bytes) -> None:
        self.starts = list(accumulate(map(len, data.splitlines(keepends=True)), initial=0))
        """The offset of each line. `bytes`, other than `str`, ends lines like the protocol."""
        if data and data[-1] not in b"\r\n":
            self.starts.pop()
        self._data = data
        self._ascii = data.isascii()

    def line(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def character(self, offset: int) -> int:
        start = self.starts[self.line(offset)]
        return (
            offset - start if self._ascii else offset - start - self._continuations(offset) + self._continuations(start)
        )

    def _continuations(self, offset: int) -> int:
        """How many bytes before the offset only continue a character."""
        ends, counts = self._runs
        return counts[bisect_right(ends, offset)]

    @cached_property
    def _runs(self) -> tuple[list[int], list[int]]:
        runs = [each.span() for each in _CONTINUATIONS.finditer(self._data)]
        return [end for _, end in runs], list(accumulate((end - start for start, end in runs), initial=0))
