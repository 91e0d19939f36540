"""What a model is shown of a file: all of it if it is short, else the whole definitions around the lines that matter. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from tercet_server.edits import ELISION
from tercet_server.languages import outline

BYTES_PER_TOKEN = 3
HEAD_LINES = 30
"""Of a file's first lines, where its imports and constants stand, as many as are shown of a long one."""

AROUND = 12
"""Lines on each side of a line that stands in no definition."""

LONGEST_DEFINITION = 200
"""Lines; of a longer one only those around the line that matters are shown."""


def excerpt(path: str, text: str, weights: Mapping[int, float], most_tokens: int) -> str:
    """`weights`: line (from zero) → how much it matters, above 0. The text shown, at most about `most_tokens` long.

    What is left out is marked by a line with the edit engine's mark of elision. Empty if nothing fits. Blocks.
    """
    if _tokens(text) <= most_tokens:
        return text
    lines = text.split("\n")
    shown: set[int] = set()
    left = most_tokens
    for span in _spans(path, text, len(lines), weights):
        more = [line for line in span if line not in shown]
        cost = _tokens("\n".join(lines[line] for line in more)) + 2
        if cost > left:
            continue
        shown.update(more)
        left -= cost
    return _joined(lines, sorted(shown))


def _spans(path: str, text: str, count: int, weights: Mapping[int, float]) -> Iterable[range]:
    """What to show, most important first: the definitions around the lines that matter, and the file's head after the first."""
    definitions = [(each.range.start.line, each.range.end.line) for each in outline(path, text)]
    ranked = sorted(weights, key=lambda line: (-weights[line], line))
    for number, line in enumerate(each for each in ranked if 0 <= each < count):
        yield _around(line, count, definitions)
        if number == 0:
            yield range(min(HEAD_LINES, count))


def _around(line: int, count: int, definitions: Sequence[tuple[int, int]]) -> range:
    """The innermost definition that the line stands in, if it is not too long; else the lines around."""
    enclosing = [(start, end) for start, end in definitions if start <= line <= end]
    start, end = max(enclosing, default=(line, line), key=lambda each: each[0])
    if not enclosing or end - start >= LONGEST_DEFINITION:
        low, high = (start, end) if enclosing else (0, count - 1)
        return range(max(low, line - AROUND), min(high, line + AROUND) + 1)
    return range(start, end + 1)


def _joined(lines: Sequence[str], shown: Sequence[int]) -> str:
    parts: list[str] = []
    last = -1
    for line in shown:
        if line != last + 1:
            parts.append(ELISION)
        parts.append(lines[line])
        last = line
    if shown and last < len(lines) - 1:
        parts.append(ELISION)
    return "\n".join(parts)


def _tokens(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN + 1
