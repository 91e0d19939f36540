"""Where a command writes: results on stdout, progress and questions on stderr, or one JSON document on stdout.

Knows nothing of runs or daemons. What comes from a workspace is stripped of control characters before a terminal sees it.
"""

import io
import json
import os
import signal
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tercet_shared.errors import TercetError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPE_COLUMNS = 10_000
"""The width where nobody tells: a pipe has none, and a program that reads lines wants them whole."""


BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of text: they can make a diff read other than it is."""


@dataclass(frozen=True)
class Terminal:
    as_json: bool
    out: "Console"
    err: "Console"

    @property
    def can_ask(self) -> bool:
        """Whether a person sits there to answer."""
        return not self.as_json and sys.stdin.isatty() and self.err.is_terminal

    def show(self, *parts: "RenderableType") -> None:
        """Prints a result for a person; nothing in JSON mode."""
        if self.as_json:
            return
        if self.out.is_terminal:
            self.out.print(*parts, sep="\n")
            return
        with self.out.capture() as captured:
            self.out.print(*parts, sep="\n", soft_wrap=True)
        # A pipe gets lines without the blanks that fill a table's last column, and may be closed at any moment.
        self.out.file.writelines(line.rstrip() + "\n" for line in captured.get().splitlines())

    def write(self, text: str) -> None:
        """Prints a text as it is, but for control characters, whatever is on the other side."""
        sys.stdout.write(printable(text))

    def note(self, sentence: str) -> None:
        """Tells a person something beside the result."""
        if not self.as_json:
            self.err.print(printable(sentence), markup=False, highlight=False, soft_wrap=True)

    def ask(self, question: str) -> bool:
        """Yes or no; no is what the return key alone and the end of the input mean. Ctrl-C raises KeyboardInterrupt."""
        # The event loop's own handler would only cancel the task, and not the waiting for a line.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            answer = self.err.input(f"{question} \\[y/N] ")
        except EOFError:
            answer = ""
        finally:
            signal.signal(signal.SIGINT, before)
        return answer.strip().lower() in {"y", "yes"}

    def document(self, value: Any) -> None:
        """Prints the command's one JSON document; nothing for a person. Takes pydantic models, alone or nested.

        Pure ASCII, so that no encoding of the pipe and no odd file name can break it.
        """
        if self.as_json:
            sys.stdout.write(json.dumps(value, default=_jsonable, indent=2) + "\n")


def open_terminal(as_json: bool) -> Terminal:
    """Colour follows the terminal, NO_COLOR and FORCE_COLOR. What the streams' encoding lacks is replaced, never raised."""
    from rich.console import Console

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_COLUMNS
    return Terminal(as_json, Console(width=width), Console(stderr=True))


def problem_of(error: TercetError) -> dict[str, Any]:
    """The error as an RFC 9457 problem: what the daemon's HTTP API gives, without an HTTP status."""
    return {
        "type": f"urn:tercet:problem:{error.code}",
        "title": (type(error).__doc__ or "").strip().partition("\n")[0],
        "detail": error.sentence,
        "code": error.code,
        "retryable": error.retryable,
        "data": error.data,
    }


def printable(text: str) -> str:
    """`text` without the control characters by which a test's output could drive the terminal or reverse what is read."""
    return "".join("�" if _drives(each) else each for each in text)


def _drives(character: str) -> bool:
    return character not in "\n\t" and (unicodedata.category(character) in {"Cc", "Cs"} or character in BIDIRECTIONAL)


def _jsonable(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"not JSON: {type(value).__name__}")
