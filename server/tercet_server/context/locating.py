"""Finds the places for a request: takes from an index and a history what a ranking is made from, and has it ranked.

Reads the index: call it in a thread.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tercet_server.context.index import History, Postings, Snapshot
from tercet_server.context.ranking import (
    CodeBase,
    Lexicon,
    Links,
    Occurrences,
    Past,
    Ranking,
    Request,
    Sought,
    Term,
    is_main,
    parse_request,
    rank,
)

Numbers = npt.NDArray[np.int32]
Values = npt.NDArray[np.float64]

_FEW_DEFINERS = 5
"""A name that more files define leads nowhere in particular."""

_BODY_SHARE = 0.5
"""A word in the body of a message counts as that much of one in its subject."""

_DAY_S = 86_400.0
_YEAR_S = 365.25 * _DAY_S


@dataclass(frozen=True, slots=True)
class _Messages:
    """The part of a `Past` that no code base is needed for."""

    history: History
    lengths: Values
    words: dict[str, tuple[Numbers, Values]]


class Locator:
    """Keeps what it worked out for the snapshot and the history that it saw last. What two threads work out comes out the same."""

    def __init__(self) -> None:
        self._lexicon: tuple[Snapshot, Lexicon] | None = None
        self._messages: _Messages | None = None
        self._past: tuple[Snapshot, History, Past] | None = None

    def locate(
        self, snapshot: Snapshot, history: History, words: str, limit: int, *, tests_too: bool = False
    ) -> Ranking:
        """At most `limit` files and `limit` documents for a request of any length. Raises what the index raises."""
        asked = sought(snapshot, words)
        lexicon, past = self.lexicon(snapshot), self.past(snapshot, history)
        return rank(lexicon, past, asked, snapshot.kinds, limit, tests_too=tests_too)

    def lexicon(self, snapshot: Snapshot) -> Lexicon:
        """Of all files of the snapshot."""
        kept = self._lexicon
        if kept is None or kept[0] is not snapshot:
            self._lexicon = kept = (snapshot, Lexicon.of(_code_base(snapshot)))
        return kept[1]

    def past(self, snapshot: Snapshot, history: History) -> Past:
        """The history as it concerns the files of the snapshot."""
        kept = self._past
        if kept is None or kept[0] is not snapshot or kept[1] is not history:
            messages = self._messages
            if messages is None or messages.history is not history:
                self._messages = messages = _read_messages(history)
            self._past = kept = (snapshot, history, _past(snapshot, messages))
        return kept[2]


def sought(snapshot: Snapshot, words: str) -> Sought:
    """The request with the places of its terms."""
    request: Request = parse_request(words)
    spellings = [spelling for term in (*request.terms, *request.pairs) for spelling in term.spellings]
    postings, paths = snapshot.postings(spellings), snapshot.path_postings(spellings)

    def found(terms: Iterable[Term]) -> list[tuple[Term, Occurrences]]:
        return [
            (term, _occurrences([postings[each] for each in term.spellings if each in postings], paths, term))
            for term in terms
            if any(each in postings or each in paths for each in term.spellings)
        ]

    return Sought(request, found(request.terms), found(request.pairs))


def _occurrences(postings: list[Postings], paths: Mapping[str, Numbers], term: Term) -> Occurrences:
    docs = np.concatenate([each.docs for each in postings]) if postings else np.empty(0, np.int32)
    counts = np.concatenate([each.tf for each in postings]) if postings else np.empty((0, 4), np.uint8)
    unique, which = np.unique(docs, return_inverse=True)
    summed = np.zeros((len(unique), counts.shape[1]))
    np.add.at(summed, which, counts)
    in_path = [paths[each] for each in term.spellings if each in paths]
    files = np.unique(np.concatenate(in_path)) if in_path else np.empty(0, np.int32)
    return Occurrences(unique.astype(np.int32), summed, files.astype(np.int32))


def _code_base(snapshot: Snapshot) -> CodeBase:
    files = snapshot.files
    main = [is_main(each.path) and not (each.generated or each.minified or each.vendored) for each in files]
    return CodeBase(
        paths=tuple(each.path for each in files),
        main=np.array(main, bool),
        first_doc=snapshot.first_doc,
        doc_file=snapshot.doc_file,
        doc_parent=snapshot.doc_parent,
        lengths=snapshot.doc_lengths.astype(np.float64),
        links=_links(snapshot),
    )


def _links(snapshot: Snapshot) -> Links:
    """One a pair of files: the names between them, each by how often it is used there, how few files use it, and how few
    define it."""
    edges = snapshot.edges()
    few = edges.definers <= _FEW_DEFINERS
    source, target, name, count = edges.source[few], edges.target[few], edges.name[few], edges.count[few]
    if not len(source):
        return Links(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
    files = len(snapshot.files)
    _, of_name = np.unique(name, return_inverse=True)
    users = np.bincount(np.unique(of_name.astype(np.int64) * files + source) // files, minlength=of_name.max() + 1)
    weight = np.sqrt(np.minimum(count, 20)) * np.log(1 + files / users[of_name]) / edges.definers[few]
    pairs, which = np.unique(source.astype(np.int64) * files + target, return_inverse=True)
    return Links(
        (pairs // files).astype(np.int32),
        (pairs % files).astype(np.int32),
        np.bincount(which, weight).astype(np.float64),
    )


def _read_messages(history: History) -> _Messages:
    lengths = np.array([len(each.subject) + _BODY_SHARE * len(each.body) for each in history.commits], np.float64)
    places: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, commit in enumerate(history.commits):
        counts: defaultdict[str, float] = defaultdict(float)
        for word in commit.subject:
            counts[word] += 1.0
        for word in commit.body:
            counts[word] += _BODY_SHARE
        for word, count in counts.items():
            places[word].append((number, count))
    words = {
        word: (np.array([at for at, _ in found], np.int32), np.array([count for _, count in found], np.float64))
        for word, found in places.items()
    }
    return _Messages(history, lengths, words)


def _past(snapshot: Snapshot, messages: _Messages) -> Past:
    commits = messages.history.commits
    newest = commits[0].time if commits else 0
    numbers = {each.path: number for number, each in enumerate(snapshot.files)}
    changed = [
        (number, numbers[path])
        for number, commit in enumerate(commits)
        for path in dict.fromkeys(commit.paths)
        if path in numbers
    ]
    pairs = np.array(changed, np.int32).reshape(-1, 2)
    return Past(
        names=tuple(each.sha for each in commits),
        ages=np.array([max(0, newest - each.time) / _YEAR_S for each in commits], np.float64),
        files_changed=np.array([len(set(each.paths)) for each in commits], np.int32),
        commit=pairs[:, 0],
        file=pairs[:, 1],
        lengths=messages.lengths,
        messages=messages.words,
    )
