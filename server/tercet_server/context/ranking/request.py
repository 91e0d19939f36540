"""What somebody asks for, as weighted terms: words, identifiers, pairs of words, the area that a subject names, paths. Pure."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tercet_server.context.words import identifier_words, is_compound

MAX_CHARACTERS = 20_000
MAX_TERMS = 64
"""Of each kind, in the order of the text: whoever pastes a log says what matters first."""

_WORD = re.compile(r"[^\W\d][\w$]*|\$[\w$]+|\d+")
_BREAK = re.compile(r"[\n.,;:()\[\]{}\"'`<>|]")
_AREA = re.compile(r"\s*(?:\w+\(([^)\n]+)\)!?:|\[([^\]\n]+)\]|([\w/.,+* -]{2,40}?)!?:\s)")
"""At the start of a subject: `fix(parser): …`, `[parser] …`, `http/parser: …`."""

_CODE = re.compile(r"[a-z\d][A-Z]|_|\$")
_PATH = re.compile(r"[\w$@+-][\w$@+./\\-]*\.[A-Za-z]\w{0,5}\b")

_SILENT = frozenset(
    """
    a about after all also an and any are as at be because been before being both but by can could did didn do does doesn
    don each few for from had has have he her here how i if in into is isn it its itself just may me more most my no not of
    on only or other our own same she should so some such than that the their them then there these they this those to too
    until us very via was we were what when where which while who why will with would you your
    """.split()  # noqa: SIM905 - two pages of commas
)
_FAINT = frozenset(
    """
    add added adds allow allows change changes ensure fix fixed fixes get implement improve make makes need needs new now
    please remove set support update updates use used uses using want wants
    """.split()  # noqa: SIM905 - as above
)
"""What requests do, whatever they are about."""

_FAINT_WEIGHT = 0.3
_BODY_WEIGHT = 0.6
_MOST = 2.0


@dataclass(frozen=True, slots=True)
class Term:
    """`spellings` are words as `context.words` has them; any of them is an occurrence. `said` is for people."""

    said: str
    spellings: tuple[str, ...]
    weight: float
    is_identifier: bool = False
    in_area: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """`pairs` are neighbouring words that code may write as one identifier; `paths` what looks like one."""

    terms: tuple[Term, ...] = ()
    pairs: tuple[Term, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(slots=True)
class _Counted:
    said: str
    subject: int = 0
    body: int = 0
    faint: bool = False
    is_identifier: bool = False


def parse_request(text: str) -> Request:
    """The first line counts as the subject. Never raises."""
    text = text[:MAX_CHARACTERS].strip()
    subject, _, body = text.partition("\n")
    counted: dict[str, _Counted] = {}
    _count(subject, counted, in_subject=True)
    _count(body, counted, in_subject=False)
    area = _area_words(subject)
    terms = [
        Term(each.said, (word,), _weight(each), each.is_identifier, word in area)
        for word, each in list(counted.items())[:MAX_TERMS]
    ]
    pairs = {term.spellings: term for term in _pairs(text)}
    return Request(tuple(terms), tuple(pairs.values())[:MAX_TERMS], tuple(dict.fromkeys(_PATH.findall(text))))


def _count(text: str, counted: dict[str, _Counted], *, in_subject: bool) -> None:
    for spelled in _WORD.findall(text):
        if spelled.lower() in _SILENT:
            continue
        compound, is_code = is_compound(spelled), _CODE.search(spelled) is not None
        for place, word in enumerate(identifier_words(spelled)):
            if word in _SILENT:
                continue
            each = counted.setdefault(word, _Counted(spelled if place == 0 or not compound else word))
            each.subject += in_subject
            each.body += not in_subject
            each.faint |= spelled.lower() in _FAINT
            each.is_identifier |= is_code and compound and place == 0


def _weight(counted: _Counted) -> float:
    weight = math.sqrt(min(counted.subject, 2)) + _BODY_WEIGHT * math.sqrt(min(counted.body, 3))
    return min(weight, _MOST) * (_FAINT_WEIGHT if counted.faint else 1.0)


def _area_words(subject: str) -> frozenset[str]:
    match = _AREA.match(subject)
    named = next((group for group in match.groups() if group), "") if match else ""
    return frozenset(word for spelled in _WORD.findall(named) for word in identifier_words(spelled))


def _pairs(text: str) -> Iterator[Term]:
    """`http proxy` may be `httpproxy` or `http_proxy`, `path infos` `path_info`; three words likewise."""
    for clause in _BREAK.split(text):
        spelled = [word.lower() for word in _WORD.findall(clause)]
        for count in (2, 3):
            for start in range(len(spelled) - count + 1):
                several = spelled[start : start + count]
                if not any(word in _SILENT or word in _FAINT for word in several):
                    yield Term(" ".join(several), _joined(several), 1.0)


def _joined(several: list[str]) -> tuple[str, ...]:
    singular = [*several[:-1], several[-1].removesuffix("s")]
    return tuple(dict.fromkeys(mark.join(parts) for parts in (several, singular) for mark in ("", "_")))
