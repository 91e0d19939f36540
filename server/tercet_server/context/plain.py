"""A plain order of files and definitions by the words that they hold: term frequency, damped, times rarity."""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tercet_server.context.words import words as words_of

if TYPE_CHECKING:
    from tercet_server.context.index import Snapshot

_FIELD_WEIGHTS = (6.0, 2.0, 1.5, 1.0)


@dataclass(frozen=True, slots=True)
class Why:
    signal: str
    share: float
    detail: str


@dataclass(frozen=True, slots=True)
class Ranked:
    number: int
    score: float
    reasons: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    files: list[Ranked]
    documents: list[Ranked]


def rank(snapshot: "Snapshot", words: str, limit: int) -> Ranking:
    scores: dict[int, float] = defaultdict(float)
    for postings in snapshot.postings(dict.fromkeys(words_of(words))).values():
        idf = math.log(1 + snapshot.doc_count / len(postings.docs))
        for document, tf in zip(postings.docs.tolist(), postings.tf.tolist(), strict=True):
            scores[document] += idf * sum(w * t / (t + 1) for w, t in zip(_FIELD_WEIGHTS, tf, strict=True))
    files: dict[int, float] = defaultdict(float)
    for document, score in scores.items():
        file = int(snapshot.doc_file[document])
        files[file] = max(files[file], score)
    return Ranking(_best(files, limit), _best(scores, limit))


def _best(scores: dict[int, float], limit: int) -> list[Ranked]:
    ordered = sorted(scores.items(), key=lambda each: (-each[1], each[0]))[:limit]
    return [Ranked(number, score, (Why("words", score, ""),)) for number, score in ordered]
