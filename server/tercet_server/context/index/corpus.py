"""The files and documents of an index at one moment as arrays, and the way from contents, which files share, to them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tercet_server.context.digesting.inversion import FIELDS, POSTING, unpacked
from tercet_server.context.index.records import IndexedFile
from tercet_server.context.index.store import Store

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Postings:
    """Where a term occurs: documents, and how often in each of `FIELDS` (up to 3, 7, 15 and 127)."""

    docs: Numbers
    tf: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Corpus:
    """Files in the order of their paths; the documents of file f are `first_doc[f]` to `first_doc[f + 1] - 1`."""

    files: tuple[IndexedFile, ...]
    path_words: tuple[str, ...]
    contents: Numbers
    """Of each file; 0 where it was not read."""
    first_doc: Numbers
    doc_file: Numbers
    doc_parent: Numbers
    doc_lengths: npt.NDArray[np.float32]

    @classmethod
    def read(cls, store: Store) -> "Corpus":
        with store.read() as database:
            rows = database.conn.execute(
                "SELECT f.path, f.words, f.size_bytes, f.generated OR coalesce(c.generated, 0),"
                " f.minified OR coalesce(c.minified, 0), f.vendored, coalesce(c.id, 0), c.language, coalesce(c.lines, 0),"
                " coalesce(c.is_text, 0), c.lengths, c.parents"
                " FROM files f LEFT JOIN contents c ON c.id = f.content ORDER BY f.path"
            ).fetchall()
        return cls._of(rows)

    @classmethod
    def _of(cls, rows: list[tuple[object, ...]]) -> "Corpus":
        files, lengths, parents = [], [], []
        for path, _, size, generated, minified, vendored, _, language, lines, is_text, length, parent in rows:
            files.append(
                IndexedFile(path, language, lines, size, bool(generated), bool(minified), bool(vendored), bool(is_text))  # type: ignore[arg-type]  # columns of the schema
            )
            lengths.append(length or b"")
            parents.append(parent or b"")
        doc_lengths = np.frombuffer(b"".join(lengths), np.uint16).reshape(-1, len(FIELDS))  # type: ignore[arg-type]  # bytes
        counts = np.array([len(each) // 2 for each in parents], np.int32)  # type: ignore[arg-type]  # bytes
        first_doc = np.concatenate((np.zeros(1, np.int32), np.cumsum(counts, dtype=np.int32)))
        doc_file = np.repeat(np.arange(len(files), dtype=np.int32), counts)
        inner = np.frombuffer(b"".join(parents), np.uint16).astype(np.int32)  # type: ignore[arg-type]  # bytes
        doc_parent = inner + first_doc[doc_file]
        doc_parent[first_doc[:-1][counts > 0]] = -1
        return cls(
            files=tuple(files),
            path_words=tuple(str(row[1]) for row in rows),
            contents=np.array([row[6] for row in rows], np.int32),
            first_doc=first_doc,
            doc_file=doc_file,
            doc_parent=doc_parent,
            doc_lengths=doc_lengths.astype(np.float32),
        )


class ContentFiles:
    """From the numbers of contents to the files that have them: none, one or, for copies, several."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._files = np.argsort(corpus.contents, kind="stable").astype(np.int32)
        in_order = corpus.contents[self._files]
        numbers = np.arange(int(in_order.max(initial=0)) + 2)
        self._starts = np.searchsorted(in_order, numbers).astype(np.int32)

    def expanded(self, contents: Numbers) -> tuple[Numbers, Numbers]:
        """Pairs: the place in `contents`, and a file that has it."""
        known = (contents > 0) & (contents < len(self._starts) - 1)
        safe = np.where(known, contents, 0)
        starts = self._starts[safe]
        counts = np.where(known, self._starts[safe + 1] - starts, 0)
        places = np.repeat(np.arange(len(contents), dtype=np.int32), counts)
        within = np.arange(len(places), dtype=np.int32) - np.repeat(np.cumsum(counts) - counts, counts)
        return places, self._files[starts[places] + within]

    def postings(self, data: bytes) -> Postings:
        """Of stored postings those that are of files of this moment."""
        stored = np.frombuffer(data, POSTING)
        places, files = self.expanded(stored["content"])
        docs = self._corpus.first_doc[files] + stored["ordinal"][places]
        return Postings(docs.astype(np.int32), unpacked(stored["counts"][places]))
