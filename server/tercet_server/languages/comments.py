"""The words about a definition: the comment above it, and what a comment or docstring says without its marks."""

import inspect
import re

from tercet_server.languages.catalogue import Language
from tercet_server.languages.positions import Positions

DOC_CHARACTERS = 2000
_LINES_ABOVE = 80
_INDENTATION = 200


def above(data: bytes, positions: Positions, language: Language, start: int) -> tuple[int, str]:
    """Where a definition that starts at an offset really starts (at its first annotation), and the comment above it."""
    line = positions.line(start)
    first, lines, block = start, list[str](), False
    if data[max(positions.starts[line], start - _INDENTATION) : start].strip():
        return start, ""  # something else stands before it, and the comment is about that
    opening, closing = language.block_comment or ("", "")
    for above_it in range(line - 1, max(-1, line - 1 - _LINES_ABOVE), -1):
        offset = positions.starts[above_it]
        shown = data[offset : min(positions.starts[above_it + 1], offset + DOC_CHARACTERS)].decode("utf-8", "replace")
        words = shown.strip()
        if not block and not lines and words and words.startswith(language.annotation):
            first = offset + len(shown) - len(shown.lstrip())
            continue
        ends = bool(closing) and words.endswith(closing)
        if block or (ends and ((opening in words[:-1] and words.startswith(opening)) or opening not in words)):
            lines.append(shown)
            block = opening not in words
        elif words.startswith(language.line_comment):
            lines.append(shown)
        else:
            break
    return first, "" if block else plain("".join(reversed(lines)), language)


def plain(comment: str, language: Language) -> str:
    """A comment without its marks, at most 2000 characters."""
    marks = [*language.line_comment, *(language.block_comment or ())]
    if not comment or not marks:
        return docstring(comment)
    pattern = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    lines = (
        re.sub(rf"^\s*(?:(?:{pattern})[/!*]*|\*(?!/))? ?|\s*(?:\*/|-->|#>)\s*$", "", line)
        for line in comment.splitlines()
    )
    return docstring("\n".join(lines))


def docstring(text: str) -> str:
    """A docstring without its indentation, at most 2000 characters."""
    lines = text[: 2 * DOC_CHARACTERS].splitlines()
    return inspect.cleandoc("\n".join(lines))[:DOC_CHARACTERS].strip() if lines else ""
