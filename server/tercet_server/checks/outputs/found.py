"""What every parser of findings gives, and the paths that it may name."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pydantic import TypeAdapter, ValidationError
from tercet_shared.edits import RelativePath
from tercet_shared.findings import Severity

MESSAGE_CHARACTERS = 1000
MOST_FOUND = 2000
"""A tool with more to say is read no further."""

_LARGEST = 10_000_000
_RELATIVE_PATH: TypeAdapter[str] = TypeAdapter(RelativePath)
_SEVERITIES = {
    **dict.fromkeys(("error", "fatal", "fatal error", "critical", "blocker", "2"), Severity.ERROR),
    **dict.fromkeys(("note", "info", "information", "style", "convention", "refactor"), Severity.INFO),
    **dict.fromkeys(("hint", "none", "help"), Severity.HINT),
}


@dataclass(frozen=True)
class ToolFinding:
    """One finding of a tool. Lines and columns count from zero; a tool that names no column means the whole line."""

    path: str
    line: int
    column: int | None
    severity: Severity
    rule: str
    message: str
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True)
class Within:
    """The folder in which a tool ran: what it calls the workspace's root, and where below it the command stood."""

    root: str
    cwd: str = "."

    def path(self, named: str) -> str | None:
        """The path in the workspace of a file that a tool names; None for one that lies outside."""
        if named.startswith("file:"):
            named = unquote(urlsplit(named).path) if named.isprintable() else ""
        if not named or "\0" in named:
            return None
        joined = posixpath.normpath(posixpath.join(self.root, self.cwd, named))
        root = self.root.rstrip("/") + "/"
        if not joined.startswith(root):
            return None
        try:
            return _RELATIVE_PATH.validate_python(joined.removeprefix(root))
        except ValidationError:
            return None


FindingParser = Callable[[bytes, Within], list[ToolFinding]]


def severity_of(word: str, otherwise: Severity = Severity.WARNING) -> Severity:
    """What a tool's own word for a severity means."""
    return _SEVERITIES.get(word.strip().lower(), otherwise)


def number(value: object) -> int | None:
    """A position counted from one, as a number from zero; None for what is no position."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 8:
        value = int(value)
    return value - 1 if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST else None


def sentence(message: object) -> str:
    """A message on one line, capped."""
    return " ".join(str(message).split())[:MESSAGE_CHARACTERS]
