"""Says why: for each signal of a place its share of the score, and what it rests on. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tercet_server.context.ranking.lexical import Lexicon
from tercet_server.context.ranking.material import BODY, DOC, NAME, SIGNATURE, Past, Values
from tercet_server.context.ranking.request import Term
from tercet_server.context.ranking.signals import DOCUMENT_SIGNALS, FILE_SIGNALS, FileEvidence, Sought

_SHOWN = 4
"""Words, commits or files that a detail names."""

_COLUMNS = {NAME: "name", SIGNATURE: "signature", DOC: "documentation", BODY: "body"}


@dataclass(frozen=True, slots=True)
class Reason:
    """A signal, what it adds to the score, and a clause for people."""

    signal: str
    share: float
    detail: str


_SAID = {
    "identifiers": "has the identifiers sought",
    "pairs": "has neighbouring words as one name",
    "lately": "changed lately",
    "companions": "changes together with the best",
    "near": "refers to the best, or they to it",
    "mentioned": "the request names it",
}

_SAID_OF_DOCUMENT = {
    "scope": "the name of what it is in has some of the words",
    "file": "the rank of its file",
    "length": "long ones change more often",
    "kind": "does something, and is no mere value",
}


class Explainer:
    """Explains the places of one ranking."""

    def __init__(self, lexicon: Lexicon, past: Past, sought: Sought, evidence: FileEvidence) -> None:
        self._lexicon = lexicon
        self._past = past
        self._sought = sought
        self._evidence = evidence

    def of_file(self, file: int, shares: Values, beside: float) -> tuple[Reason, ...]:
        """The greatest share first; `beside` is what is lost for standing beside the product's own code."""
        reasons = [Reason(name, share, self._file(name, file)) for name, share in _named(FILE_SIGNALS, shares)]
        return (*reasons, *_beside(beside))

    def of_document(self, doc: int, shares: Values, beside: float) -> tuple[Reason, ...]:
        """Likewise."""
        reasons = [Reason(name, share, self._document(name, doc)) for name, share in _named(DOCUMENT_SIGNALS, shares)]
        return (*reasons, *_beside(beside))

    def _file(self, signal: str, file: int) -> str:
        match signal:
            case "definition" | "enclosing":
                detail = "its best definition has " + self._words_of(self._best_document(signal, file))
            case "file":
                best = np.argsort(-self._evidence.term_scores[file], kind="stable")[:_SHOWN]
                detail = "has " + _listed(self._said(at) for at in best if self._evidence.term_scores[file, at] > 0)
            case "path" | "area":
                detail = "its path has " + _listed(
                    term.said
                    for term, found in self._sought.terms
                    if (signal == "path" or term.in_area) and file in found.path_files
                )
            case "messages":
                detail = self._commits(file)
            case _:
                detail = _SAID[signal]
        return detail

    def _document(self, signal: str, doc: int) -> str:
        match signal:
            case "definition" | "enclosing":
                return "has " + self._words_of(doc)
            case "name":
                return "its name has " + _listed(term.said for term, counts in self._counts(doc) if counts[NAME])
            case "share_in_file" | "place_in_file":
                return "fits best in its file" if self._is_best(doc) else "fits well in its file"
        return _SAID_OF_DOCUMENT[signal]

    def _said(self, term: int) -> str:
        return self._sought.terms[term][0].said

    def _best_document(self, signal: str, file: int) -> int:
        code = self._lexicon.code
        scores = self._evidence.own if signal == "definition" else self._evidence.nested
        first = int(code.first_doc[file])
        return first + int(np.argmax(scores[first : code.first_doc[file + 1]]))

    def _is_best(self, doc: int) -> bool:
        return doc == self._best_document("definition", int(self._lexicon.code.doc_file[doc]))

    def _counts(self, doc: int) -> list[tuple[Term, Values]]:
        """The terms that the document has, with the count in each column."""
        found = ((term, places, int(np.searchsorted(places.docs, doc))) for term, places in self._sought.terms)
        return [
            (term, places.counts[at]) for term, places, at in found if at < len(places.docs) and places.docs[at] == doc
        ]

    def _words_of(self, doc: int) -> str:
        has = sorted(self._counts(doc), key=lambda each: -each[0].weight)[:_SHOWN]
        columns = {name: None for _, counts in has for at, name in _COLUMNS.items() if counts[at]}
        words = _listed(term.said for term, _ in has)
        return f"{words} in {' and '.join(columns)}" if columns else words or "some of the words"

    def _commits(self, file: int) -> str:
        changed = self._past.commit[self._past.file == file]
        speaking = changed[self._evidence.commit_scores[changed] > 0]
        best = speaking[np.argsort(-self._evidence.commit_scores[speaking], kind="stable")][:_SHOWN]
        names = ", ".join(self._past.names[commit][:10] for commit in best)
        return f"changed by commits that speak of it ({len(speaking)}: {names})"


def _beside(loss: float) -> list[Reason]:
    return [Reason("beside", loss, "tests, prose, data or foreign code: stands back")] if loss else []


def _named(names: tuple[str, ...], shares: Values) -> list[tuple[str, float]]:
    pairs = [(name, float(share)) for name, share in zip(names, shares, strict=True) if share]
    return sorted(pairs, key=lambda each: -abs(each[1]))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in dict.fromkeys(words))
