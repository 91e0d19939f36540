"""Collects what a build has read, and writes it in one transaction: contents, their definitions and postings, and the files."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import sqlite_utils

from tercet_server.context.digesting.digest import Digest, Digested
from tercet_server.context.digesting.marks import is_generated_name, is_minified_name, is_vendored
from tercet_server.context.index.listing import Listed
from tercet_server.context.index.store import Store
from tercet_server.context.words import words
from tercet_server.files.stamps import Stamp

FileRow = tuple[str, bytes | None, int, str | None, bool, bool, bool, str]


def file_row(listed: Listed, key: bytes | None, stamp: Stamp | None) -> FileRow:
    """`key` is that of the content, None where it is not read."""
    path = listed.path
    marks = is_generated_name(path), is_minified_name(path), is_vendored(path)
    return path, key, listed.size_bytes, stamp_text(stamp), *marks, " ".join(words(path))


def stamp_text(stamp: Stamp | None) -> str | None:
    return None if stamp is None else " ".join(map(str, stamp))


@dataclass
class Batch:
    """`keys` and `sizes` are by the number of the content."""

    files: list[FileRow] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    digests: list[tuple[Digest, bytes, int]] = field(default_factory=list)
    size_bytes: int = 0
    _postings: defaultdict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def add(self, digested: Digested, about: dict[int, tuple[bytes, int]]) -> None:
        """`about`: the key and the size of each content by its number."""
        for digest in digested.digests:
            key, size_bytes = about[digest.content]
            self.digests.append((digest, key, size_bytes))
            self.size_bytes += size_bytes
        inverted, postings = digested.inverted, self._postings
        for term, start, end in zip(inverted.terms, inverted.starts, inverted.starts[1:], strict=False):
            postings[term].append(inverted.data[start:end])

    def write(self, store: Store, newer: Callable[[], Collection[str]] = tuple) -> None:
        """All or nothing; files of `newer`, asked when nobody else can write, are left alone.

        Raises Damaged, DiskFull, NotWritable.
        """
        with store.write() as database:
            leave = newer()
            _write_contents(database, self.digests)
            _note_highest(database, max((digest.content for digest, _, _ in self.digests), default=0))
            if self._postings:
                write_segment(database, ((term, b"".join(self._postings[term])) for term in sorted(self._postings)))
            database.conn.executemany(
                "DELETE FROM files WHERE path = ?", [(path,) for path in self.removed if path not in leave]
            )
            database.conn.executemany(
                "INSERT OR REPLACE INTO files (path, content, size_bytes, stamp, generated, minified, vendored, words)"
                " VALUES (?1, coalesce((SELECT id FROM contents WHERE key = ?2), 0), ?3, ?4, ?5, ?6, ?7, ?8)",
                [row for row in self.files if row[0] not in leave],
            )

    def __bool__(self) -> bool:
        return bool(self.files or self.removed or self.digests)


def write_segment(database: sqlite_utils.Database, rows: Iterable[tuple[str, bytes]]) -> None:
    """Postings that belong together, in the order of their terms."""
    segment = database.execute("INSERT INTO segments (size_bytes) VALUES (0)").lastrowid
    size_bytes = 0

    def numbered() -> Iterable[tuple[str, int | None, bytes]]:
        nonlocal size_bytes
        for term, data in rows:
            size_bytes += len(data)
            yield term, segment, data

    database.conn.executemany("INSERT INTO postings (term, segment, data) VALUES (?, ?, ?)", numbered())
    database.conn.execute("UPDATE segments SET size_bytes = ? WHERE id = ?", (size_bytes, segment))


def _write_contents(database: sqlite_utils.Database, digests: list[tuple[Digest, bytes, int]]) -> None:
    """A content that came to be known meanwhile stays as it is; the postings of its second digest lead nowhere."""
    fresh = [each for each in digests if not _is_known(database, each[1])]
    database.conn.executemany(
        "INSERT OR IGNORE INTO contents (id, key, language, is_text, lines, size_bytes, generated,"
        " minified, lengths, parents, defined, imports)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                each.content, key, each.language, each.is_text, each.lines, size_bytes, each.generated, each.minified,
                each.lengths, each.parents, each.defined, "\n".join(each.imports),
            )
            for each, key, size_bytes in fresh
        ],
    )  # fmt: skip
    database.conn.executemany(
        "INSERT INTO definitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                each.content, ordinal, found.name, found.kind, found.start, found.end, found.name_line,
                found.name_character, found.scope, found.signature, found.doc,
            )
            for each, _, _ in fresh
            for ordinal, found in enumerate(each.definitions, 1)
        ),
    )  # fmt: skip
    database.conn.executemany(
        "INSERT INTO uses VALUES (?, ?, ?, ?, ?, ?)",
        (
            (each.content, uses.names, uses.counts, uses.lines, uses.kind_of, uses.kinds)
            for each, _, _ in fresh
            if (uses := each.references).names
        ),
    )


def _note_highest(database: sqlite_utils.Database, number: int) -> None:
    """A number is never given twice, even if its content is dropped: postings of it may be left."""
    database.conn.execute(
        "INSERT INTO meta VALUES ('highest', ?) ON CONFLICT (key)"
        " DO UPDATE SET value = max(cast(value AS INTEGER), cast(excluded.value AS INTEGER))",
        (number,),
    )


def highest_number(store: Store) -> int:
    """The highest number that a content was ever given."""
    with store.read() as database:
        row = database.conn.execute("SELECT value FROM meta WHERE key = 'highest'").fetchone()
    return int(row[0]) if row else 0


def _is_known(database: sqlite_utils.Database, key: bytes) -> bool:
    return database.conn.execute("SELECT 1 FROM contents WHERE key = ?", (key,)).fetchone() is not None
