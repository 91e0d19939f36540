"""Keys of well-known forms in added lines. Pure. What has no form of its own is left to the rule about names (TC107)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_PRIVATE = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")
_MATERIAL = re.compile(r"[A-Za-z0-9+/]{32,}")
_HEADERS = 5
"""So many lines may stand between the beginning of a private key and what is secret of it (how it is encrypted)."""

KEYS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", _PRIVATE),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}\b")),
    ("a Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,}\b")),
    ("a Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    ("a key of a model's vendor", re.compile(r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}")),
)
PASSWORD = (
    "a password in an address",
    re.compile(r"\b[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@{}$<>]{3,}@[\w.-]+"),
)
"""Looked at by a person, but no reason to turn a change down: examples and tests of addresses look like that."""

FORMS = (*KEYS, PASSWORD)
_LINE_CHARACTERS = 10_000


@dataclass(frozen=True)
class Key:
    """`line` counts from zero. `value` is the secret itself and must not be shown or stored."""

    line: int
    what: str
    value: str


def keys_in(lines: Mapping[int, str]) -> Iterator[Key]:
    """Keys that can be nothing else, but for those that call themselves an example, as vendors' documentation does."""
    for number, line in lines.items():
        for what, form in KEYS:
            for found in form.finditer(line[:_LINE_CHARACTERS]):
                value = _material(lines, number, found.end()) if form is _PRIVATE else found[0]
                if value and "EXAMPLE" not in value.upper():
                    yield Key(number, what, value)


def _material(lines: Mapping[int, str], number: int, end: int) -> str:
    """The first secret part of a private key that begins here; "" for its name alone, which code about keys writes."""
    first = lines[number][end:_LINE_CHARACTERS]
    rest = (lines.get(number + each, "")[:_LINE_CHARACTERS] for each in range(1, _HEADERS + 1))
    found = _MATERIAL.search("\n".join((first, *rest)))
    return found[0] if found else ""


def secrets_in(lines: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    """Line and sentence, without the secret itself, for each line that holds one."""
    for number, line in lines.items():
        what = next((name for name, form in FORMS if form.search(line[:_LINE_CHARACTERS])), None)
        if what is not None:
            yield (
                number,
                f"This line holds {what}. Take it out, and have it replaced: it is known to whoever has the history.",
            )
