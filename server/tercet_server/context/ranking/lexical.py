"""How well words fit definitions, files and paths: BM25 over weighted fields. Pure.

Robertson, Zaragoza, Taylor: "Simple BM25 extension to multiple weighted fields", CIKM 2004.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tercet_server.context.ranking.material import BODY, NAME, CodeBase, Flags, Numbers, Occurrences, Values
from tercet_server.context.ranking.request import Term

_NESTING = 8
"""Definitions inside definitions that count for the outer ones."""

Found = Sequence[tuple[Term, Occurrences]]


@dataclass(frozen=True, slots=True)
class Weighting:
    """The weights of the columns and of a path that has the term, how much length counts against a document (0 to 1), and
    the weighted count at which a term has half of its effect."""

    columns: tuple[float, float, float, float]
    path: float
    length: float
    half: float


DEFINITION = Weighting(columns=(3.0, 1.0, 0.5, 1.0), path=0.0, length=0.6, half=1.5)
ENCLOSING = Weighting(columns=(3.0, 1.0, 1.0, 1.0), path=1.5, length=0.5, half=1.2)
NAMES = Weighting(columns=(1.0, 0.0, 0.0, 0.0), path=0.0, length=0.0, half=0.5)
FILE = Weighting(columns=(3.0, 1.0, 1.0, 1.0), path=2.0, length=0.5, half=3.0)
BODIES = Weighting(columns=(0.0, 0.0, 0.0, 1.0), path=0.0, length=0.5, half=1.0)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What of a code base the scores need besides occurrences; made once for it."""

    code: CodeBase
    outer: Numbers
    """The definition around each definition; -1 where there is none."""
    nested_lengths: Values
    """Like `code.lengths`, with the bodies of the definitions inside."""
    file_lengths: Values

    @classmethod
    def of(cls, code: CodeBase) -> "Lexicon":
        rest = np.zeros(len(code.doc_file), bool)
        rest[code.first_doc[:-1][np.diff(code.first_doc) > 0]] = True
        around = code.doc_parent
        outer = np.where((around >= 0) & ~rest[np.maximum(around, 0)], around, -1)
        nested = code.lengths.copy()
        every = np.arange(len(outer), dtype=np.int32)
        nested[:, BODY] += _passed_on(outer, every, code.lengths[:, BODY])
        files = np.zeros((len(code.paths), code.lengths.shape[1]))
        np.add.at(files, code.doc_file, code.lengths)
        return cls(code, outer, nested, files)


def document_scores(lexicon: Lexicon, found: Found, weighting: Weighting, *, nested: bool = False) -> Values:
    """Of each document; `nested`: a definition has the words of those inside it too."""
    code = lexicon.code
    norms = _norms(lexicon.nested_lengths if nested else code.lengths, weighting.length)
    scores = np.zeros(len(code.doc_file))
    for term, places in found:
        docs, counts = _with_nested(lexicon, places) if nested else (places.docs, places.counts)
        value = (counts / norms[docs]) @ weighting.columns
        if weighting.path:
            value += weighting.path * (value > 0) * _flags(places.path_files, len(code.paths))[code.doc_file[docs]]
        scores[docs] += term.weight * _saturated(value, weighting.half, len(scores))
    return scores


def file_scores(lexicon: Lexicon, found: Found, weighting: Weighting) -> Values:
    """Of each file as one document: a row a file, a column a term."""
    code = lexicon.code
    norms = _norms(lexicon.file_lengths, weighting.length)
    scores = np.zeros((len(code.paths), len(found)))
    for column, (term, places) in enumerate(found):
        counts = np.zeros(lexicon.file_lengths.shape)
        np.add.at(counts, code.doc_file[places.docs], places.counts)
        value = (counts / norms) @ weighting.columns
        value[places.path_files] += weighting.path
        scores[:, column] = term.weight * _saturated(value, weighting.half, len(scores))
    return scores


def path_scores(code: CodeBase, found: Found) -> Values:
    """Of each file by the words of its path alone."""
    scores = np.zeros(len(code.paths))
    for term, places in found:
        value = np.ones(len(places.path_files))
        scores[places.path_files] += term.weight * _saturated(value, 1.0, len(scores))
    return scores


def best_of_files(code: CodeBase, scores: Values) -> Values:
    """The score of the best document of each file."""
    best = np.zeros(len(code.paths))
    np.maximum.at(best, code.doc_file, scores)
    return best


def _saturated(value: Values, half: float, size: int) -> Values:
    """With the inverse document frequency among as many as `size`."""
    frequency = np.count_nonzero(value)
    rarity = np.log(1 + (size - frequency + 0.5) / (frequency + 0.5))
    saturated: Values = rarity * value / (value + half)
    return saturated


def _norms(lengths: Values, share: float) -> Values:
    """What counts are divided by: 1 where a column has its average length. A name's length counts for nothing."""
    average = lengths.mean(axis=0) if len(lengths) else np.ones(lengths.shape[1])
    norms: Values = 1 - share + share * lengths / np.maximum(average, 1e-9)
    norms[:, NAME] = 1.0
    return np.maximum(norms, 1e-9)


def _with_nested(lexicon: Lexicon, places: Occurrences) -> tuple[Numbers, Values]:
    """The documents that have the term or have it in a definition inside them, with the counts."""
    more = _passed_on(lexicon.outer, places.docs, places.counts[:, BODY])
    own = np.zeros((len(more), places.counts.shape[1]))
    own[places.docs] = places.counts
    own[:, BODY] += more
    docs = np.flatnonzero(own.any(axis=1)).astype(np.int32)
    return docs, own[docs]


def _passed_on(outer: Numbers, docs: Numbers, values: Values) -> Values:
    """What each definition gets from those inside it."""
    got = np.zeros(len(outer))
    level = outer[docs]
    for _ in range(_NESTING):
        inside = level >= 0
        if not inside.any():
            break
        docs, values, level = docs[inside], values[inside], level[inside]
        np.add.at(got, level, values)
        level = outer[level]
    return got


def _flags(numbers: Numbers, size: int) -> Flags:
    flags = np.zeros(size, bool)
    flags[numbers] = True
    return flags
