"""Decides between several places by what the model said about the place: a line number, the definition around it."""

from collections.abc import Sequence

from tercet_server.edits.locate.alignment import Alignment
from tercet_server.edits.locate.folding import Level, fold, indentation
from tercet_server.edits.locate.page import Page
from tercet_server.edits.requests import Hunk

_CLOSERS = ("}", ")", "]", "{", "end", "else", "elif", "except", "finally", "catch", "</")


def chosen(page: Page, hunk: Hunk, found: Sequence[Alignment]) -> list[Alignment]:
    """Those that the hints leave; all, if they leave none or do not decide. A number is believed only if it is exact:
    the nearest of several places is right no oftener than by luck."""
    if len(found) <= 1:
        return list(found)
    if hunk.line is not None and (exact := [each for each in found if each.start == hunk.line]):
        return exact
    if hunk.at_end and (last := [each for each in found if each.end == len(page.lines)]):
        return last
    blocks = scope_blocks(page, hunk.scopes)
    inside = [each for each in found if any(start <= each.start and each.end <= end for start, end in blocks)]
    return inside or list(found)


def is_hinted(page: Page, hunk: Hunk, alignment: Alignment) -> bool:
    """Whether something that the model said about the place speaks for this one, or it is the end of the file, where many
    edits add something."""
    if hunk.line == alignment.start or not any(map(str.strip, page.lines[alignment.end :])):
        return True
    return any(start <= alignment.start and alignment.end <= end for start, end in scope_blocks(page, hunk.scopes))


def is_out_of_scope(page: Page, hunk: Hunk, alignment: Alignment) -> bool:
    """Whether the place lies above every line that the model named as standing above it."""
    blocks = scope_blocks(page, hunk.scopes)
    return bool(blocks) and all(alignment.end <= start for start, _ in blocks)


def scope_blocks(page: Page, scopes: Sequence[str]) -> list[tuple[int, int]]:
    """The blocks (first line, line after the last) of the innermost scope, within the outer ones."""
    blocks = [(0, len(page.lines))] if scopes else []
    for scope in scopes:
        heads = _heads(page, scope)
        inner = [(head, block_end(page, head)) for head in heads if any(start <= head < end for start, end in blocks)]
        if not inner:
            return []
        blocks = inner
    return blocks


def _heads(page: Page, scope: str) -> list[int]:
    """The lines that equal the scope, else begin with it, else hold it; models shorten signatures."""
    wanted = fold([scope], Level.TYPOGRAPHY)[0]
    if exact := page.places(wanted):
        return list(exact)
    lines = page.folded(Level.TYPOGRAPHY)
    if beginning := [at for at, line in enumerate(lines) if line.startswith(wanted)]:
        return beginning
    return [at for at, line in enumerate(lines) if wanted in line]


def block_end(page: Page, head: int) -> int:
    """The line after the block that a line opens: by indentation, which grammars and unfinished code agree on."""
    depth = len(indentation(page.lines[head]).expandtabs(4))
    for at in range(head + 1, len(page.lines)):
        line = page.lines[at]
        if line.strip() and len(indentation(line).expandtabs(4)) <= depth and not line.lstrip().startswith(_CLOSERS):
            return at
    return len(page.lines)
