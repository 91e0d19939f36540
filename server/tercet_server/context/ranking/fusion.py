"""Puts the signals together: one order of files and one of definitions, each place with its reasons. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tercet_server.context.ranking.explanation import Explainer, Reason
from tercet_server.context.ranking.lexical import Lexicon
from tercet_server.context.ranking.material import Numbers, Past, Values
from tercet_server.context.ranking.signals import (
    DOCUMENT_SIGNALS,
    FILE_SIGNALS,
    DocumentEvidence,
    Sought,
    document_evidence,
    file_evidence,
)
from tercet_server.context.ranking.weights import BESIDE, DOCUMENT_WEIGHTS, FILE_WEIGHTS

CONSIDERED = 20
"""Files whose definitions are ranked."""

KindsOf = Callable[[int], Sequence[str]]
"""The kinds of the definitions of a file, in their order."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """The number of a file or document, its score, and the reasons, whose shares add up to the score."""

    number: int
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Best first. A document without a definition stands for the top of its file."""

    files: tuple[Ranked, ...] = ()
    documents: tuple[Ranked, ...] = ()


def rank(
    lexicon: Lexicon, past: Past, sought: Sought, kinds_of: KindsOf, limit: int, *, tests_too: bool = False
) -> Ranking:
    """At most `limit` files and `limit` documents. `tests_too`: tests, prose and data stand back for nothing."""
    evidence = file_evidence(lexicon, past, sought)
    explainer = Explainer(lexicon, past, sought, evidence)
    shares = evidence.signals * [FILE_WEIGHTS[name] for name in FILE_SIGNALS]
    beside = np.where(lexicon.code.main | tests_too, 0.0, -BESIDE)
    scores = shares.sum(axis=1) + beside
    order = _best_first(scores, np.flatnonzero(shares.any(axis=1)).astype(np.int32))
    files = tuple(
        Ranked(file, float(scores[file]), explainer.of_file(file, shares[file], float(beside[file])))
        for file in order[:limit].tolist()
    )
    kinds = {file: kinds_of(file) for file in order[:CONSIDERED].tolist()}
    found = document_evidence(lexicon, evidence, sought, scores, kinds)
    return Ranking(files, _documents(found, explainer, beside[lexicon.code.doc_file[found.docs]], limit))


def _documents(found: DocumentEvidence, explainer: Explainer, beside: Values, limit: int) -> tuple[Ranked, ...]:
    shares = found.signals * [DOCUMENT_WEIGHTS[name] for name in DOCUMENT_SIGNALS]
    scores = shares.sum(axis=1) + beside
    order = _best_first(scores, np.arange(len(scores), dtype=np.int32))[:limit]
    return tuple(
        Ranked(doc, float(scores[at]), explainer.of_document(doc, shares[at], float(beside[at])))
        for at, doc in zip(order.tolist(), found.docs[order].tolist(), strict=True)
    )


def _best_first(scores: Values, among: Numbers) -> Numbers:
    """Equal ones in the order of the code base."""
    best: Numbers = among[np.argsort(-scores[among], kind="stable")]
    return best
