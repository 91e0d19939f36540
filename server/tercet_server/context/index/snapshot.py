"""What is in an index at one moment, for reading: files and documents as arrays, postings and definitions on demand.

Everything counts in the numbers of one snapshot: files in the order of their paths, documents file by file. The arrays are
shared: do not write to them. A snapshot stays usable when the index moves on; what has been dropped since is missing then.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
import sqlite_utils

from tercet_server.context.digesting.digest import name_key
from tercet_server.context.index.corpus import ContentFiles, Corpus, Numbers, Postings
from tercet_server.context.index.edges import Edges, edges
from tercet_server.context.index.records import IndexedFile, Located, Progress, Use
from tercet_server.context.index.store import Store
from tercet_server.context.index.symbols import matching
from tercet_server.context.words import words
from tercet_server.languages import Definition

Item = TypeVar("Item")

_Row = tuple[int, int, str, str, int, int, int, int, str, str, str]

_DEFINITION = 'content, ordinal, name, kind, start, "end", name_line, name_character, scope, signature, doc'

_AT_ONCE = 500
"""Parameters of one query."""


class Snapshot:
    """Its methods raise what `Store.read` raises."""

    def __init__(self, store: Store, generation: int, progress: Progress) -> None:
        self.generation = generation
        self.progress = progress
        self._store = store
        self._corpus = Corpus.read(store)
        self._content_files = ContentFiles(self._corpus)

    # -- files and documents --------------------------------------------------------------------------------------

    @property
    def files(self) -> tuple[IndexedFile, ...]:
        return self._corpus.files

    def number_of(self, path: str) -> int | None:
        """The number of the file at a path; None if it is not in the index."""
        at = bisect_left(self.files, path.encode(), key=lambda file: file.path.encode())
        return at if at < len(self.files) and self.files[at].path == path else None

    def has_folder(self, path: str) -> bool:
        """Whether any file is below that folder."""
        inside = f"{path}/"
        at = bisect_left(self.files, inside.encode(), key=lambda file: file.path.encode())
        return at < len(self.files) and self.files[at].path.startswith(inside)

    @property
    def doc_count(self) -> int:
        return len(self._corpus.doc_file)

    @property
    def first_doc(self) -> Numbers:
        """One more than there are files. The first document of a file is what is in none of its definitions."""
        return self._corpus.first_doc

    @property
    def doc_file(self) -> Numbers:
        return self._corpus.doc_file

    @property
    def doc_parent(self) -> Numbers:
        """The document around each; -1 for the first of a file."""
        return self._corpus.doc_parent

    @property
    def doc_lengths(self) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        """Terms in each of `FIELDS`, a row a document."""
        return self._corpus.doc_lengths

    # -- words ----------------------------------------------------------------------------------------------------

    def postings(self, terms: Iterable[str]) -> dict[str, Postings]:
        """Where each term occurs (as `context.words` spells it); terms that occur nowhere are left out."""
        found: defaultdict[str, list[bytes]] = defaultdict(list)
        with self._store.read() as database:
            for term in dict.fromkeys(terms):
                for (data,) in database.conn.execute("SELECT data FROM postings WHERE term = ?", (term,)):
                    found[term].append(data)
        read = {term: self._content_files.postings(b"".join(parts)) for term, parts in found.items()}
        return {term: postings for term, postings in read.items() if len(postings.docs)}

    def path_postings(self, terms: Iterable[str]) -> dict[str, Numbers]:
        """The files whose paths have each term; terms that no path has are left out."""
        return {term: self._path_files[term] for term in dict.fromkeys(terms) if term in self._path_files}

    @cached_property
    def _path_files(self) -> dict[str, Numbers]:
        files: defaultdict[str, list[int]] = defaultdict(list)
        for number, path_words in enumerate(self._corpus.path_words):
            for word in set(path_words.split(" ")):
                files[word].append(number)
        return {word: np.array(numbers, np.int32) for word, numbers in files.items() if word}

    # -- definitions and uses -------------------------------------------------------------------------------------

    def definitions(self, file: int) -> tuple[Definition, ...]:
        """In document order: definition k is document `first_doc[file] + 1 + k`."""
        with self._store.read() as database:
            rows = database.conn.execute(
                f"SELECT {_DEFINITION} FROM definitions WHERE content = ? ORDER BY ordinal",  # noqa: S608 - ours
                (int(self._corpus.contents[file]),),
            )
            return tuple(Definition(*row[2:]) for row in rows)

    def kinds(self, file: int) -> tuple[str, ...]:
        """The kinds of its definitions, in their order."""
        with self._store.read() as database:
            rows = database.conn.execute(
                "SELECT kind FROM definitions WHERE content = ? ORDER BY ordinal", (int(self._corpus.contents[file]),)
            )
            return tuple(kind for (kind,) in rows)

    def definition(self, doc: int) -> Definition | None:
        """None for a document of no definition."""
        return self.definitions_of([doc]).get(doc)

    def definitions_of(self, docs: Iterable[int]) -> dict[int, Definition]:
        """Documents of no definition are left out."""
        sought: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for doc in docs:
            file = int(self.doc_file[doc])
            sought[int(self._corpus.contents[file]), int(doc - self.first_doc[file])].append(int(doc))
        found = {}
        with self._store.read() as database:
            for row in _rows_of(database, list(sought)):
                found.update(dict.fromkeys(sought[row[0], row[1]], Definition(*row[2:])))
        return found

    def named(self, name: str) -> list[Located]:
        """The definitions of exactly this name, in any scope."""
        with self._store.read() as database:
            rows = database.conn.execute(
                f"SELECT {_DEFINITION} FROM definitions WHERE name = ? ORDER BY content, ordinal",  # noqa: S608 - ours
                (name,),
            ).fetchall()
        return sorted(self._located(rows), key=lambda located: located.doc)

    def symbols(self, query: str, limit: int) -> list[Located]:
        """Definitions by what somebody types of a name, best first; see `symbols.matching`."""
        with self._store.read() as database:
            places = [(content, ordinal) for _, content, ordinal in matching(database, query, limit * 4)]
            rows = {(row[0], row[1]): row for row in _rows_of(database, places)}
        return list(self._located([rows[place] for place in places if place in rows]))[:limit]

    def references(self, name: str) -> list[Use]:
        """Every reference by this name, in the order of files and lines."""
        contents = self._contents_with(name)
        sought, uses = name_key(name), []
        with self._store.read() as database:
            for content, names, counts, lines, kind_of, kinds in _uses_of(database, contents):
                at = np.flatnonzero(np.frombuffer(names, np.int64) == sought)
                if len(at):
                    each = np.frombuffer(counts, np.int32)
                    start = int(each[: at[0]].sum())
                    span = slice(start, start + int(each[at[0]]))
                    spelled = kinds.split(" ")
                    _, files = self._content_files.expanded(np.array([content], np.int32))
                    pairs = list(zip(np.frombuffer(lines, np.int32)[span].tolist(), kind_of[span], strict=True))
                    uses += [Use(int(file), line, spelled[kind]) for file in files for line, kind in pairs]
        return sorted(uses)

    def imports(self, file: int) -> tuple[str, ...]:
        """As they are written."""
        with self._store.read() as database:
            row = database.conn.execute(
                "SELECT imports FROM contents WHERE id = ?", (int(self._corpus.contents[file]),)
            ).fetchone()
        return tuple(row[0].split("\n")) if row and row[0] else ()

    def all_imports(self) -> dict[int, tuple[str, ...]]:
        """Of every file that imports anything."""
        with self._store.read() as database:
            rows = database.conn.execute("SELECT id, imports FROM contents WHERE imports <> ''").fetchall()
        places, files = self._content_files.expanded(np.array([number for number, _ in rows], np.int32))
        return {int(file): tuple(rows[place][1].split("\n")) for place, file in zip(places, files, strict=True)}

    def edges(self) -> Edges:
        """File to file, by names."""
        return self._edges

    @cached_property
    def _edges(self) -> Edges:
        return edges(self._store, self._content_files)

    # -- parts ----------------------------------------------------------------------------------------------------

    def _located(self, rows: Sequence[_Row]) -> Iterator[Located]:
        places, files = self._content_files.expanded(np.array([row[0] for row in rows], np.int32))
        for place, file in zip(places.tolist(), files.tolist(), strict=True):
            yield Located(file, int(self.first_doc[file]) + rows[place][1], Definition(*rows[place][2:]))

    def _contents_with(self, name: str) -> list[int] | None:
        """The contents that have all words of a name; None if it has none to go by."""
        sought = dict.fromkeys(words(name))
        if not sought:
            return None
        found = self.postings(sought)
        if len(found) < len(sought):
            return []
        common: set[int] | None = None
        for postings in found.values():
            contents = set(self._corpus.contents[self.doc_file[postings.docs]].tolist())
            common = contents if common is None else common & contents
        return sorted(common or ())


def _rows_of(database: sqlite_utils.Database, places: list[tuple[int, int]]) -> Iterator[_Row]:
    for some in _some(places):
        marks = ",".join(["(?,?)"] * len(some))
        yield from database.conn.execute(
            f"SELECT {_DEFINITION} FROM definitions WHERE (content, ordinal) IN (VALUES {marks})",  # noqa: S608 - question marks
            [number for place in some for number in place],
        )


def _uses_of(
    database: sqlite_utils.Database, contents: list[int] | None
) -> Iterator[tuple[int, bytes, bytes, bytes, bytes, str]]:
    """Of these contents; of all for None."""
    if contents is None:
        yield from database.conn.execute("SELECT * FROM uses")
        return
    for some in _some(contents):
        marks = ",".join("?" * len(some))
        yield from database.conn.execute(f"SELECT * FROM uses WHERE content IN ({marks})", list(some))  # noqa: S608 - question marks


def _some(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
