"""Recognises an edit whose result is in the file already: models repeat themselves, and texts move on without telling them."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from tercet_server.edits.locate.alignment import Alignment, changes
from tercet_server.edits.locate.folding import Level, fold, indentation
from tercet_server.edits.locate.likeness import is_solid
from tercet_server.edits.locate.page import Page, Splice
from tercet_server.edits.requests import Reading

_MAX_PLACES = 100
_MAX_EXAMINED = 20
_FEW_LINES = 4
_SHARE = 0.9
_MODIFIER = (
    r"(?:export|default|pub(?:\(\w+\))?|public|private|protected|internal|static|async|abstract|final|override|unsafe"
    r"|const)"
)
_DEFINITION = re.compile(
    rf"\s*(?:{_MODIFIER}\s+){{0,5}}(?:(?:def|class|func|fun|fn|function|interface|struct|enum|trait|module|namespace)\s+[\w(.*]"
    rf"|(?:test|it|describe|context|specify)\b[\s(]*[\"'`]).*[^(,\s]$"
    rf"|\s*(?:{_MODIFIER}\s+){{1,5}}[\w<>\[\]?.]+\s+\w+\([^;(,]*[^;(,\s]$"
)
"""The first line of a definition or of a named test, in the languages that have a word or a mark for it."""
_NEAR = 2
"""How many lines may stand between a block and where it would be inserted."""


def applied_at(page: Page, readings: Sequence[Reading]) -> int | None:
    """Where the new lines stand, context and all, if they say enough to be recognised."""
    telling = [each for each in readings if _tells_of_itself(each)]
    for level in Level:
        for reading in telling:
            new = fold(reading.new, level)
            if new != fold(reading.old, level) and (found := page.find(new, level, 1)):
                return found[0]
    return None


def is_there_already(page: Page, alignment: Alignment) -> bool:
    """Whether the new lines, which repeat the old ones and add to them, stand just where the old ones were found."""
    old, new = alignment.reading.old, alignment.reading.new
    if len(new) <= len(old):
        return False
    added = [each for each in new if each not in set(old)]
    if not any(map(is_solid, added)):
        return False
    starts = page.find(fold(new, alignment.level), alignment.level, _MAX_PLACES)
    return any(start <= alignment.start and alignment.end <= start + len(new) for start in starts)


def stands_beside(page: Page, splice: Splice, removed: frozenset[int]) -> bool:
    """Whether what the splice adds stands next to its place already, in lines that stay (`removed` are those that go).

    A few lines must be there exactly. Of a longer block most must be, and its first: a copy with another name begins
    otherwise, and a block that was changed since does not.
    """
    block = [each for each in fold(splice.lines, Level.INDENTATION) if each]
    added = Counter(block) - Counter(fold(page.lines[splice.start : splice.end], Level.INDENTATION))
    first = next((each for each in block if each in added and is_solid(each)), None)
    if first is None:
        return False
    gone = splice.end > splice.start
    reach = len(splice.lines) + _NEAR
    before = _filled(page, range(max(0, splice.start - reach), splice.start), removed)
    after = _filled(page, range(splice.end, min(len(page.lines), splice.end + reach)), removed)
    if added.total() < _FEW_LINES:
        return not gone and block in (before[-len(block) :], after[: len(block)])
    near = (before[-added.total() - _NEAR :], after[: added.total() + _NEAR])
    return any(
        first in each[: _NEAR + 1] and (added & Counter(each)).total() >= _SHARE * added.total() for each in near
    )


def repeats_definition(page: Page, splice: Splice, removed: frozenset[int]) -> str | None:
    """A definition that the splice adds, though it stands already in the block around, in a line that stays; its first line.

    The block around: lines at least as deep, up and down. The same line in another class is another definition, and so is
    one within what the splice adds.
    """
    known = [page.lines[at].rstrip() for at in range(splice.start, splice.end)]
    depth = min((len(indentation(each)) for each in splice.lines if each.strip()), default=0)
    outermost = (each.rstrip() for each in splice.lines if len(indentation(each)) == depth)
    for line in islice(filter(_DEFINITION.match, outermost), _MAX_EXAMINED):
        if line not in known and _stands_around(page, splice, line, removed):
            return line.strip()
    return None


def _stands_around(page: Page, splice: Splice, line: str, removed: frozenset[int]) -> bool:
    depth = len(indentation(line))
    for at in page.find([line], Level.EXACT, _MAX_EXAMINED):
        between = range(at + 1, splice.start) if at < splice.start else range(splice.end, at)
        if at not in removed and all(
            len(indentation(each)) >= depth for each in (page.lines[near] for near in between) if each.strip()
        ):
            return True
    return False


def _filled(page: Page, among: range, removed: frozenset[int]) -> list[str]:
    return [line for at in among if (line := page.lines[at].strip()) and at not in removed]


def _tells_of_itself(reading: Reading) -> bool:
    """Whether the new lines would hardly stand anywhere if the edit had not been applied: some are new, or lines of context
    meet that had others between them."""
    found = changes(reading, Level.EXACT)
    if any(each.after_start < each.after_end for each in found):
        return any(is_solid(line) for each in found for line in reading.new[each.after_start : each.after_end])
    return any(map(is_solid, reading.new)) and all(
        each.before_start and each.before_end < len(reading.old) for each in found
    )
