"""Finds out in which format a reply holds its edits, and has it read. The format whose first mark comes first wins."""

import re
from collections.abc import Callable, Mapping, Sequence

from tercet_shared.errors import EditRefused, TooLarge

from tercet_server.edits.parse import blocks, envelope, tools, unified, whole
from tercet_server.edits.refusal import Reason, refusal
from tercet_server.edits.requests import FileRequest, UpdateFile

MAX_REPLY_CHARACTERS = 16_000_000
"""Above this no reply is read: it would be thousands of times what a model writes."""

MAX_EDITS = 2_000
"""In one reply."""

Parser = Callable[[Sequence[str]], list[FileRequest]]

_NEW_LINES = re.compile(r"\r\n|\r")


def parse_reply(reply: str) -> list[FileRequest]:
    """The edits in the order of the reply.

    Raises EditRefused if there is none, or one is cut off or malformed; TooLarge above
    MAX_REPLY_CHARACTERS or MAX_EDITS.
    """
    if len(reply) > MAX_REPLY_CHARACTERS:
        raise TooLarge(f"The reply has {len(reply):,} characters; at most {MAX_REPLY_CHARACTERS:,} are read.")
    lines = _NEW_LINES.sub("\n", reply).removesuffix("\n").split("\n")
    parser = _parser(lines)
    _check_unmixed(lines, parser)
    requests = parser(lines)
    if sum(len(each.hunks) if isinstance(each, UpdateFile) else 1 for each in requests) > MAX_EDITS:
        raise TooLarge(f"The reply holds more than {MAX_EDITS:,} edits; send them in several replies.")
    if not requests:
        raise refusal(
            Reason.NO_EDIT,
            "The reply holds no edit. Send SEARCH/REPLACE blocks: the file's path on a line of its own, then "
            "`<<<<<<< SEARCH`, the lines to change exactly as they are, `=======`, the new lines, `>>>>>>> REPLACE`.",
        )
    return requests


def holds_edits(reply: str) -> bool:
    """Whether there is an edit in the reply, well-formed or not. Prose that shows code without naming a file holds none."""
    try:
        return bool(parse_reply(reply))
    except EditRefused as error:
        return error.data.get("reason") != Reason.NO_EDIT
    except TooLarge:
        return True


def _check_unmixed(lines: Sequence[str], parser: Parser) -> None:
    """Raises EditRefused if edits of another format stand beside those that will be read: they would be dropped in silence."""
    closing = _CLOSING.get(parser)
    inside = False
    for at, line in enumerate(lines):
        if closing is not None and inside:
            inside = closing.match(line) is None
            continue
        for begins, its_parser in _STRONG if line[:1] in _FIRST else ():
            if begins(lines, at):
                if its_parser is parser:
                    inside = True
                elif parser is not whole.parse:
                    raise refusal(
                        Reason.MALFORMED,
                        f"The reply holds edits in two formats (the second begins in its line {at + 1}, `{line[:60]}`), so nothing "
                        "was changed; send all edits in one format.",
                    )


def _begins_block(lines: Sequence[str], at: int) -> bool:
    return _BLOCK.match(lines[at]) is not None


def _begins_envelope(lines: Sequence[str], at: int) -> bool:
    return lines[at].startswith("*** Begin Patch")


def _begins_diff(lines: Sequence[str], at: int) -> bool:
    """With its first hunk: two such lines alone may be anything."""
    if not lines[at].startswith("--- ") or at + 2 >= len(lines):
        return False
    return lines[at + 1].startswith("+++ ") and lines[at + 2].startswith("@@")


_BLOCK = re.compile(r"^<{5,9} (?:SEARCH|ORIGINAL)>?\s*$")
_STRONG: Sequence[tuple[Callable[[Sequence[str], int], bool], Parser]] = (
    (_begins_block, blocks.parse),
    (_begins_envelope, envelope.parse),
    (_begins_diff, unified.parse),
)
"""Marks that nobody writes who does not mean an edit."""

_FIRST = frozenset("<*-")

_CLOSING: Mapping[Parser, re.Pattern[str]] = {
    blocks.parse: re.compile(r"^\s{0,3}>{4,}[ \t]*(?:REPLACE|UPDATED)\b"),
    envelope.parse: re.compile(r"^\*\*\* End Patch"),
}
"""Where an edit ends whose text may hold the other formats' marks: a program about patches, say."""


def _parser(lines: Sequence[str]) -> Parser:
    marks: list[tuple[Callable[[Sequence[str], int], bool], Parser]] = [
        (envelope.starts, envelope.parse),
        (blocks.starts, blocks.parse),
        (unified.starts, unified.parse),
        (tools.starts, tools.parse),
    ]
    for at, line in enumerate(lines):
        if line and line[0] in "<-*@+{[d \t`":  # every mark begins with one of these
            for starts, parse in marks:
                if starts(lines, at):
                    return parse
    return whole.parse
