"""What the index knows of a piece of code, as Markdown for a person. Pure; what the project says of itself stands fenced."""

import re
from collections.abc import Iterable, Sequence

from tercet_shared.context import Affected, Coverage, Outline, SearchAnswer, Symbol

SHOWN_USERS, SHOWN_TESTS, SHOWN_MEMBERS, SHOWN_HITS = 8, 8, 20, 8
LIKELY_SHARE = 0.25
"""Of the best hit's score: what has less is hardly about the words."""

_MARKUP = re.compile(r"[\\*_\[\]<>!#&|~]")

INCOMPLETE = "*The index is still being built, so users and tests may be missing here.*"


def of_symbol(
    symbol: Symbol, members: Sequence[Symbol], affected: Sequence[Affected], tests: Sequence[Affected]
) -> str:
    """A definition: signature, documentation, members, who uses it, which tests reach it."""
    parts = [f"## `{_name(symbol)}`", f"A {symbol.kind} in {_place(symbol)}.", _signature(symbol)]
    if symbol.doc.strip():
        parts.append(_fence(symbol.doc.strip(), "text"))
    if members:
        parts += ["### What is in it", _listed(map(_headline, members), len(members), SHOWN_MEMBERS)]
    return _joined([*parts, *_around(affected, tests, "Nothing in this workspace uses it by name.")])


def of_file(outline: Outline, affected: Sequence[Affected], tests: Sequence[Affected]) -> str:
    """A whole file: its outer definitions, who uses the file, which tests reach it."""
    outer = [each for each in outline.symbols if "." not in each.name]
    parts = [f"## `{_code(outline.path)}`"]
    if outer:
        parts += ["### What is in it", _listed(map(_headline, outer), len(outer), SHOWN_MEMBERS)]
    else:
        parts.append("No definition was recognised in it.")
    return _joined([*parts, *_around(affected, tests, "No other code in this workspace uses it by name.")])


def of_words(words: str, found: SearchAnswer) -> str:
    """The places that some words are about; empty if there are none."""
    likely = [each for each in found.definitions if each.score >= LIKELY_SHARE * found.definitions[0].score]
    hits = [each.symbol for each in likely[:SHOWN_HITS]]
    if not hits:
        return ""
    parts = [f"## {_plain(' '.join(words.split()))}", "These places are about it, the likeliest first:"]
    return _joined([*parts, *(_hit(each) for each in hits)])


def note_of(coverage: Coverage) -> str:
    """What a reader must know of how much the answer was made from."""
    return "" if coverage.complete else INCOMPLETE


def _hit(symbol: Symbol) -> str:
    first = symbol.doc.strip().partition("\n")[0]
    return _joined([f"{_headline(symbol)}", _signature(symbol), _fence(first, "text") if first else ""])


def _around(affected: Sequence[Affected], tests: Sequence[Affected], nobody: str) -> list[str]:
    direct = [each for each in affected if each.distance == 1]
    parts = ["### Who uses it", _listed(map(_user, direct), len(direct), SHOWN_USERS) or nobody]
    further = len(affected) - len(direct)
    if further:
        parts.append(f"Through them, {further} more definition{'s' if further > 1 else ''} depend on it.")
    parts += ["### Tests that reach it", _listed(map(_user, tests), len(tests), SHOWN_TESTS)]
    return [*parts, "" if tests else "No test reaches it by name."]


def _user(each: Affected) -> str:
    through = f": {_plain(each.through)}" if each.through else ""
    return f"- {_label(each.symbol)}{through}"


def _headline(symbol: Symbol) -> str:
    return f"- {_label(symbol)}"


def _label(symbol: Symbol) -> str:
    return f"`{_name(symbol)}` ({_place(symbol)})" if symbol.name else f"`{_code(symbol.path)}`"


def _listed(lines: Iterable[str], count: int, most: int) -> str:
    shown = list(lines)[:most]
    return "\n".join([*shown, *([f"- and {count - most} more"] if count > most else [])])


def _signature(symbol: Symbol) -> str:
    language = "python" if symbol.path.endswith((".py", ".pyi")) else ""
    return _fence(symbol.signature, language) if symbol.signature and symbol.name else ""


def _fence(text: str, language: str) -> str:
    """No text ends its own fence, so a stranger's documentation cannot become a link or a picture."""
    marks = "```"
    while marks in text:
        marks += "`"
    return f"{marks}{language}\n{text}\n{marks}"


def _place(symbol: Symbol) -> str:
    return f"`{_code(symbol.path)}:{symbol.name_range.start.line + 1}`"


def _name(symbol: Symbol) -> str:
    return _code(symbol.name) or _code(symbol.path)


def _code(text: str) -> str:
    """For the marks of a code span: on one line, and unable to leave them."""
    return "".join("'" if each == "`" else each if each.isprintable() else " " for each in text)


def _plain(text: str) -> str:
    """Markdown that shows the text as it is."""
    return _MARKUP.sub(r"\\\g<0>", _code(text))


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)
