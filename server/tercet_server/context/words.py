"""What a word is, for the index and for the searches in it: identifiers whole and in parts, in one spelling each."""

import re
from functools import lru_cache
from itertools import chain
from threading import local
from typing import cast

_IDENTIFIER = re.compile(r"[^\W\d][\w$]*|\$[\w$]+|\d+")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")
_LONGEST = 80
"""Characters of the longest identifier that is a word; longer ones are data."""

_stemmers = local()


def words(text: str) -> list[str]:
    """The words of a text in its order: `parseHTMLPage` gives `parsehtmlpage`, `pars`, `html`, `page`.

    A compound identifier comes whole (lower case) and then in parts; parts are lower case and stemmed (Snowball's
    English), single characters left out. Whatever stores or asks for words takes them from here: nothing else decides.
    """
    return list(chain.from_iterable(map(identifier_words, _IDENTIFIER.findall(text))))


@lru_cache(maxsize=60_000)
def identifier_words(identifier: str) -> tuple[str, ...]:
    """The words of one identifier (or number)."""
    if len(identifier) > _LONGEST:
        return ()
    parts = _PARTS.findall(identifier)
    stems = tuple(_stem(part.lower()) for part in parts if len(part) > 1 or not part.isascii())
    return (identifier.lower(), *stems) if len(parts) > 1 else stems


def is_compound(identifier: str) -> bool:
    """Whether it is made of several words, and so its first word is itself in lower case."""
    return len(_PARTS.findall(identifier)) > 1


def _stem(word: str) -> str:
    stemmer = getattr(_stemmers, "english", None)
    if stemmer is None:
        from Stemmer import Stemmer  # noqa: PLC0415 - loads when something is indexed or sought

        stemmer = _stemmers.english = Stemmer("english")
    return cast("str", stemmer.stemWord(word))
