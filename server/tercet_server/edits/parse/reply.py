"""Finds out in which format a reply holds its edits, and has it read. The format whose first mark comes first wins."""

import re
from collections.abc import Callable, Sequence

from tercet_shared.errors import TooLarge

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
    requests = _parser(lines)(lines)
    if sum(len(each.hunks) if isinstance(each, UpdateFile) else 1 for each in requests) > MAX_EDITS:
        raise TooLarge(f"The reply holds more than {MAX_EDITS:,} edits; send them in several replies.")
    if not requests:
        raise refusal(
            Reason.NO_EDIT,
            "The reply holds no edit. Send SEARCH/REPLACE blocks: the file's path on a line of its own, then "
            "`<<<<<<< SEARCH`, the lines to change exactly as they are, `=======`, the new lines, `>>>>>>> REPLACE`.",
        )
    return requests


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
