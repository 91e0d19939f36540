"""One version of a document's text with what positions and hashes need. Lines end as the protocol says, not as Python does."""

import io
from dataclasses import dataclass
from functools import cached_property

LINE_ENDS = "\r\n"


@dataclass(frozen=True)
class Text:
    """A text as the editor has it: line endings kept, no byte-order mark."""

    content: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends (`\\n`, `\\r\\n`, `\\r` alone); the last one has none and may be empty."""
        lines = io.StringIO(self.content, newline="").readlines()
        if not lines or lines[-1].endswith(("\n", "\r")):
            lines.append("")
        return lines

    @cached_property
    def sha256(self) -> str:
        """The hash that names this version to the daemon."""
        from tercet_shared.edits import text_sha256  # noqa: PLC0415  # pydantic comes after `initialize` is answered

        return text_sha256(self.content)

    def line(self, number: int) -> str:
        """The line without its end; empty beyond the last."""
        return self.lines[number].rstrip(LINE_ENDS) if number < len(self.lines) else ""

    def offset(self, line: int, character: int) -> int:
        """The index of a position (code points) in the content; beyond a line or the text, its end."""
        if line >= len(self.lines):
            return len(self.content)
        return sum(map(len, self.lines[:line])) + min(character, len(self.line(line)))
