"""Recognises the lines by which a model leaves out text: `...`, `# rest unchanged`, and Tercet's own mark of omission."""

import re
from collections.abc import Iterable, Sequence

ELISION = "\u22ee"
"""Begins a line that stands for lines left out, wherever Tercet shows a part of a file to a model."""

_MAX_CHARACTERS = 200
_BARE = re.compile(r"^\s*(?:\.{3,}|…)\s*$")
_OWN = re.compile(rf"^\s*(?:#|//|--|;|/\*|<!--)?\s*{ELISION}.*$")
_COMMENT = re.compile(
    r"^\s*(?://+|#+|--|;+|/\*+|<!--|\{/\*|%|\(\*|REM\b)\s*(?P<words>[^\n]{0,120}?)\s*(?:\*/\}?|-->|\*\))?\s*$",
    re.IGNORECASE,
)
_DOTS_ONLY = re.compile(r"^(?:\.{2,}|…)$")
_DOTS = re.compile(r"^(?:\.{2,}|…)|(?:\.{2,}|…)$")
_WORDS = re.compile(
    r"\b(?:existing|remaining|unchanged|omitted|elided|rest of|the rest|as before|previous code|other code|same as|snip(?:ped)?"
    r"|other (?:methods|functions|fields|imports|tests|cases)|no changes?|stays? the same)\b",
    re.IGNORECASE,
)
_SURE = re.compile(r"\b(?:existing code|rest of the|unchanged|remains? the same|stays? the same)\b", re.IGNORECASE)


def is_elision(line: str) -> bool:
    """Whether the line may stand for lines left out. A bare `...` is Python too: try it as text first."""
    return bool(_BARE.match(line)) or _is_dots(line) or _is_mark(line)


def omissions(new: Sequence[str], among: Iterable[int], old: Sequence[str]) -> list[int]:
    """Which of these lines of a new text leave something out. `// ...` within a comment is part of what it says, and so
    are words that the old text has too."""
    marks = [at for at in among if _is_mark(new[at]) or (_is_dots(new[at]) and not _in_comment_block(new, at))]
    return [at for at in marks if not any(_words(new[at]) in line for line in old)] if marks else []


def _is_mark(line: str) -> bool:
    """Whether nobody would write the line for its own sake."""
    words = _words(line)
    return bool(_OWN.match(line) or _SURE.search(words) or (_DOTS.search(words) and _WORDS.search(words)))


def _is_dots(line: str) -> bool:
    return bool(_DOTS_ONLY.match(_words(line)))


def _in_comment_block(lines: Sequence[str], at: int) -> bool:
    return any(_words(lines[near]) for near in (at - 1, at + 1) if 0 <= near < len(lines))


def _words(line: str) -> str:
    """What a comment says; nothing for code."""
    match = _COMMENT.match(line.strip()) if len(line) <= _MAX_CHARACTERS else None
    return match["words"] if match else ""
