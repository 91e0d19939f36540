"""All that speaks for a file or a definition, signal by signal, each from 0 to about 1. Pure.

A signal is the share of the best that any file of the product's own code has, so 1 says "none has more".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tercet_server.context.ranking import graph, past
from tercet_server.context.ranking.lexical import (
    BODIES,
    DEFINITION,
    ENCLOSING,
    FILE,
    NAMES,
    Found,
    Lexicon,
    best_of_files,
    document_scores,
    file_scores,
    path_scores,
)
from tercet_server.context.ranking.material import CodeBase, Flags, Numbers, Past, Values
from tercet_server.context.ranking.request import Request

FILE_SIGNALS = (
    "definition", "enclosing", "file", "path", "area", "identifiers", "pairs", "messages", "lately", "companions", "near",
    "mentioned",
)  # fmt: skip
DOCUMENT_SIGNALS = (
    "definition",
    "enclosing",
    "name",
    "scope",
    "share_in_file",
    "place_in_file",
    "file",
    "length",
    "kind",
)

_SEEDS = 8
"""Files that the graph and the companions start from."""

_MOST = 1.5
"""Tests and prose may have more than the best of the code, but not without end."""

_FARTHEST = 8.0
"""Behind the best file; from there on it makes no difference."""

_LAST_PLACE = 20

_DOING = frozenset("function method constructor class struct interface trait enum type module macro".split())  # noqa: SIM905 - commas
"""Kinds of definitions with a body; the others are values."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A request with the places of its terms."""

    request: Request
    terms: Found
    pairs: Found


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """`signals` has a row a file and a column for each of `FILE_SIGNALS`; the rest is for explanations and definitions."""

    signals: Values
    own: Values
    nested: Values
    term_scores: Values
    commit_scores: Values


@dataclass(frozen=True, slots=True)
class DocumentEvidence:
    """A row for each of `docs` and a column for each of `DOCUMENT_SIGNALS`."""

    docs: Numbers
    signals: Values


def file_evidence(lexicon: Lexicon, history: Past, sought: Sought) -> FileEvidence:
    """Every file's signals, in the order of the code base's files."""
    code, request, terms = lexicon.code, sought.request, sought.terms
    files = len(code.paths)
    own = document_scores(lexicon, terms, DEFINITION)
    nested = document_scores(lexicon, terms, ENCLOSING, nested=True)
    term_scores = file_scores(lexicon, terms, FILE)
    commit_scores = past.speaking(history, request.terms)

    def share(values: Values) -> Values:
        return _share(values, code.main)

    definition = share(best_of_files(code, own))
    messages = share(past.changed_by(history, commit_scores, files))
    seeds = _seeds(definition + messages, code.main)
    columns = {
        "definition": definition,
        "enclosing": share(best_of_files(code, nested)),
        "file": share(term_scores.sum(axis=1)),
        "path": share(path_scores(code, terms)),
        "area": share(path_scores(code, [each for each in terms if each[0].in_area])),
        "identifiers": share(_of_files(lexicon, [each for each in terms if each[0].is_identifier])),
        "pairs": share(file_scores(lexicon, sought.pairs, FILE).sum(axis=1)),
        "messages": messages,
        "lately": past.lately_changed(history, files),
        "companions": share(past.companions(history, seeds) ** 0.5),
        "near": share(graph.near(code.links, seeds) ** 0.5),
        "mentioned": _mentioned(code, request),
    }
    signals = np.stack([columns[name] for name in FILE_SIGNALS], axis=1) if files else np.empty((0, len(FILE_SIGNALS)))
    return FileEvidence(signals, own, nested, term_scores, commit_scores)


def document_evidence(
    lexicon: Lexicon, evidence: FileEvidence, sought: Sought, scores: Values, kinds: Mapping[int, Sequence[str]]
) -> DocumentEvidence:
    """The definitions of some files (`kinds`: those of each file's definitions, in order), given the score of every file."""
    code, files = lexicon.code, np.array(list(kinds), np.int32)
    docs = _definitions(code, files)
    of_file = code.doc_file[docs]
    chosen = _flags(docs, len(code.doc_file)) & code.main[code.doc_file]
    names = document_scores(lexicon, sought.terms, NAMES)
    own = evidence.own[docs]
    columns = {
        "definition": _share(evidence.own, chosen)[docs],
        "enclosing": _share(evidence.nested, chosen)[docs],
        "name": _share(names, chosen)[docs],
        "scope": _share(np.where(lexicon.outer >= 0, names[lexicon.outer], 0.0), chosen)[docs],
        "share_in_file": own / np.maximum(best_of_files(code, evidence.own)[of_file], 1e-9),
        "place_in_file": np.maximum(1 - np.log1p(_places(own, of_file)) / np.log1p(_LAST_PLACE), 0.0),
        "file": np.maximum(scores[of_file] - scores[files].max(initial=-np.inf), -_FARTHEST),
        "length": np.log1p(code.lengths[docs].sum(axis=1)),
        "kind": _doing(code, docs, kinds),
    }
    return DocumentEvidence(docs, np.stack([columns[name] for name in DOCUMENT_SIGNALS], axis=1))


def _definitions(code: CodeBase, files: Numbers) -> Numbers:
    """Of these files; of one without definitions the document that it has instead."""
    found = []
    for file in files.tolist():
        first, after = int(code.first_doc[file]), int(code.first_doc[file + 1])
        found.append(np.arange(first + 1 if after - first > 1 else first, after, dtype=np.int32))
    return np.concatenate(found) if found else np.empty(0, np.int32)


def _doing(code: CodeBase, docs: Numbers, kinds: Mapping[int, Sequence[str]]) -> Values:
    """1 for each definition that has a body. What is not said (the index may have moved on) counts as a value."""
    ordinals = docs - code.first_doc[code.doc_file[docs]] - 1
    pairs = zip(code.doc_file[docs].tolist(), ordinals.tolist(), strict=True)
    return np.array([0 <= at < len(kinds[file]) and kinds[file][at] in _DOING for file, at in pairs], np.float64)


def _places(scores: Values, groups: Numbers) -> Values:
    """The place of each within its group by score, from 0; what scores nothing comes last."""
    order = np.lexsort((-scores, groups))
    firsts = np.searchsorted(groups[order], groups[order])
    places = np.empty(len(scores))
    places[order] = np.arange(len(scores)) - firsts
    return np.where(scores > 0, places, _LAST_PLACE)


def _of_files(lexicon: Lexicon, found: Found) -> Values:
    total: Values = file_scores(lexicon, found, BODIES).sum(axis=1)
    return total


def _share(values: Values, among: Flags) -> Values:
    """Of the greatest among some."""
    greatest = float(values[among].max(initial=0.0)) or float(values.max(initial=0.0))
    return np.minimum(values / greatest, _MOST) if greatest > 0 else np.zeros(len(values))


def _seeds(scores: Values, main: Flags) -> Values:
    emphasised: Values = np.where(main, scores, 0.0) ** 3
    if len(emphasised) > _SEEDS:
        emphasised = np.where(emphasised >= np.partition(emphasised, -_SEEDS)[-_SEEDS], emphasised, 0.0)
    return emphasised


def _mentioned(code: CodeBase, request: Request) -> Values:
    """1 for a file whose path ends as a path in the request does, fading where several do."""
    found = np.zeros(len(code.paths))
    for written in request.paths:
        wanted = written.replace("\\", "/").lstrip("./")
        ending = f"/{wanted}"
        fits = [number for number, path in enumerate(code.paths) if path == wanted or path.endswith(ending)]
        fits = fits or [number for number, path in enumerate(code.paths) if ending.endswith(f"/{path}")]
        if fits:
            found[fits] = np.maximum(found[fits], 1 / len(fits))
    return found


def _flags(numbers: Numbers, size: int) -> Flags:
    flags = np.zeros(size, bool)
    flags[numbers] = True
    return flags
