"""The signature of a definition: its head on one line, without its body."""

import re

SIGNATURE_CHARACTERS = 240
_LOOKED_AT = 1000
_TURNS = re.compile(r"[()\[\]{}\n]")
_OPENING = re.compile(r"\s*(?:[{=:;]|=>|\bdo)\s*$")
"""What introduces a body, or ends a declaration."""
_VALUES = frozenset({"constant", "variable", "field", "key", "macro", "selector", "heading", "type"})
"""Kinds whose value is the interesting part."""


def signature(head: str, name_end: int, kind: str) -> str:
    """`head` is the source of a definition, to its body where the grammar tells where that is; `name_end` is in it."""
    shown = head[: min(len(head), _head_end(head, name_end, kind))]
    return _OPENING.sub("", " ".join(shown.split()))[:SIGNATURE_CHARACTERS]


def _head_end(head: str, name_end: int, kind: str) -> int:
    """The end of the line with the name, or of the brackets that stand open there, or the brace that opens a body."""
    depth = 0
    for turn in _TURNS.finditer(head, name_end):
        if turn[0] in "([" or (turn[0] == "{" and depth):
            depth += 1
        elif turn[0] in ")]}":
            depth -= 1
        elif depth <= 0 and (turn[0] == "\n" or kind not in _VALUES):
            return turn.start()
    return len(head)
