"""Lines of code at another depth of indentation: what is inside of a string stays as it is. Pure."""

from __future__ import annotations

import io
import tokenize

from tercet_server.refactoring.outcome import Refused
from tercet_server.refactoring.selection import Selection
from tercet_server.refactoring.source import FUNCTIONS, Source, Span

_OPENED = frozenset({"FSTRING_START", "TSTRING_START"})
_CLOSED = frozenset({"FSTRING_END", "TSTRING_END"})


def indent_step(selected: Selection) -> str:
    """By how much one function's body is indented in this file."""
    for function in (each for each in reversed(selected.path) if isinstance(each, FUNCTIONS)):
        outer = selected.source.indent(selected.source.span(function)[0])
        inner = selected.source.indent(selected.source.span(function.body[0])[0])
        if outer is not None and inner and inner.startswith(outer) and len(inner) > len(outer):
            return inner[len(outer) :]
    return "    "


def body_of(source: Source, lines: Span, indent: str, inner: str) -> str:
    """Whole lines that are indented by `indent`, indented by `inner` instead; the last line with an end."""
    texts = io.StringIO(source.text[lines[0] : lines[1]], newline="").readlines()
    kept = _inside_strings(texts)
    moved = [line if number in kept else _moved(line, indent, inner) for number, line in enumerate(texts)]
    body = "".join(moved)
    return body if body.endswith(("\n", "\r")) else body + source.newline


def _moved(line: str, indent: str, inner: str) -> str:
    if not line.strip():
        return line.lstrip(" \t")
    common = next((at for at, each in enumerate(indent) if not line.startswith(each, at)), len(indent))
    return inner + line[common:]


def _inside_strings(lines: list[str]) -> set[int]:
    """The numbers of the lines that begin inside of a string."""
    inside: set[int] = set()
    opened: list[int] = []
    readable = iter(["if 1:\n", *(line.rstrip("\r\n") + "\n" for line in lines)])
    try:
        for token in tokenize.generate_tokens(lambda: next(readable, "")):
            name = tokenize.tok_name[token.type]
            if name in _OPENED:
                opened.append(token.start[0])
            first = opened.pop() if name in _CLOSED else token.start[0]
            if name == "STRING" or name in _CLOSED:
                inside.update(range(first - 1, token.end[0] - 1))
    except (tokenize.TokenError, SyntaxError, IndexError) as error:
        raise Refused("Its lines cannot be told apart from its strings.") from error
    return inside
