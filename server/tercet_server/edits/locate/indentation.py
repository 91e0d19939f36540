"""Writes new lines with the file's indentation, when the edit's own differs: learnt from the lines found in the file."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tercet_server.edits.locate.folding import indentation
from tercet_server.edits.refusal import Reason, refusal

Pair = tuple[str, str]
"""The indentation of one line in the edit and in the file."""
Rule = Callable[[str], str | None]
"""From the edit's indentation to the file's; None where the rule says nothing."""

_TAB_WIDTHS = (4, 2, 8, 3)


class Reindent:
    """The simplest rule that explains every pair: as it is, shifted, blanks for tabs, tabs for blanks, or by table."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = list(dict.fromkeys(pairs))
        self._rule: Rule | None = None
        if any(edit != file for edit, file in self._pairs):
            self._rule = next(
                (rule for rule in _rules(self._pairs) if _explains(rule, self._pairs)), _table(self._pairs)
            )

    def __call__(self, line: str) -> str:
        """Raises EditRefused if no rule says how deep the line belongs."""
        if self._rule is None or not line.strip():
            return line
        depth = indentation(line)
        found = self._rule(depth)
        if found is None:
            raise refusal(
                Reason.INDENTATION,
                f"The lines of the edit are indented otherwise than the file's, in different ways, so how deep "
                f"`{line.strip()[:120]}` belongs cannot be told; send the lines with the file's own indentation.",
            )
        return found + line[len(depth) :]


def _explains(rule: Rule, pairs: Sequence[Pair]) -> bool:
    return all(rule(edit) == file for edit, file in pairs)


def _rules(pairs: Sequence[Pair]) -> Iterator[Rule]:
    edit, file = pairs[0]
    if file.endswith(edit):
        yield _added(file[: len(file) - len(edit)])
    if edit.endswith(file):
        yield _removed(edit[: len(edit) - len(file)])
    deep = max(pairs, key=lambda pair: len(pair[0].expandtabs(4)))
    for width in _likely_widths(pairs):
        shift = len(deep[1].expandtabs(width)) - len(deep[0].expandtabs(width))
        for write in (_blanks, _tabs):
            yield partial(write, width=width, shift=0)
            yield partial(write, width=width, shift=shift)
    if deep[0].strip("\t") == "" or deep[0].strip(" ") == "":
        yield from _scaled(deep)


def _likely_widths(pairs: Sequence[Pair]) -> Sequence[int]:
    """Widths of a tab that the pairs speak for come first."""
    for one, other in pairs:
        for tabs, blanks in ((one, other), (other, one)):
            if tabs and tabs.strip("\t") == "" and blanks.strip(" ") == "" and len(blanks) % len(tabs) == 0 and blanks:
                return tuple(dict.fromkeys((len(blanks) // len(tabs), *_TAB_WIDTHS)))
    return _TAB_WIDTHS


def _added(prefix: str) -> Rule:
    return lambda depth: prefix + depth


def _removed(prefix: str) -> Rule:
    return lambda depth: depth[len(prefix) :] if depth.startswith(prefix) else None


def _blanks(depth: str, width: int, shift: int) -> str | None:
    columns = len(depth.expandtabs(width)) + shift
    return " " * columns if columns >= 0 else None


def _tabs(depth: str, width: int, shift: int) -> str | None:
    columns = len(depth.expandtabs(width)) + shift
    return "\t" * (columns // width) + " " * (columns % width) if columns >= 0 else None


def _scaled(deep: Pair) -> Iterator[Rule]:
    """Two blanks a level for four, and the like."""
    edit, file = (len(each.expandtabs(1)) for each in deep)
    if edit and file and ("\t" in deep[0]) == ("\t" in deep[1]):
        mark = deep[1][:1]
        yield lambda depth: mark * (len(depth) * file // edit) if len(depth) * file % edit == 0 else None


def _table(pairs: Sequence[Pair]) -> Rule:
    """Where no rule explains all: the file's indentation of a line that the edit indents just so, if that is always one."""
    known: dict[str, str | None] = {}
    for edit, file in pairs:
        known[edit] = file if known.get(edit, file) == file else None
    return known.get
