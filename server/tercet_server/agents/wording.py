"""What a request in free text asks for, read by a rule: the verb that it begins with. Pure; knows English and no model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tercet_shared.runs import Intent


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


VERBS: Mapping[Intent, frozenset[str]] = {
    Intent.FIX: _words("fix repair debug correct"),
    Intent.TEST: _words("test cover"),
    Intent.DOCUMENT: _words("document comment"),
    Intent.REVIEW: _words("review check inspect lint"),
    Intent.EXPLAIN: _words("explain describe summarise summarize"),
    Intent.REFACTOR: _words("refactor simplify restructure tidy"),
    Intent.OPTIMISE: _words("optimise optimize accelerate"),
    Intent.SECURE: _words("secure harden"),
    Intent.IMPLEMENT: _words(
        "implement add create write build rename change remove delete replace move extract make introduce support update"
        " migrate convert generate extend improve let allow use"
    ),
}
"""What a request begins with, and what that asks for."""

QUESTIONS = _words("what why how who")
"""What questions begin with, and hardly a wish: others (`when`, `is`) need their question mark."""

_OF_QUESTIONS = _words("does do did is are was were has have had can could should would will happens calls uses")
"""What follows in a question, even without its mark, and not in `what I want is ...`."""

_QUESTION_MARKS = ("?", "？", "؟")

_INTENT_OF = {verb: intent for intent, verbs in VERBS.items() for verb in verbs}
_POLITE = _words(
    "please kindly can could would will you i we want need to like just now hey tercet should must let's lets help me us"
    " tell show and so then ok okay hi hello"
)
"""What may stand before the verb."""

_FAILS = _words("fail fails failing failed broken breaks red crash crashes crashing")
_OF_TESTS = _words("test tests unittest unittests")
_OF_DOCUMENTATION = _words("documentation docs docstring docstrings comment comments")
_LINKS = _words("of for to in on from that with so by about at which when if")
"""Words after which no longer the verb's own object stands."""

_WRITING = _words("add write create generate improve update extend make implement complete")
_ENDINGS: Mapping[str, Intent] = {
    **dict.fromkeys(("pass", "green", "passing"), Intent.FIX),
    **dict.fromkeys(("faster", "quicker"), Intent.OPTIMISE),
    **dict.fromkeys(("simpler", "cleaner"), Intent.REFACTOR),
    **dict.fromkeys(("secure", "safer"), Intent.SECURE),
}
"""What something is to be made."""

_KINDS = _words("function method class module definition symbol file test package")
_SMALL = _words(
    "the a an of in for to and on at with from all any this that these those my our its it please whole entire project workspace"
    " code everything here me us failing broken failed unit"
)
"""Words that add nothing to a verb and the names after it."""

_ADDING_NOTHING = _SMALL | _KINDS | _OF_TESTS | _OF_DOCUMENTATION

_PATH = re.compile(r"([A-Za-z]:)?[^\s:]*(/[^\s:]*|\.[A-Za-z]\w{0,9})(:\d{1,9}(-\d{1,9})?)?")
_NODE = re.compile(r"[^\s:]+\.\w+::\S+")
_NAME = re.compile(r"[^\W\d]\w*([.:]{1,2}[^\W\d]\w*)*")
_SPELLED_AS_NAME = re.compile(r"_|[a-z\d][A-Z]|\w\w\.\w\w")
_SINCE = re.compile(r"\bsince\s+(?:revision\s+|commit\s+)?(?P<base>\w[\w./~^@{}-]{0,199})\s*(?:[,;!?]|\Z)")
"""Nothing comes after it: `since it is slow` says why, and not since when."""

_CHANGES = re.compile(
    r"\b(my|uncommitted|local|current) changes\b|\bwhat (i|has|have) changed\b|\bthe diff\b", re.IGNORECASE
)
_AROUND = "\"'`“”‘’()[]{}<>,;!?"

MOST_READ = 4000
"""Characters in which names are looked for: what comes later hardly says what a request is about."""

MOST_NAMED = 20
LONGEST_NAME = 400


@dataclass(frozen=True)
class Named:
    """Something that the words name, as it is written there. `is_path`: it looks like a file, a folder or a test's id."""

    text: str
    is_path: bool = False


@dataclass(frozen=True)
class Reading:
    """`intent` is None where the rule knows no verb of the words. `is_plain`: a verb and names are all there is to it.

    `base` is the revision that a review of these words would compare with; it may stand in `named` as well.
    """

    intent: Intent | None
    because: str
    named: tuple[Named, ...] = ()
    base: str | None = None
    is_plain: bool = False


def read(words: str) -> Reading:
    """Reads the words by their beginning, and for what they name."""
    tokens = words[:MOST_READ].split()
    named = _named(tokens)
    plain = [word.strip(_AROUND + ".:").lower() for word in tokens]
    while plain and plain[0] in _POLITE:
        plain.pop(0)
    is_question = words.rstrip().endswith(_QUESTION_MARKS)
    intent, because = _intent(plain, named, is_question=is_question)
    names = {each.text.lower() for each in named}
    rest = {word for word in plain[1:] if word not in names and word.strip("()") not in names}
    base = _base(words)
    asks = _asks(plain, is_question=is_question)
    of_changes = intent is Intent.REVIEW and base is not None
    is_plain = asks or of_changes or (intent is not None and rest <= _ADDING_NOTHING)
    return Reading(intent, because, named, base, is_plain)


def _asks(plain: Sequence[str], *, is_question: bool) -> bool:
    """Whether the words are a question or ask for an explanation, and could hardly be anything else."""
    verb, following = [*plain[:2], "", ""][:2]
    return _INTENT_OF.get(verb) is Intent.EXPLAIN or (verb in QUESTIONS and (is_question or following in _OF_QUESTIONS))


def _intent(plain: Sequence[str], named: Sequence[Named], *, is_question: bool) -> tuple[Intent | None, str]:
    verb, rest = (plain[0], plain[1:]) if plain else ("", [])
    if verb in QUESTIONS:
        return Intent.EXPLAIN, f'It is a question: it begins with "{verb}".'
    if not is_question and _tells_of_a_failure(verb, rest, named):
        return Intent.FIX, "It says that a test fails."
    if verb == "run" and (_OF_TESTS & {*rest} or any(each.is_path for each in named)):
        return Intent.REVIEW, "It asks for tests to be run."
    intent = _INTENT_OF.get(verb)
    if intent is None:
        return (Intent.EXPLAIN, "It is a question.") if is_question else (None, "")
    return _by_object(intent, verb, rest) or (intent, f'It begins with "{verb}".')


def _tells_of_a_failure(verb: str, rest: Sequence[str], named: Sequence[Named]) -> bool:
    """`test_total fails`, `the tests in tests/ are broken`, `test fails`: a statement, not a wish."""
    if not _FAILS.intersection(rest):
        return False
    if verb in _OF_TESTS:
        return rest[0] in _FAILS or verb != "test"
    is_test = any(_is_of_tests(each.text) for each in named) or bool(_OF_TESTS & {*rest[:3]})
    return verb not in _INTENT_OF and is_test


def _is_of_tests(name: str) -> bool:
    return "::" in name or re.search(r"(^|/)tests?(_|/|$)", name) is not None


def _by_object(intent: Intent, verb: str, rest: Sequence[str]) -> tuple[Intent, str] | None:
    """What is to be written or made decides where the verb does not: `add tests for ...`, `make ... faster`."""
    if verb == "make" and (last := next((word for word in reversed(rest) if word in _ENDINGS), "")):
        return _ENDINGS[last], f'It asks to make something "{last}".'
    if verb not in _WRITING and intent is not Intent.FIX:
        return None
    for word in rest:
        if word in _LINKS:
            return None
        if word in _OF_TESTS and intent is not Intent.FIX:
            return Intent.TEST, f'It asks for "{word}" to be written.'
        if word in _OF_DOCUMENTATION:
            return Intent.DOCUMENT, f'It asks for "{word}" to be written.'
    return None


def _base(words: str) -> str | None:
    """The revision since which a review is wanted, where the words name one."""
    since = _SINCE.search(words)
    if since is not None:
        return since["base"].rstrip(".-")
    return "HEAD" if _CHANGES.search(words) else None


def _named(tokens: Sequence[str]) -> tuple[Named, ...]:
    found: dict[str, Named] = {}
    for index, token in enumerate(tokens):
        each = _path_in(token) or _name_in(token, is_called_so=_is_called_a_name(tokens, index))
        if each is not None and len(found) < MOST_NAMED:
            found.setdefault(each.text, each)
    return tuple(found.values())


def _is_called_a_name(tokens: Sequence[str], index: int) -> bool:
    """`function total`, `total in shop/cart.py`."""
    before = tokens[index - 1].strip(_AROUND).lower() if index else ""
    after = tokens[index + 1 : index + 3]
    return before in _KINDS or (len(after) == 2 and after[0].lower() == "in" and _path_in(after[1]) is not None)


def _path_in(token: str) -> Named | None:
    text = _text_of(token)
    if "()" in token or not (_NODE.fullmatch(text) or (_PATH.fullmatch(text) and _is_path(text))):
        return None
    return Named(text, is_path=True)


def _name_in(token: str, *, is_called_so: bool) -> Named | None:
    text = _text_of(token)
    is_quoted = len(token) > len(text) + 1 and token[0] in "\"'`“‘"
    is_name = is_called_so or is_quoted or "()" in token or _SPELLED_AS_NAME.search(text)
    return Named(text) if is_name and _NAME.fullmatch(text) and text.lower() not in _SMALL | _LINKS | _FAILS else None


def _text_of(token: str) -> str:
    """The token without what stands around it; empty for what names nothing: options, addresses, whole lines of data."""
    text = token.strip(_AROUND).rstrip(".:").replace("\\", "/")
    if "::" in text and text.count("[") > text.count("]"):
        text += "]"  # a case of a parametrised test
    return "" if len(text) > LONGEST_NAME or "://" in text or text.startswith("-") else text


def _is_path(text: str) -> bool:
    """`shop/`, `shop/cart.py`, `cart.py:12`, `.env`, but neither `Cart.discount` nor `e.g`: a suffix is of few small letters."""
    name, _, suffix = text.partition(":")[0].rpartition(".")
    return "/" in text or text.startswith(".") or (len(name) > 1 and suffix.islower() and len(suffix) <= 5)
